"""Libraries of ours that stand between a program and the C library: how one is put there."""

import os


def library(name) -> str:
    """Where the build put it: $HUFU_<NAME>, which conftest.py and meson set."""
    variable = "HUFU_" + name.upper()
    path = os.environ.get(variable, "")
    if not os.path.exists(path):
        raise SystemExit(f"{variable} does not name the built tests/support/{name}.so")
    return path


def environment(base, name, words) -> dict:
    """A copy of `base` with the library preloaded and <NAME>_<WORD> set for each word that is not None."""
    env = {key: value for key, value in base.items() if not key.startswith(name.upper() + "_")}
    for word, value in words.items():
        if value is not None:
            env[f"{name}_{word}".upper()] = str(int(value) if isinstance(value, bool) else value)
    env["LD_PRELOAD"] = " ".join(filter(None, [env.get("LD_PRELOAD"), library(name)]))
    env["ASAN_OPTIONS"] = ":".join(filter(None, [env.get("ASAN_OPTIONS"), "verify_asan_link_order=0"]))
    return env
