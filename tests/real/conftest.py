"""The real testbed for the slow tests: started once, upgraded once, and taken down whatever happens."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTBED = ROOT / "testbed" / "testbed"
STAIRLIFT = [sys.executable, "-m", "stairlift"]


def why_not_here() -> str | None:
    """What is lacking here for a real OpenStack, in a sentence."""
    if os.geteuid() != 0:
        return "the testbed needs root: it makes network namespaces and mounts"
    if shutil.which("apt-get") is None:
        return "the testbed needs Debian's packages of MariaDB, RabbitMQ, HAProxy and Open vSwitch"
    return None


@dataclass(frozen=True)
class Bed:
    """The testbed, and Stairlift beside it as an operator would have it."""

    environ: Mapping[str, str]
    state: Path

    def testbed(self, *arguments: str, timeout: float = 1200) -> str:
        """Run a command of the testbed; its standard output."""
        done = subprocess.run([TESTBED, *arguments], capture_output=True, text=True, timeout=timeout, check=False)
        assert done.returncode == 0, f"testbed {' '.join(arguments)}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
        return done.stdout

    def told(self, *arguments: str) -> Any:
        """What a command of the testbed says as JSON."""
        return json.loads(self.testbed(*arguments, "-o", "json"))

    def start(self, *arguments: str, log: Path) -> subprocess.Popen[bytes]:
        """Start a stairlift command whose talk goes to a file."""
        with log.open("ab") as talk:
            return subprocess.Popen(
                [*STAIRLIFT, *arguments],
                cwd=ROOT / "testbed",
                env=dict(self.environ),
                stdin=subprocess.DEVNULL,
                stdout=talk,
                stderr=talk,
            )

    def stairlift(self, *arguments: str, code: int = 0) -> str:
        """Run a stairlift command to its end; its standard output."""
        done = subprocess.run(
            [*STAIRLIFT, *arguments],
            cwd=ROOT / "testbed",
            env=dict(self.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == code, f"stairlift {' '.join(arguments)}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
        return done.stdout


@pytest.fixture(scope="session")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    """The testbed at its base release, with three servers on it."""
    lacking = why_not_here()
    if lacking:
        pytest.skip(lacking)
    state = tmp_path_factory.mktemp("state")
    subprocess.run([TESTBED, "down"], timeout=300, check=False)  # one that was left up is of an unknown release
    started = subprocess.run([TESTBED, "up"], timeout=2400, check=False)
    try:
        assert started.returncode == 0, "the testbed did not come up"
        made = Bed(_environ(state), state)
        made.testbed("seed", "3")
        yield made
    finally:
        subprocess.run([TESTBED, "down"], timeout=300, check=False)


def _environ(state: Path) -> dict[str, str]:
    """The caller's environment, what `testbed env` exports, and a state directory of the test's own."""
    exports = subprocess.run([TESTBED, "env"], capture_output=True, text=True, check=True).stdout
    told = dict(line.removeprefix("export ").split("=", 1) for line in exports.splitlines() if "=" in line)
    here = str(Path(sys.executable).parent)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OS_", "STAIRLIFT_"))}
    return kept | told | {"STAIRLIFT_STATE_DIR": str(state), "PATH": f"{here}{os.pathsep}{os.environ['PATH']}"}
