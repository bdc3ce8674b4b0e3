"""What every Python test of a built program needs: where the programs are, and deployments of them.

HUFU_BUILD names the build folder (default: build, beside tests/). The variables that meson sets for
the tests it runs itself are derived from it here, so that `pytest tests/fault` works as well.
"""

import contextlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("HUFU_BUILD") or ROOT / "build").resolve()

os.environ["HUFU_BUILD"] = str(BUILD)
os.environ["PATH"] += ":/usr/sbin"  # where Debian keeps nghttpd, and not everybody looks
os.environ.setdefault("HUFU_SOURCE_ROOT", str(ROOT))
for library in ("faultfs", "badclock"):
    os.environ.setdefault(f"HUFU_{library.upper()}", str(BUILD / "tests" / "support" / f"{library}.so"))
for driver in ("base", "log"):
    os.environ.setdefault(f"HUFU_{driver.upper()}_DRIVER", str(BUILD / "tests" / "fault" / f"{driver}_driver"))
os.environ.setdefault("HUFU_TOOL", str(BUILD / "cli" / "hufu"))
sys.path.insert(0, str(ROOT / "tests"))


def pytest_configure(config):
    config.addinivalue_line("markers", "smoke: the whole way once, quick enough for a sanitizer")
    config.addinivalue_line("markers", "clock: time limits decide how it ends: not under a sanitizer")


@pytest.fixture
def deploy(request):
    """Makes deployments that end with the test; their folders stay when it failed."""
    from support.deployment import Deployment  # needs what is set above
    with contextlib.ExitStack() as made:
        def make(**words):
            deployment = Deployment(tempfile.mkdtemp(prefix="hufu-test."), **words)
            made.callback(end, deployment)
            return deployment

        def end(deployment):
            deployment.close()
            if not getattr(request.node, "failed", False):
                shutil.rmtree(deployment.folder, ignore_errors=True)

        yield make


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if outcome.get_result().failed:
        item.failed = True
