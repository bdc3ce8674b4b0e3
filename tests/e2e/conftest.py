"""The programs as they are used: run from outside, judged by output and exit status."""
import os
import pathlib
import subprocess

import pytest

from support.deployment import running

SOURCE = pathlib.Path(os.environ.get("HUFU_SOURCE_ROOT", pathlib.Path(__file__).parents[2]))
BUILD = pathlib.Path(os.environ.get("HUFU_BUILD", SOURCE / "build"))


class Ran:
    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout.decode()
        self.err = done.stderr.decode()

    def __repr__(self):
        return f"exit {self.code}\n--- out\n{self.out}--- err\n{self.err}"


@pytest.fixture(scope="session")
def program():
    path = BUILD / "cli" / "hufu"
    assert path.exists(), f"{path} is not built (HUFU_BUILD names the build folder)"
    return path


@pytest.fixture(scope="session")
def hufu(program):
    """hufu("key", "show", path, stdin=b"…") -> Ran"""

    def run(*words, stdin=b"", **options):
        command = [str(program), *map(str, words)]
        return Ran(subprocess.run(command, input=stdin, capture_output=True, timeout=60, **options))

    return run


@pytest.fixture(scope="session")
def openssl():
    """openssl("pkey", "-in", path) -> bytes"""

    def run(*words, stdin=b""):
        done = subprocess.run(["openssl", *map(str, words)], input=stdin, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    return run


@pytest.fixture(scope="session")
def gateway():
    """A deployment that many tests share: both example departments, hufud with its defaults."""
    with running() as deployment:
        yield deployment


@pytest.fixture
def faked(deploy):
    """A deployment whose tax department is a FakeSource: `faked.tax` answers as the test says."""
    deployment = deploy()
    deployment.tax = deployment.fake("tax")
    deployment.start()
    return deployment
