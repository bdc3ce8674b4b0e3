"""What every Python test of a built program needs to know: where the programs are.

HUFU_BUILD names the build folder (default: build, beside tests/). The variables that meson sets for
the tests it runs itself are derived from it here, so that `pytest tests/fault` works as well.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("HUFU_BUILD") or ROOT / "build").resolve()

os.environ["HUFU_BUILD"] = str(BUILD)
os.environ.setdefault("HUFU_SOURCE_ROOT", str(ROOT))
os.environ.setdefault("HUFU_FAULTFS", str(BUILD / "tests" / "support" / "faultfs.so"))
os.environ.setdefault("HUFU_BASE_DRIVER", str(BUILD / "tests" / "fault" / "base_driver"))
sys.path.insert(0, str(ROOT / "tests"))


def pytest_configure(config):
    config.addinivalue_line("markers", "smoke: the whole way once, quick enough for a sanitizer")
