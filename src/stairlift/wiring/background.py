"""An orchestrator in the background: a process of its own that outlives the terminal."""

import subprocess
import sys
import time
from pathlib import Path

from stairlift.model.errors import StairliftError
from stairlift.model.run import Run
from stairlift.wiring.office import Office

#: How long an orchestrator may take until it holds the lease of its cloud, in seconds.
_PATIENCE = 30.0
_LAST_LINES = 5


def orchestrate_in_background(office: Office, run: Run, *, approve_all: bool) -> Path:
    """Have another process carry out a run that is on record; the file of its talk.

    Returns once it is at work. Raises StairliftError (run.not_detached) with its last words where it leaves before.
    """
    log = office.state_dir / "orchestrators" / f"{run.id}.log"
    log.parent.mkdir(mode=0o700, exist_ok=True)
    with log.open("ab") as talk:
        process = subprocess.Popen(
            [sys.executable, "-m", "stairlift", "resume", run.id, *(["--yes"] if approve_all else [])],
            stdin=subprocess.DEVNULL,
            stdout=talk,
            stderr=talk,
            start_new_session=True,
        )
    _await_work(process, office, run, log)
    return log


def _await_work(process: "subprocess.Popen[bytes]", office: Office, run: Run, log: Path) -> None:
    """Until it has begun the run, or has left with an error that nobody would see otherwise."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and office.store.run(run.id).started_at is None:
        if process.poll() is not None:
            raise StairliftError(
                code="run.not_detached",
                brief=f"run {run.id} is on record, and its orchestrator left with {process.returncode}",
                details="\n  ".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:]),
                resolution=f"`stairlift resume {run.id}` carries it out here",
            )
        time.sleep(0.1)
