"""All C is as clang-format would write it."""

import os
import shutil
import subprocess
import sys

import common

CANNOT_RUN = 77  # meson: skipped


def check(root):
    files = [os.path.join(root, path) for path in common.all_c(root)]
    if not files:
        return []
    run = subprocess.run(["clang-format", "--dry-run", "-Werror", *files], capture_output=True,
                         text=True, check=False)
    if run.returncode == 0:
        return []
    return [line for line in run.stderr.splitlines() if "error:" in line] or [run.stderr]


if __name__ == "__main__":
    if not shutil.which("clang-format"):
        print("SKIPPED: no clang-format")
        sys.exit(CANNOT_RUN)
    common.main(check)
