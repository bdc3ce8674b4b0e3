"""Every module has its unit test.

A module is a .c file, or a family of them: base/json.c and base/json_write.c are covered by
test_json_write.c, or both by test_json.c. A file of the tool or the gateway that only makes sense in
a running program may be named instead on a `Covers:` line of a test in tests/e2e or tests/fault.
"""

import os
import re

import common

EXEMPT = {"main.c"}


def covered_elsewhere(root):
    found = set()
    for path in common.walk(root, ("tests/e2e", "tests/fault"), (".py", ".c")):
        for line in re.findall(r"Covers:(.*)", common.read(root, path)):
            found.update(re.findall(r"[\w/]+\.c", line))
    return found


def family(stem):
    """a_b_c, a_b, a"""
    while stem:
        yield stem
        stem = stem.rpartition("_")[0]


def check(root):
    elsewhere = covered_elsewhere(root)
    for path in common.walk(root, common.FOLDERS, (".c",)):
        folder, name = os.path.split(path)
        if name in EXEMPT or (path in elsewhere and folder in ("cli", "gateway")):
            continue
        tests = [f"tests/unit/{folder}/test_{stem}.c" for stem in family(name[:-2])]
        if not any(os.path.exists(os.path.join(root, test)) for test in tests):
            yield f"{path}: has no unit test {tests[0]}"
    for test in common.walk(root, [f"tests/unit/{folder}" for folder in common.FOLDERS], (".c",)):
        folder, name = os.path.split(test)
        build = os.path.join(folder, "meson.build")
        stem = re.fullmatch(r"test_(\w+)\.c", name)
        listed = os.path.exists(os.path.join(root, build)) and common.read(root, build)
        if stem and not re.search(rf"\b(test_)?{stem.group(1)}\b", listed or ""):
            yield f"{test}: is not listed in {build}"


if __name__ == "__main__":
    common.main(check)
