"""An OpenSSH server of the test's own on loopback, and how a step is carried out through it as a run would."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from stairlift.drive.assignment import job_for, verdict_on
from stairlift.execute.local import LocalExecutor
from stairlift.model.plan import Step
from stairlift.model.run import AttemptId
from stairlift.model.work import Assignment, Verdict
from stairlift.ports import UpgradeStrategy

_TESTBED = Path(__file__).resolve().parents[2] / "testbed"
sys.path.insert(0, str(_TESTBED))

from tb.packages import ensure, missing  # noqa: E402

_SSHD = "/usr/sbin/sshd"


def require(package: str, program: str) -> None:
    """Have a Debian package, none of whose services starts here, or skip the test with the reason."""
    if not missing({package: program}):
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        pytest.skip(f"{program} is not here, and only root on Debian can install {package}")
    ensure({package: program})


@dataclass(frozen=True)
class Loopback:
    """A server that lets root in under the names ctl1 and cmp1, by a key; nobody listens behind `gone`."""

    folder: Path
    port: int
    server: int

    @property
    def config(self) -> str:
        """The ssh_config with which it is reached."""
        return str(self.folder / "ssh_config")

    def drop_connections(self) -> None:
        """End what serves the connections that there are, as a broken network would."""
        for session in psutil.Process(self.server).children():
            session.kill()


@contextmanager
def loopback(folder: Path) -> Iterator[Loopback]:
    """Start the server, and end it."""
    require("openssh-server", "sshd")
    require("openssh-client", "ssh")
    if os.geteuid() != 0:
        pytest.skip("a server that starts sessions needs root")
    port = _free_port()
    _write_files(folder, port)
    server = subprocess.Popen([_SSHD, "-D", "-e", "-f", folder / "sshd_config"], stderr=(folder / "sshd.log").open("w"))
    try:
        _wait_for(port)
        yield Loopback(folder, port, server.pid)
    finally:
        server.terminate()
        server.wait(10)


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


def _write_files(folder: Path, port: int) -> None:
    for name in ("host_key", "user_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    (folder / "authorized_keys").write_text((folder / "user_key.pub").read_text())
    (folder / "known_hosts").write_text(f"loopback {(folder / 'host_key.pub').read_text()}")
    (folder / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {folder}/host_key\nAuthorizedKeysFile {folder}/authorized_keys\n"
        "AcceptEnv FACTER_*\nStrictModes no\nUsePAM no\nPidFile none\nPermitRootLogin prohibit-password\nPasswordAuthentication no\n"
    )
    (folder / "ssh_config").write_text(
        f"Host gone\n  Port 9\nHost *\n  HostName 127.0.0.1\n  Port {port}\n  User root\n  HostKeyAlias loopback\n"
        f"  UserKnownHostsFile {folder}/known_hosts\n  IdentityFile {folder}/user_key\n  IdentitiesOnly yes\n"
    )


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("sshd does not listen")


@dataclass(frozen=True)
class Bench:
    """Carries out steps with the executor of a real run, in attempts that are numbered."""

    executor: LocalExecutor
    started: list[AttemptId] = field(default_factory=list)

    def do(self, strategy: UpgradeStrategy, step: Step, attempt: int = 1) -> Verdict:
        """One attempt, to its end."""
        return asyncio.run(self.attempt(strategy, step, attempt))

    async def attempt(self, strategy: UpgradeStrategy, step: Step, attempt: int = 1) -> Verdict:
        """One attempt, to its end."""
        named, assignment = self._named(step, attempt), self.assignment(step, attempt)
        self.started.append(named)
        ending = await self.executor.run(named, lambda: job_for(strategy, assignment))
        return verdict_on(strategy, assignment, ending)

    async def end(self, step: Step, attempt: int = 1) -> None:
        """Stop an attempt by force, as a person or a retry would."""
        await self.executor.end(self._named(step, attempt))

    def file(self, step: Step, name: str, attempt: int = 1) -> str:
        """The text of a file of an attempt."""
        path = self.executor.folder(self._named(step, attempt)) / name
        return path.read_text(errors="replace") if path.exists() else ""

    def assignment(self, step: Step, attempt: int = 1, *, undo: bool = False) -> Assignment:
        """What a strategy is given for an attempt."""
        return Assignment("r1", step, attempt, self.executor.folder(self._named(step, attempt)), undo)

    def _named(self, step: Step, attempt: int) -> AttemptId:
        return AttemptId("r1", step.id, attempt)


@contextmanager
def bench(folder: Path) -> Iterator[Bench]:
    """A bench whose attempts lie below a folder; what a test that failed has left of them is ended."""
    executor = LocalExecutor(folder / "attempts", grace=3)
    executor.open_run("r1", begun=False)
    made = Bench(executor)
    try:
        yield made
    finally:
        for named in made.started:
            asyncio.run(executor.end(named))


async def until(true, seconds: float = 60) -> None:
    """Wait until a condition holds; fail where it does not."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come to pass"
        await asyncio.sleep(0.1)


def running(mark: str) -> list[psutil.Process]:
    """The living processes that are called with a word."""
    return [process for process in psutil.process_iter() if _is_called_with(process, mark)]


def _is_called_with(process: psutil.Process, mark: str) -> bool:
    try:
        return mark in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
