"""Every status code that a header promises after `Errors:` is provoked in its folder's unit tests.

What stands in parentheses explains a code and promises none.
"""

import re

import common

# A full heap is provoked where it can be bounded (arena, buffer); a library that fails on good input
# and a bug of ours nowhere.
NOT_PROVOKED = {"OK", "NOMEM", "CRYPTO", "BUG"}

# What follows `Errors:` up to the end of the paragraph: a blank comment line, the next label, the end.
PROMISE = re.compile(r"Errors:(.*?)(?=\n \*\s*\n|\n \* ?[A-Z]\w+:|\*/)", re.DOTALL)


def codes(root):
    table = common.read(root, "base/status.def")
    return set(re.findall(r"^HF_STATUS\((\w+)", table, re.MULTILINE)) - NOT_PROVOKED


def promised(text, known):
    """(line, code) of each promise of a header."""
    text = re.sub(r"\([^()]*\)", lambda aside: re.sub(r"[^\n]", " ", aside.group()), text)
    for match in PROMISE.finditer(text):
        for word in re.finditer(r"\b[A-Z][A-Z0-9_]+\b", match.group(1)):
            if word.group() in known:
                yield common.line_of(text, match.start(1) + word.start()), word.group()


def check(root):
    known = codes(root)
    for folder in common.FOLDERS:
        tests = common.walk(root, (f"tests/unit/{folder}",), (".c", ".h"))
        tested = common.code("\n".join(common.read(root, test) for test in tests))
        provoked = set(re.findall(r"\b(?:HF_)?([A-Z][A-Z0-9_]+)\b", tested))
        implemented = common.walk(root, (folder,), (".c",))
        for path in common.walk(root, (folder,), (".h",)):
            if path[:-2] + ".c" not in implemented:
                continue  # a contract that nobody has fulfilled yet
            told = set()
            for line, name in promised(common.read(root, path), known):
                if name not in provoked and name not in told:
                    told.add(name)
                    yield f"{path}:{line}: {name} is provoked by no test in tests/unit/{folder}"


if __name__ == "__main__":
    common.main(check)
