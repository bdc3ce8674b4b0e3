"""How often a test repeats itself, and from which seed.

`script/test` divides the big counts by ten; `script/test --deep` runs them whole. A seed is printed
with every run that uses one, and HUFU_SEED repeats it.
"""

import os
import random

DEEP = os.environ.get("HUFU_DEEP") == "1"


def count(deep: int) -> int:
    """The number of rounds: `deep` in a deep run, a tenth of it (at least one) otherwise."""
    return deep if DEEP else max(1, deep // 10)


def seeded() -> random.Random:
    """A generator whose seed stands in the test's output."""
    seed = int(os.environ.get("HUFU_SEED") or random.SystemRandom().randrange(2**32))
    print(f"HUFU_SEED={seed}")
    return random.Random(seed)
