"""The testbed, and Stairlift beside it as an operator would have it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.measuring import Failed

ROOT = Path(__file__).resolve().parents[2]
TESTBED = ROOT / "testbed" / "testbed"
SOURCE, TARGET = "2025.1", "2026.1"
BALANCER = "ssh://lb1/run/haproxy.sock"
_STAIRLIFT = (sys.executable, "-m", "stairlift")


@dataclass(frozen=True)
class Bed:
    """`environ` is for programs that are to find the cloud; `state` is Stairlift's."""

    environ: Mapping[str, str]
    state: Path

    @classmethod
    def found(cls, state: Path) -> "Bed":
        """The testbed that is up or will be. Nothing of the caller's own cloud gets through."""
        exports = _finished([TESTBED, "env"], 60).stdout
        told = dict(line.removeprefix("export ").split("=", 1) for line in exports.splitlines() if "=" in line)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("OS_", "STAIRLIFT_"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return cls(kept | told | {"STAIRLIFT_STATE_DIR": str(state), "PATH": path}, state)

    @property
    def sources(self) -> tuple[str, ...]:
        """All that can be looked at: APIs, inventory, the load balancer with its backends, the processes of hosts."""
        inventory = self.environ["ANSIBLE_INVENTORY"]
        places = ("openstack", f"ansible:{inventory}", f"haproxy:{BALANCER}", f"hosts:{inventory}")
        return tuple(word for place in places for word in ("--inventory", place))

    def testbed(self, *arguments: str, timeout: float = 1200) -> str:
        """Run a command of the testbed; its standard output. Raises Failed."""
        done = _finished([TESTBED, *arguments], timeout)
        if done.returncode:
            raise Failed(f"testbed {' '.join(arguments)}: {done.stdout[-2000:]}{done.stderr[-4000:]}")
        return done.stdout

    def told(self, *arguments: str) -> Any:
        """What a command of the testbed says as JSON."""
        return json.loads(self.testbed(*arguments, "-o", "json"))

    def on(self, host: str, script: str) -> str:
        """Run a shell script on a host, as somebody who has logged in there."""
        return self.testbed("run", host, "sh", "-ec", script)

    def start(self, *arguments: str, log: Path) -> subprocess.Popen[bytes]:
        """Start a stairlift command whose talk goes to a file."""
        return self.spawn([*_STAIRLIFT, *arguments], log=log)

    def spawn(self, argv: Sequence[str], *, log: Path, cwd: Path = ROOT / "testbed") -> subprocess.Popen[bytes]:
        """Start a program; its talk goes to a file."""
        with log.open("ab") as talk:
            return subprocess.Popen(
                argv,
                cwd=cwd,
                env=dict(self.environ),
                stdin=subprocess.DEVNULL,
                stdout=talk,
                stderr=talk,
            )

    def stairlift(self, *arguments: str, code: int = 0) -> str:
        """Run a stairlift command to its end; its standard output. Raises Failed where it ends with another code."""
        done = _finished([*_STAIRLIFT, *arguments], 900, cwd=ROOT / "testbed", env=dict(self.environ))
        if done.returncode != code:
            said = f"{done.stdout[-2000:]}{done.stderr[-4000:]}"
            raise Failed(f"stairlift {' '.join(arguments)} ended with {done.returncode}, not {code}: {said}")
        return done.stdout

    def status(self) -> Any:
        """The status document of the run, with its steps."""
        return json.loads(self.stairlift("status", "--steps", "-o", "json"))


def _finished(argv: Sequence[str | Path], timeout: float, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run it to its end, however that is. Raises Failed where it has none in time."""
    try:
        return subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False, **more
        )
    except subprocess.TimeoutExpired as late:
        raise Failed(f"{' '.join(map(str, argv))} had not ended after {timeout:.0f} s") from late
