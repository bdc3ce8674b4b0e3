"""The access log on a disk that fails at the k-th call, for every k; and killed at every k, and at any moment.

What was acknowledged is there after the next start, whole and signed; what is not there was never acknowledged;
a checkpoint never covers a record that was not on disk when it was signed. A verifier that shares no line with the
program agrees each time.

Covers: cli/log.c cli/seal_key.c"""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "e2e"))
import open_detail  # noqa: E402
import verify_log  # noqa: E402
from support import faultfs  # noqa: E402

DRIVER = os.environ.get("HUFU_LOG_DRIVER", "")
TOOL = os.environ.get("HUFU_TOOL", "")
DEATHS = ("kill", "kill_after", "torn")
MAX_CALLS = 400  # a sweep must end: no run makes so many calls
SMALL_SEGMENT = "3000"  # a batch each, so that sealing and opening are struck too


def run(*words, env=None):
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


def acknowledged(lines):
    """Index to name of every record that was acknowledged."""
    found = (re.fullmatch(r"ok (\d+) (\S+)", line) for line in lines.splitlines())
    return {int(match[1]): match[2] for match in found if match}


def refused(lines):
    return {line.split()[1] for line in lines.splitlines() if line.startswith("no ")}


class Deployment:
    """A log of its own in a temporary folder, copied from one that was made once."""

    def __init__(self, template):
        self.holder = tempfile.TemporaryDirectory()
        self.folder = os.path.join(self.holder.name, "d")
        shutil.copytree(template, self.folder)
        self.log = os.path.join(self.folder, "log")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.holder.cleanup()

    def drive(self, *words, env=None):
        return run(DRIVER, "run", self.folder, *words, env=env)

    def verify(self, *words):
        return run(TOOL, "audit", "verify", self.log, "--policy", self.folder + "/log.policy", "--json", *words)

    def verify_independently(self):
        """Records, and how many of them are signed."""
        with open(self.folder + "/log.policy", encoding="utf-8") as policy:
            vkey = policy.readline().split()[1]
        log, torn = verify_log.verify(self.log, vkey)
        return log.size, log.signed, torn

    def names(self):
        """Index to name of every record of the driver that is in the log."""
        key = self.folder + "/keys/operator.key"
        status, out, error = run(TOOL, "log", "show", self.log, "--key", key, "--json")
        if status:
            raise AssertionError(f"log show: {status} {error}")
        records = [json.loads(line) for line in out.splitlines()]
        return {r["record"]["index"]: r["detail"].get("note") for r in records if r["record"]["kind"] == "access"}

    def signed_size(self):
        path = os.path.join(self.log, "checkpoint")
        if not os.path.exists(path):
            return 0
        with open(path, encoding="utf-8") as note:
            return int(note.read().split("\n")[1])


class Log(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.holder = tempfile.TemporaryDirectory()
        cls.template = os.path.join(cls.holder.name, "template")
        os.mkdir(cls.template)
        status, _, error = run(DRIVER, "create", cls.template)
        assert status == 0, error

    @classmethod
    def tearDownClass(cls):
        cls.holder.cleanup()

    def look(self, deployment, acks):
        """After a start without faults: all that was acknowledged is there, and all is signed."""
        status, out, error = deployment.drive("1")
        self.assertEqual(status, 0, out + error)
        acks.update(acknowledged(out))
        status, out, error = deployment.verify()
        self.assertEqual(status, 0, out + error)
        records = json.loads(out)["records"]
        self.assertEqual(deployment.verify_independently(), (records, records, 0))
        names = deployment.names()
        self.assertEqual({i: names.get(i) for i in acks}, acks)
        self.assertEqual(len(set(names.values())), len(names))  # none twice

    def sweep(self, act, runs_before, words, **faults):
        for k in range(1, MAX_CALLS):
            with Deployment(self.template) as deployment:
                acks = {}
                for _ in range(runs_before):
                    acks.update(acknowledged(deployment.drive("2")[1]))
                trace = deployment.folder + "/trace"
                env = faultfs.environment(path=deployment.log, at=k, act=act, trace=trace, **faults)
                status, out, _ = deployment.drive(*words, env=env)
                struck = [call for call in faultfs.read_trace(trace) if call[3]]
                with self.subTest(act=act, k=k, struck=struck, status=status):
                    acks.update(acknowledged(out))
                    if act not in DEATHS:
                        self.assertLessEqual(deployment.signed_size(), max(acks, default=-1) + 2)
                        self.check_failure(struck, status, out)
                    self.look(deployment, acks)
                if not struck:
                    return
        self.fail("the sweep does not end")

    def check_failure(self, struck, status, out):
        """Nothing is acknowledged after the failure, and the program ends."""
        if status == 0:
            return  # nothing was struck, or a call that may be done again (a short write of a small file)
        self.assertTrue(struck)
        self.assertIn(status, (1, 70))
        lines = out.splitlines()
        if status == 70:
            failed = next((i for i, line in enumerate(lines) if line.startswith("no ")), len(lines))
            self.assertFalse([line for line in lines[failed:] if line.startswith("ok ")], out)

    def test_every_call_fails_once(self):
        for act in ("EIO", "ENOSPC", "short"):
            self.sweep(act, 0, ("3",))

    def test_every_sync_fails_and_loses_what_was_written(self):
        self.sweep("EIO", 0, ("4",), calls="fsync,fdatasync", drop=True, sticky=True)

    def test_every_call_fails_while_segments_change(self):
        self.sweep("EIO", 1, ("3", "1", SMALL_SEGMENT))

    def test_dead_at_every_call(self):
        for act in DEATHS:
            self.sweep(act, 0, ("3",))

    def test_dead_at_every_call_while_segments_change(self):
        for act in DEATHS:
            self.sweep(act, 1, ("3", "1", SMALL_SEGMENT))

    def test_dead_at_every_call_of_a_recovery(self):
        """The torn end of one run, and then the recovery that repairs it is killed, too."""
        with Deployment(self.template) as torn:
            env = faultfs.environment(path=torn.log + "/wal", calls="pwrite", at=12, act="torn")
            acks = acknowledged(torn.drive("9", env=env)[1])
            self.assertTrue(acks)
            for act in DEATHS:
                for k in range(1, MAX_CALLS):
                    with Deployment(torn.folder) as deployment:
                        trace = deployment.folder + "/trace"
                        env = faultfs.environment(path=deployment.log, at=k, act=act, trace=trace)
                        _, out, _ = deployment.drive("1", env=env)
                        struck = [call for call in faultfs.read_trace(trace) if call[3]]
                        with self.subTest(act=act, k=k, struck=struck):
                            self.look(deployment, {**acks, **acknowledged(out)})
                            kinds = json.loads(deployment.verify()[1])
                            self.assertGreaterEqual(kinds.get("recover", 0), 1)  # a crash is always told
                        if not struck:
                            break
                else:
                    self.fail("the sweep does not end")

    def test_another_verifier_finds_what_was_changed(self):
        """Every byte of a small log changed in turn: the other verifier says no, too."""
        with Deployment(self.template) as deployment:
            deployment.drive("2")
            self.assertEqual(deployment.verify_independently(), (2, 2, 0))
            name = os.path.join(deployment.log, "wal", "0" * 20 + ".hfl")
            with open(name, "rb") as segment:
                whole = segment.read()
            os.chmod(name, 0o640)
            for i in [*range(0, 200, 3), *range(4090, len(whole), 3)]:
                with open(name, "wb") as segment:
                    segment.write(whole[:i] + bytes([whole[i] ^ 4]) + whole[i + 1:])
                try:
                    answer = deployment.verify_independently()
                except (verify_log.Tampered, ValueError):
                    answer = None
                self.assertNotEqual(answer, (2, 2, 0), i)

    def test_another_opener_reads_the_details(self):
        """The box, the commitment and the tags, opened by a program that shares no line with ours."""
        with Deployment(self.template) as deployment:
            deployment.drive("3")
            key = open_detail.read_key(deployment.folder + "/keys/operator.key")
            tag_key = open_detail.read_key(deployment.folder + "/keys/tag.key")
            found = list(open_detail.details(deployment.log, key))
            self.assertEqual({r["index"]: json.loads(d)["note"] for r, d in found}, deployment.names())
            for record, _ in found:
                self.assertTrue(open_detail.is_banks(record, tag_key, "91350100M000100Y43"))
                self.assertFalse(open_detail.is_banks(record, tag_key, "91350100M000100Y44"))

    def test_killed_at_any_moment(self):
        rounds = int(os.environ.get("HUFU_KILL_ROUNDS", "25"))
        seed = int(os.environ.get("HUFU_SEED", "1"))
        moments = random.Random(seed)
        with Deployment(self.template) as deployment:
            acks = {}
            for i in range(rounds):
                path = deployment.folder + "/out"
                with open(path, "w", encoding="ascii") as out:
                    words = [DRIVER, "run", deployment.folder, "100000", "8", "40000"]
                    process = subprocess.Popen(words, stdout=out)
                    time.sleep(moments.uniform(0.005, 0.12))
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                with open(path, encoding="ascii") as out:
                    acks.update(acknowledged(out.read().rpartition("\n")[0]))
                with self.subTest(seed=seed, round=i):
                    self.assertIn(deployment.verify()[0], (0, 3, 5))  # before recovery: never "tampered"
            self.assertTrue(acks)
            self.look(deployment, acks)


if __name__ == "__main__":
    unittest.main()
