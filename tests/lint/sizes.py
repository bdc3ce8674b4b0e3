"""Sizes: a function has at most 80 lines and nests at most 4 deep, a file has at most 800 lines, a
function of the program takes at most 5 parameters.

Our .clang-format makes this measurable without a parser: a function's braces stand alone in column
0, and each level of nesting is four columns.
"""

import re

import common

MAX_FUNCTION_LINES = 80
MAX_FILE_LINES = 800
MAX_NESTING = 4
MAX_PARAMETERS = 5

CONTROL = re.compile(r"( *)(?:\} else |)(?:if|for|while|switch|do)\b")
DEFINITION = re.compile(r"^(?!static inline|typedef|#)[a-zA-Z_][\w \t*]*?\b(\w+)\(((?:[^()]|\([^()]*\))*)\)\s*\n?\{",
                        re.MULTILINE)

# A callback whose shape a library dictates.
FOREIGN = re.compile(r"\b(nghttp2_session|SSL) \*")


def check_functions(path, lines):
    start = None
    for number, line in enumerate(lines, 1):
        if line.rstrip() == "{":
            start = number
        elif line.startswith("}") and start:
            if number - start + 1 > MAX_FUNCTION_LINES:
                yield f"{path}:{start}: a function of {number - start + 1} lines (at most {MAX_FUNCTION_LINES})"
            start = None
        elif start:
            control = CONTROL.match(line)
            if control and len(control.group(1)) > 4 * MAX_NESTING:
                yield f"{path}:{number}: nested more than {MAX_NESTING} deep"


def count_parameters(parameters):
    depth = 0
    commas = 0
    for character in parameters:
        depth += {"(": 1, ")": -1}.get(character, 0)
        commas += character == "," and depth == 0
    return 0 if parameters.strip() in ("", "void") else commas + 1


def check_parameters(path, code):
    for match in DEFINITION.finditer(code):
        n = count_parameters(match.group(2))
        if n > MAX_PARAMETERS and not FOREIGN.search(match.group(2)):
            line = common.line_of(code, match.start())
            yield f"{path}:{line}: {match.group(1)}() takes {n} parameters (at most {MAX_PARAMETERS})"


def check(root):
    own = set(common.product(root))
    for path in common.all_c(root):
        code = common.code(common.read(root, path))
        lines = code.split("\n")
        if len(lines) - 1 > MAX_FILE_LINES:
            yield f"{path}: {len(lines) - 1} lines (at most {MAX_FILE_LINES})"
        yield from check_functions(path, lines)
        if path in own:
            yield from check_parameters(path, code)


if __name__ == "__main__":
    common.main(check)
