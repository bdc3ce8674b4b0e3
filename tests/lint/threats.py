"""Every test that docs/threat-model.md names exists."""

import re

import common

DOCUMENT = "docs/threat-model.md"
NAMED = re.compile(r"`((?:e2e|fault|unit)/[\w/.]+)::(\w+)`")


def read(root, path):
    try:
        return common.read(root, path)
    except FileNotFoundError:
        return ""


def check(root):
    for number, line in enumerate(read(root, DOCUMENT).splitlines(), 1):
        for file, test in NAMED.findall(line):
            if not re.search(rf"\b(?:def|void|int) {test}\(", read(root, "tests/" + file)):
                yield f"{DOCUMENT}:{number}: there is no {file}::{test}"


if __name__ == "__main__":
    common.main(check)
