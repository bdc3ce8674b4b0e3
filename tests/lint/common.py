"""What the lints share: which files there are, and C without its comments and strings."""

import os
import re
import sys

FOLDERS = ("base", "crypto", "consent", "policy", "audit", "gateway", "cli")
SKIPPED = ("build", ".", "subprojects", "node_modules", "__pycache__")


def walk(root, folders=("",), suffixes=None):
    """Paths below `folders`, relative to root, sorted; build folders and hidden ones left out."""
    found = []
    for folder in folders:
        for path, below, names in os.walk(os.path.join(root, folder)):
            below[:] = [name for name in below if not name.startswith(SKIPPED)]
            for name in names:
                if suffixes is None or name.endswith(suffixes):
                    found.append(os.path.relpath(os.path.join(path, name), root))
    return sorted(found)


def product(root):
    """The C files of the program: no tests, no examples."""
    return walk(root, FOLDERS, (".c", ".h"))


def all_c(root):
    return walk(root, FOLDERS + ("tests", "examples"), (".c", ".h"))


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


TOKENS = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def code(text):
    """C with comments and the insides of literals blanked; every line keeps its number."""
    def blank(match):
        token = match.group()
        if token[0] in "\"'":
            return token[0] + " " * (len(token) - 2) + token[0]
        return re.sub(r"[^\n]", " ", token)
    return TOKENS.sub(blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def includes(text):
    """(line, "folder/name.h" or "<name.h>") of each #include."""
    for match in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"\n]*)"|(<[^>\n]*>))', text, re.MULTILINE):
        yield line_of(text, match.start()), match.group(1) or match.group(2)


def main(check, *arguments):
    """Prints what `check(root, *arguments)` finds; exit 1 if it found anything."""
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    findings = list(check(root, *arguments))
    for finding in findings:
        print(finding)
    print(f"{len(findings)} findings")
    sys.exit(1 if findings else 0)
