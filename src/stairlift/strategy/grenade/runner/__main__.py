"""Entry: reads the task, takes the desk, and leaves with the attempt's code."""

import ctypes
import os
import sys
from pathlib import Path

from .attempt import BUSY, REFUSED, Attempt, tell
from .following import Progress
from .ledger import Busy, Desk, refusal, remaining
from .task import Task
from .workplace import Unprepared, Workplace

_PR_SET_CHILD_SUBREAPER = 36


def main(file: Path) -> int:
    """Carry out the task in `file`; the code to leave with."""
    progress = Progress(os.environ.get("STAIRLIFT_PROGRESS", os.devnull))
    try:
        task = Task.read(file)
        desk = Desk(Path(task.stack_root))
    except Busy as busy:
        return _leave(progress, "busy", str(busy), BUSY)
    except (OSError, ValueError, TypeError) as wrong:
        return _leave(progress, "refused", f"the attempt cannot begin: {wrong}", REFUSED)
    return _attend(file.parent, task, desk, progress)


def _attend(given: Path, asked: Task, desk: Desk, progress: Progress) -> int:
    task = remaining(asked, desk.read())
    if asked.half == "target" and not task.upgrade:
        return _leave(progress, "already", f"{', '.join(asked.upgrade)}: new already, by an earlier step", 0)
    if (why := refusal(task, desk.read())) is not None:
        return _leave(progress, "refused", why, REFUSED)
    place = Workplace(given, task)
    try:
        place.prepare()
        desk.note(task.hop)  # before anything is begun, the ledger must prove to be writable
    except (Unprepared, OSError) as wrong:
        return _leave(progress, "refused", str(wrong), REFUSED)
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, *(ctypes.c_ulong(n) for n in (1, 0, 0, 0)))
    return Attempt(place, desk, progress).carry_out()


def _leave(progress: Progress, kind: str, text: str, code: int) -> int:
    progress.say(kind, text)
    tell(text)
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
