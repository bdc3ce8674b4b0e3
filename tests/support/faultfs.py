"""Running programs on a disk that fails: the Python side of faultfs.c, which says what each word means.

    env = faultfs.environment(path=folder, calls="write,fdatasync", at=3, act="ENOSPC")
    subprocess.run([program, ...], env=env)

The library is looked for in $HUFU_FAULTFS, which meson sets for the tests that use it.
"""

import os


def library() -> str:
    path = os.environ.get("HUFU_FAULTFS", "")
    if not os.path.exists(path):
        raise SystemExit("HUFU_FAULTFS does not name the built tests/support/faultfs.so")
    return path


def environment(base=None, **words) -> dict:
    """A copy of `base` (or of our own environment) with faultfs preloaded.

    Words: path calls at act sticky drop delay_ms when trace; None leaves one out.
    """
    known = {"path", "calls", "at", "act", "sticky", "drop", "delay_ms", "when", "trace"}
    if not set(words) <= known:
        raise TypeError(f"not a word of faultfs: {sorted(set(words) - known)}")
    env = dict(os.environ if base is None else base)
    for name in known:
        env.pop("FAULTFS_" + name.upper(), None)
    for name, value in words.items():
        if value is not None:
            env["FAULTFS_" + name.upper()] = str(int(value) if isinstance(value, bool) else value)
    env["LD_PRELOAD"] = " ".join(filter(None, [env.get("LD_PRELOAD"), library()]))
    env["ASAN_OPTIONS"] = ":".join(filter(None, [env.get("ASAN_OPTIONS"), "verify_asan_link_order=0"]))
    return env


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
