"""Deployments for the tests of this folder that break a whole gateway."""

import shutil
import tempfile

import pytest


@pytest.fixture
def deploy(request):
    """Makes deployments that end with the test; their folders stay when it failed."""
    from support.deployment import Deployment
    made = []

    def make(**words):
        made.append(Deployment(tempfile.mkdtemp(prefix="hufu-fault."), **words))
        return made[-1]

    yield make
    for deployment in made:
        deployment.kill()
        deployment.close()
        if not getattr(request.node, "failed", False):
            shutil.rmtree(deployment.folder, ignore_errors=True)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if outcome.get_result().failed:
        item.failed = True
