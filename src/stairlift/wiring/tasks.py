"""What a running attempt is doing, from the progress file that its process writes."""

import json
from contextlib import suppress
from pathlib import Path

from stairlift.execute.attempt_folder import PROGRESS

#: The last lines of a progress file are enough to know the task at hand.
_TAIL = 8192


def task_at_hand(folder: Path) -> str:
    """The newest task that the attempt in this folder told; empty where it tells none."""
    with suppress(OSError):
        return _last_task(_tail(folder / PROGRESS))
    return ""


def _tail(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - _TAIL))
        return file.read()


def _last_task(tail: bytes) -> str:
    for line in reversed(tail.splitlines()):
        with suppress(ValueError):
            told = json.loads(line)
            if isinstance(told, dict) and isinstance(told.get("task"), str):
                return str(told["task"])
    return ""
