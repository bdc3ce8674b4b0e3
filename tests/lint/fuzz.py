"""Each fuzz target is small, says what it targets, has a corpus, and is in the list that builds it."""

import os
import re

import common

MAX_LINES = 40
NOT_TARGETS = {"fuzz_main.c"}


def check(root):
    build = os.path.join(root, "tests/fuzz/meson.build")
    listed = set(re.findall(r"^  '(\w+)':", common.read(root, build), re.MULTILINE)) if os.path.exists(build) else set()
    for path in common.walk(root, ("tests/fuzz",), (".c",)):
        name = os.path.basename(path)
        if name in NOT_TARGETS:
            continue
        thing = name[len("fuzz_"):-len(".c")]
        text = common.read(root, path)
        if text.count("\n") > MAX_LINES:
            yield f"{path}: {text.count(chr(10))} lines (at most {MAX_LINES})"
        targets = re.search(r"Targets:((?:[ *\n]*[\w/]+\.[ch][,.]?)+)", text)
        for target in re.findall(r"[\w/]+\.[ch]", targets.group(1)) if targets else ["a Targets: line"]:
            if not os.path.exists(os.path.join(root, target)):
                yield f"{path}: {target} is not there"
        if thing not in listed:
            yield f"{path}: is not listed in tests/fuzz/meson.build"
        if not common.walk(root, (f"tests/fuzz/corpus/{thing}",)):
            yield f"{path}: has no corpus in tests/fuzz/corpus/{thing}"


if __name__ == "__main__":
    common.main(check)
