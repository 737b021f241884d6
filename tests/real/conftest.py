"""The real testbed for the slow tests: started once, upgraded once, and taken down whatever happens."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))  # the benches are not installed; the proof and these tests share how a testbed is held

from bench.availability.bed import TESTBED, Bed  # noqa: E402


def why_not_here() -> str | None:
    """What is lacking here for a real OpenStack, in a sentence."""
    if os.geteuid() != 0:
        return "the testbed needs root: it makes network namespaces and mounts"
    if shutil.which("apt-get") is None:
        return "the testbed needs Debian's packages of MariaDB, RabbitMQ, HAProxy and Open vSwitch"
    return None


@pytest.fixture(scope="session")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    """The testbed at its base release, with three servers on it, behind a load balancer that retries."""
    lacking = why_not_here()
    if lacking:
        pytest.skip(lacking)
    state = tmp_path_factory.mktemp("state")
    subprocess.run([TESTBED, "down"], timeout=300, check=False)  # one that was left up is of an unknown release
    subprocess.run([TESTBED, "balancer", "retrying"], timeout=60, check=False)
    started = subprocess.run([TESTBED, "up"], timeout=2400, check=False)
    try:
        assert started.returncode == 0, "the testbed did not come up"
        made = Bed.found(state)
        made.testbed("seed", "3")
        yield made
    finally:
        subprocess.run([TESTBED, "down"], timeout=300, check=False)
