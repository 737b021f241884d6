"""What holds for all tests: `--hypothesis-profile=deep` looks longer, and elsewhere each time."""

import os
import shutil
import signal

import pytest
from hypothesis import HealthCheck, settings

from postgres import running

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("stairlift", deadline=None, max_examples=60, suppress_health_check=_SLOW, derandomize=True)
settings.register_profile("deep", deadline=None, max_examples=500, suppress_health_check=_SLOW)
settings.load_profile("stairlift")

# Under nohup, or in a shell's background, these are ignored, and everything that the tests start would inherit that.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def an_ssh(request, tmp_path_factory, monkeypatch):
    """Plans over SSH want the program to be here. Only real tests start it, and these see to it themselves."""
    if shutil.which("ssh") is None and request.node.get_closest_marker("real") is None:
        folder = tmp_path_factory.mktemp("bin")
        (folder / "ssh").write_text("#!/bin/sh\nexit 255\n")
        (folder / "ssh").chmod(0o755)
        monkeypatch.setenv("PATH", f"{os.environ['PATH']}:{folder}")


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server that the tests of a process share; each takes a database of its own."""
    with running() as server:
        yield server
