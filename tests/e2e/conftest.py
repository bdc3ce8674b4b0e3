"""The programs as they are used: run from outside, judged by output and exit status."""
import os
import pathlib
import subprocess
import tempfile

import pytest

from support.deployment import Deployment

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
def make_gateway(hufu, tmp_path_factory):
    """make_gateway(start=True) -> Gateway, stopped when the module's tests are over"""
    from gateway import Gateway

    made = []

    def make(name="gw", **options):
        gateway = Gateway(hufu, tmp_path_factory.mktemp(name) / "d", **options)
        made.append(gateway)
        return gateway

    yield make
    for gateway in made:
        gateway.close()


@pytest.fixture(scope="module")
def gw(make_gateway):
    """A gateway with both example departments, running."""
    gateway = make_gateway()
    gateway.start_department("tax")
    gateway.start_department("samr")
    gateway.start()
    yield gateway
    gateway.close()


@pytest.fixture(scope="session")
def gateway():
    """A deployment that many tests share: both example departments, hufud with its defaults."""
    with Deployment(tempfile.mkdtemp(prefix="hufu-e2e.")) as deployment:
        deployment.serve("tax", "samr")
        deployment.start()
        yield deployment
        deployment.stop()


@pytest.fixture
def faked(deploy):
    """A deployment whose tax department is a FakeSource: `faked.tax` answers as the test says."""
    deployment = deploy()
    deployment.tax = deployment.fake("tax")
    deployment.start()
    return deployment
