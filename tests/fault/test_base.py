"""Files and the store on a disk that fails at the k-th call, for every k; and at a death at every k.

What was acknowledged is there afterwards; a file is never anything but one of its whole contents."""

import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from support import faultfs  # noqa: E402

DRIVER = os.environ.get("HUFU_BASE_DRIVER", "")
DEATHS = ("kill", "kill_after", "torn")
ERRORS = ("EIO", "ENOSPC")
MAX_CALLS = 200  # a sweep must end: no run makes so many calls


def drive(*words, env=None):
    run = subprocess.run([DRIVER, *words], env=env, capture_output=True, text=True, timeout=60, check=False)
    return run.returncode, run.stdout.splitlines(), run.stderr


def answers(lines):
    """The numbers that were acknowledged, and those that were refused."""
    acknowledged = {int(line.split()[1]) for line in lines if line.startswith("ok ")}
    refused = {int(line.split()[1]) for line in lines if line.startswith("no ")}
    return acknowledged, refused


class Base(unittest.TestCase):
    def sweep(self, what, n, acts, look, **words):
        """Runs the driver with every call struck in turn; `look` judges what is left each time."""
        for act in acts:
            for k in range(1, MAX_CALLS):
                with tempfile.TemporaryDirectory() as holder:
                    folder = os.path.join(holder, "data")
                    os.mkdir(folder)
                    trace = os.path.join(holder, "trace")
                    place = os.path.join(folder, "file") if what == "replace" else folder
                    env = faultfs.environment(path=folder, at=k, act=act, trace=trace, **words)
                    _, lines, _ = drive(what, place, str(n), env=env)
                    struck = [call for call in faultfs.read_trace(trace) if call[3]]
                    with self.subTest(what=what, act=act, k=k, struck=struck):
                        self.struck = struck[0][1] if struck else None
                        look(folder, act, lines)
                    if not struck:
                        break
            else:
                self.fail("the sweep does not end")
            self.assertGreater(k, n)  # each round made at least one call that was struck

    def look_at_file(self, folder, act, lines):
        acknowledged, refused = answers(lines)
        path = os.path.join(folder, "file")
        last = max(acknowledged, default=0)
        content = ""
        if os.path.exists(path):
            with open(path, encoding="ascii") as file:
                content = file.read()
        if act in DEATHS:
            self.assertIn(content, {str(last or ""), str(last + 1)})
            return
        # a refused write may be in place if only the folder's sync failed; no later one was refused
        self.assertIn(content, {str(last or "")} | {str(i) for i in refused if i > last})
        self.assertLessEqual(len(refused), 1)
        self.assertEqual(set(os.listdir(folder)) - {"file"}, set())

    def test_a_file_is_the_old_or_the_new_one(self):
        self.sweep("replace", 3, ERRORS + DEATHS, self.look_at_file)

    def look_at_folder(self, folder, act, lines):
        acknowledged, _ = answers(lines)
        names = set(os.listdir(folder))
        self.assertLessEqual({str(i) for i in acknowledged}, names)
        for name in names:
            if name.isdigit():
                with open(os.path.join(folder, name), encoding="ascii") as file:
                    self.assertEqual(file.read(), name)
            else:
                self.assertTrue(act in DEATHS or self.struck == "unlink", name)
                self.assertTrue(name.startswith("."), name)

    def test_a_created_file_is_whole_or_absent(self):
        self.sweep("create", 2, ERRORS + DEATHS, self.look_at_folder)

    def test_content_is_synced_before_its_name_and_the_folder_after(self):
        for what, naming in (("replace", ["rename"]), ("create", ["link", "unlink"])):
            with tempfile.TemporaryDirectory() as holder:
                folder = os.path.join(holder, "data")
                os.mkdir(folder)
                trace = os.path.join(holder, "trace")
                drive(what, folder + ("/file" if what == "replace" else ""), "1",
                      env=faultfs.environment(path=folder, trace=trace))
                calls = faultfs.read_trace(trace)
                self.assertEqual([call for _, call, _, _ in calls], ["write", "fsync", *naming, "fsync"])
                self.assertEqual(calls[0][2], calls[1][2])  # the temporary file
                self.assertEqual(calls[-1][2], folder)

    def test_interruptions_and_short_writes_are_nobodys_business(self):
        for act in ("EINTR", "short"):
            with tempfile.TemporaryDirectory() as folder:
                env = faultfs.environment(path=folder, calls="write", at=1, act=act)
                _, lines, _ = drive("replace", folder + "/file", "1", env=env)
                self.assertEqual(lines, ["ok 1"])
                self.look_at_file(folder, act, lines)

    def look_at_store(self, folder, act, lines):
        acknowledged, refused = answers(lines)
        if act not in DEATHS and refused:
            self.assertGreaterEqual(min(refused), max(acknowledged, default=0))  # none after a failure
        status, keys, error = drive("keys", folder)
        self.assertEqual((status, error), (0, ""))
        there = set(keys)
        for i in acknowledged:
            self.assertLessEqual({f"a/{i}", f"b/{i}"}, there)
        for i in range(1, 4):  # a batch is there as a whole or not at all
            self.assertEqual(f"a/{i}" in there, f"b/{i}" in there)

    def test_the_store_keeps_what_it_acknowledged(self):
        self.sweep("store", 3, ERRORS + DEATHS, self.look_at_store)

    def test_the_store_survives_pages_that_the_kernel_dropped(self):
        self.sweep("store", 3, ("EIO",), self.look_at_store, calls="fsync,fdatasync", drop=True)


if __name__ == "__main__":
    unittest.main()
