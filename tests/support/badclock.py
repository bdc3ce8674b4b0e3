"""Running programs by a clock that a test sets: the Python side of badclock.c."""

import os

from . import preload


class BadClock:
    """A wall clock that is wrong by as many seconds as were said last; right at first."""

    def __init__(self, folder):
        self.file = folder / "clock"

    @property
    def environment(self) -> dict:
        """What a program is run in to go by this clock."""
        return preload.environment(os.environ, "badclock", {"file": self.file})

    def be_wrong_by(self, seconds):
        new = self.file.with_suffix(".new")
        new.write_text(str(seconds))
        new.rename(self.file)  # at once: a reader never finds half of it
