"""Running programs on a disk that fails: the Python side of faultfs.c, which says what each word means.

    env = faultfs.environment(path=folder, calls="write,fdatasync", at=3, act="ENOSPC")
    subprocess.run([program, ...], env=env)

The library is looked for in $HUFU_FAULTFS, which meson sets for the tests that use it.
"""

import os

from . import preload


def environment(base=None, **words) -> dict:
    """A copy of `base` (or of our own environment) with faultfs preloaded.

    Words: path calls at act sticky drop delay_ms when trace; None leaves one out.
    """
    known = {"path", "calls", "at", "act", "sticky", "drop", "delay_ms", "when", "trace"}
    if not set(words) <= known:
        raise TypeError(f"not a word of faultfs: {sorted(set(words) - known)}")
    return preload.environment(os.environ if base is None else base, "faultfs", words)


def read_trace(path) -> list:
    """The calls that counted, in order: (number, call, path, what struck it or None)."""
    calls = []
    if os.path.exists(path):
        with open(path, encoding="utf-8", errors="surrogateescape") as trace:
            for line in trace:
                call, _, act = line.rstrip("\n").partition(" ! ")
                number, name, where = call.split(" ", 2)
                calls.append((int(number), name, where, act or None))
    return calls
