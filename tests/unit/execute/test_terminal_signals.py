"""A Ctrl-C in the moment in which a supervisor is started is not for the supervisor."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from stairlift.execute import local, supervisor
from stairlift.execute.local import LocalExecutor
from stairlift.model.work import Job

TELLS = """\
import pathlib, signal, sys
blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
pathlib.Path(sys.argv[1], "blocked").write_text(" ".join(str(int(number)) for number in sorted(blocked)))
"""


def _interrupted() -> None:
    """In the child, before it is a supervisor: all that a terminal can send has been sent."""
    signal.pthread_sigmask(signal.SIG_BLOCK, supervisor.TERMINAL)
    for number in supervisor.TERMINAL:
        os.kill(os.getpid(), number)


def test_what_came_before_it_had_a_session_of_its_own_is_forgotten(tmp_path: Path) -> None:
    argv = [sys.executable, "-I", "-S", supervisor.__file__, tmp_path, "1", tmp_path, "sh", "-c", "kill -INT $$"]
    done = subprocess.run(argv, preexec_fn=_interrupted, timeout=60, check=False)
    assert done.returncode == 0
    result = json.loads((tmp_path / supervisor.RESULT).read_text())
    assert result["returncode"] == -signal.SIGINT, "the job itself hears of signals as ever"


def test_a_supervisor_begins_deaf_to_the_terminal(tmp_path: Path, monkeypatch) -> None:
    script = tmp_path / "tells.py"
    script.write_text(TELLS)
    monkeypatch.setattr(local, "_SUPERVISOR", str(script))
    executor = LocalExecutor(tmp_path / "attempts")
    asyncio.run(executor._start(local.AttemptFolder(tmp_path), Job(("true",), str(tmp_path))))
    assert (tmp_path / "blocked").read_text().split() == [str(int(number)) for number in sorted(supervisor.TERMINAL)]
