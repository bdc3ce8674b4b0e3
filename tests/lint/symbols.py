"""Every symbol that our libraries show to the linker begins with hf_.

libsodium owns crypto_*, libaudit audit_*: without a prefix a new version of a library could take a
name of ours, and the linker would not always say so.
"""

import subprocess
import sys

import common

ALLOWED_PREFIXES = ("hf_", "__odr_asan", "__start_", "__stop_")


def check(root, archives):
    del root
    for archive in archives:
        lines = subprocess.run(["nm", "--extern-only", "--defined-only", "--format=posix", archive],
                               check=True, capture_output=True, text=True).stdout.splitlines()
        for line in lines:
            fields = line.split()
            if len(fields) >= 2 and not fields[0].startswith(ALLOWED_PREFIXES):
                yield f"{archive}: external symbol {fields[0]} does not begin with hf_"
        if not any(line.startswith("hf_") for line in lines):
            yield f"{archive}: shows no symbol at all"


if __name__ == "__main__":
    common.main(check, sys.argv[2:])
