"""Workers of the tests: a database with everything that they need, and workers as processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from postgres import Server
from stairlift.execute.queue.delivery import Courier, scripts
from stairlift.execute.queue.executor import QueueExecutor
from stairlift.execute.queue.following import Patience
from stairlift.model.dispatch import WorkerSeen
from stairlift.store.delivery_schema import upgrade_deliveries
from stairlift.store.dispatching import SqlDispatch
from stairlift.store.opening import open_engine, upgrade
from stairlift.store.server import reach

COMMAND = (sys.executable, "-m", "stairlift", "worker")
#: How long a worker may take to begin or to end, in seconds.
PATIENCE = 30.0


def crew_database(server: Server) -> str:
    """The address of a new database with the journal's tables and those of the task queue."""
    with server.connect() as connection:
        made = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'crew'").fetchone()
        if made is None:
            connection.execute("CREATE DATABASE crew")
    if made is None:
        prepare_database(server.url("crew"))
    return server.database("crew")


def prepare_database(url: str) -> None:
    """What `stairlift db upgrade` does."""
    engine = open_engine(url)
    upgrade(engine)
    upgrade_deliveries(engine, *scripts())
    engine.dispose()


@dataclass
class Crew:
    """Workers of one database, each with a state directory of its own. `around` comes before the command line."""

    url: str
    folder: Path
    ttl: float = 30.0
    grace: float = 1.0
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def worker(
        self, name: str, *more: str, queue: str = "az1", jobs: int = 4, around: tuple[str, ...] = (), url: str = ""
    ) -> "subprocess.Popen[bytes]":
        """Start a worker and wait until it has enlisted."""
        argv = [*around, *COMMAND, "--queue", queue, "--name", name, "--jobs", str(jobs), "--grace", str(self.grace)]
        with self.log(name).open("ab") as log:
            before = log.tell()
            process = subprocess.Popen(
                [*argv, *more], cwd=self.folder, env=self.environment(name, url), stdout=log, stderr=log
            )
        self.processes.append(process)
        until(lambda: b"takes orders" in self.log(name).read_bytes()[before:] or process.poll() is not None)
        assert process.poll() is None, self.log(name).read_text()
        return process

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def environment(self, name: str, url: str = "") -> Mapping[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("OS_", "STAIRLIFT_", "XDG_"))}
        own = {"STAIRLIFT_DATABASE_URL": url or self.url, "STAIRLIFT_STATE_DIR": str(self.folder / "state" / name)}
        return {**kept, **own, "STAIRLIFT_LEASE_TTL": str(self.ttl), "HOME": str(self.folder)}

    def executor(self, frozen: Mapping[str, str] | None = None, name: str = "orchestrator") -> QueueExecutor:
        """An orchestrator's executor, as one more of them would have it."""
        engine = open_engine(self.url)
        return QueueExecutor(
            self.folder / name,
            SqlDispatch(engine),
            Courier(reach(engine)).deliver,
            frozen=lambda _attempt: frozen or {},
            patience=Patience(look=0.1, again=self.ttl),
        )

    def workers(self) -> dict[str, WorkerSeen]:
        engine = open_engine(self.url)
        try:
            return {worker.name: worker for worker in SqlDispatch(engine).workers()}
        finally:
            engine.dispose()

    def end(self) -> None:
        """Every worker at once, and what they run."""
        for process in self.processes:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait(PATIENCE)


def until(holds: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait for a condition."""
    end = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)
