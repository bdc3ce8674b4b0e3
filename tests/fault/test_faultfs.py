"""The failing disk itself: every act of faultfs.c does what its page says, or no test that stands
on it means anything. The victim is a few lines of Python that make the calls."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from support import faultfs  # noqa: E402

# Makes five calls on one file and prints what each returned or the name of its errno.
VICTIM = """
import errno, os, sys
folder = sys.argv[1]
fd = os.open(folder + "/a", os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
def say(call):
    try:
        print(call(), flush=True)
    except OSError as error:
        print(errno.errorcode[error.errno], flush=True)
say(lambda: os.write(fd, b"12345678"))
say(lambda: os.fdatasync(fd))
say(lambda: os.write(fd, b"abcdefgh"))
say(lambda: os.fdatasync(fd))
say(lambda: os.rename(folder + "/a", folder + "/b"))
"""
QUIET = ["8", "None", "8", "None", "None"]


class Faultfs(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = holder.name
        self.trace = os.path.join(self.folder, "trace")

    def strike(self, victim=VICTIM, **words):
        words.setdefault("path", self.folder + "/")
        words.setdefault("trace", self.trace)
        run = subprocess.run(["/usr/bin/python3", "-c", victim, self.folder],
                             env=faultfs.environment(**words), capture_output=True, text=True,
                             timeout=60, check=False)
        self.assertEqual(run.stderr, "")
        self.status = run.returncode
        return run.stdout.split()

    def content(self):
        for name in ("b", "a"):
            if os.path.exists(f"{self.folder}/{name}"):
                with open(f"{self.folder}/{name}", "rb") as file:
                    return file.read()
        return None

    def test_without_a_fault_all_is_as_ever(self):
        self.assertEqual(self.strike(), QUIET)
        self.assertEqual(self.content(), b"12345678abcdefgh")
        calls = [(number, call, act) for number, call, _, act in faultfs.read_trace(self.trace)]
        self.assertEqual(calls, [(1, "write", None), (2, "fdatasync", None), (3, "write", None),
                                 (4, "fdatasync", None), (5, "rename", None)])

    def test_every_call_can_fail_and_only_that_one(self):
        for errno in ("EIO", "ENOSPC", "EDQUOT", "EFBIG", "EROFS"):
            for k in range(1, 6):
                if self.content() is not None:
                    os.unlink(f"{self.folder}/" + ("b" if os.path.exists(self.folder + "/b") else "a"))
                expected = list(QUIET)
                expected[k - 1] = errno
                self.assertEqual(self.strike(at=k, act=errno), expected)
        struck = [call for call in faultfs.read_trace(self.trace) if call[3]]
        self.assertEqual(len(struck), 25)

    def test_a_sweep_ends_beyond_the_last_call(self):
        self.assertEqual(self.strike(at=6, act="EIO"), QUIET)
        self.assertFalse([call for call in faultfs.read_trace(self.trace) if call[3]])

    def test_a_failed_write_writes_nothing(self):
        self.strike(at=3, act="ENOSPC")
        self.assertEqual(self.content(), b"12345678")

    def test_sticky_fails_all_that_follows(self):
        self.assertEqual(self.strike(at=2, act="EIO", sticky=True), ["8"] + ["EIO"] * 4)

    def test_only_named_calls_count(self):
        self.assertEqual(self.strike(calls="fdatasync", at=2, act="EIO"),
                         ["8", "None", "8", "EIO", "None"])
        self.assertEqual(len(faultfs.read_trace(self.trace)), 2)

    def test_only_paths_under_the_prefix_count(self):
        self.assertEqual(self.strike(path=self.folder + "/other", at=1, act="EIO"), QUIET)
        self.assertEqual(faultfs.read_trace(self.trace), [])

    def test_pipes_are_never_touched(self):
        self.assertEqual(self.strike(path=None, calls="write", at=1, act="EIO")[1:], QUIET[1:])

    def test_short_takes_half(self):
        self.assertEqual(self.strike(at=3, act="short"), ["8", "None", "4", "None", "None"])
        self.assertEqual(self.content(), b"12345678abcd")

    def test_an_interrupted_write_is_not_done(self):
        # Python repeats a write that was interrupted: the second try is the next call
        self.assertEqual(self.strike(at=3, act="EINTR"), QUIET)
        self.assertEqual(self.content(), b"12345678abcdefgh")
        self.assertEqual(len(faultfs.read_trace(self.trace)), 6)

    def test_kill_comes_before_the_call(self):
        self.assertEqual(self.strike(at=3, act="kill"), ["8", "None"])
        self.assertEqual(self.status, -signal.SIGKILL)
        self.assertEqual(self.content(), b"12345678")

    def test_kill_after_comes_after_it(self):
        self.assertEqual(self.strike(at=3, act="kill_after"), ["8", "None"])
        self.assertEqual(self.status, -signal.SIGKILL)
        self.assertEqual(self.content(), b"12345678abcdefgh")

    def test_torn_dies_in_the_middle(self):
        self.assertEqual(self.strike(at=3, act="torn"), ["8", "None"])
        self.assertEqual(self.status, -signal.SIGKILL)
        self.assertEqual(self.content(), b"12345678abcd")

    def test_a_dropped_sync_loses_what_was_not_synced(self):
        self.assertEqual(self.strike(at=4, act="EIO", drop=True),
                         ["8", "None", "8", "EIO", "None"])
        self.assertEqual(self.content(), b"12345678" + bytes(8))

    def test_after_a_drop_a_second_sync_means_nothing(self):
        victim = VICTIM.replace('say(lambda: os.rename', 'say(lambda: os.fdatasync(fd))\nsay(lambda: os.rename')
        self.assertEqual(self.strike(victim, at=4, act="EIO", drop=True),
                         ["8", "None", "8", "EIO", "None", "None"])
        self.assertEqual(self.content(), b"12345678" + bytes(8))

    def test_syncs_are_delayed(self):
        start = time.monotonic()
        self.assertEqual(self.strike(delay_ms=150), QUIET)
        self.assertGreaterEqual(time.monotonic() - start, 0.3)

    def test_nothing_happens_until_the_file_is_there(self):
        victim = VICTIM.replace('say(lambda: os.write(fd, b"abc', 'os.mkdir(folder + "/now")\nsay(lambda: os.write(fd, b"abc')
        self.assertEqual(self.strike(victim, when=self.folder + "/now", at=1, act="ENOSPC"),
                         ["8", "None", "ENOSPC", "None", "None"])

    def test_all_spellings_are_caught(self):
        victim = """
import os, sys
folder = sys.argv[1]
fd = os.open(folder + "/a", os.O_RDWR | os.O_CREAT, 0o600)
os.pwrite(fd, b"x", 3); os.pwritev(fd, [b"y", b"z"], 5); os.writev(fd, [b"1", b"2"])
os.fsync(fd); os.ftruncate(fd, 2); os.posix_fallocate(fd, 0, 10)
os.link(folder + "/a", folder + "/b"); os.replace(folder + "/b", folder + "/c")
os.chdir(folder); os.unlink("c")
"""
        self.strike(victim)
        self.assertEqual(self.status, 0)
        calls = faultfs.read_trace(self.trace)
        self.assertEqual([call for _, call, _, _ in calls],
                         ["pwrite", "pwrite", "write", "fsync", "ftruncate", "fallocate", "link",
                          "rename", "unlink"])
        self.assertEqual(calls[-1][2], self.folder + "/c")

    def test_a_mistyped_word_is_not_a_disk_that_never_fails(self):
        for words in ({"act": "EOI"}, {"calls": "wirte"}):
            run = subprocess.run(["/bin/true"], env=faultfs.environment(**words),
                                 capture_output=True, text=True, check=False)
            self.assertEqual(run.returncode, 99)
        with self.assertRaises(TypeError):
            faultfs.environment(deley_ms=1)


if __name__ == "__main__":
    unittest.main()
