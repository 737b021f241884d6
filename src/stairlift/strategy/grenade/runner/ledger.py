"""What Grenade has done on a node, kept in STACK_ROOT: which projects are new, and that the base must not run again.

A base half after the shutdown would blank the ids of the test resources and fail against services that are stopped; a
target half before it would upgrade projects that still run. The driver guards against neither.
"""

import fcntl
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from .processes import Process, running, still_driven
from .task import SHUTDOWN, Task

FOLDER = "stairlift"


@dataclass(frozen=True, slots=True)
class Ledger:
    """`base` is how far the base half came for the release `hop`; `driver` is the last one's number and its start."""

    hop: str = ""
    base: Literal["none", "begun", "shut-down", "done"] = "none"
    upgraded: tuple[str, ...] = ()
    driver: tuple[int, int] | None = None
    log: str = ""


class Busy(Exception):
    """Another attempt has this STACK_ROOT."""


class Desk:
    """The folder in STACK_ROOT: the lock that one attempt at a time has, and the ledger."""

    def __init__(self, stack_root: Path) -> None:
        """Take the lock; Busy where another attempt has it, or a driver still runs that nobody watches. OSError."""
        self._folder = stack_root / FOLDER
        self._folder.mkdir(mode=0o755, exist_ok=True)
        self._lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.lockf(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            raise Busy(f"another attempt works with {stack_root}") from None
        left = _still_at_work(self.read().driver)
        if left:
            raise Busy(
                f"an earlier attempt still works with {stack_root}: process {left[0].pid} ({left[0].command:.80})"
            )

    def read(self) -> Ledger:
        """What is on record; an empty ledger where there is none.

        OSError for one that cannot be read: to take it for none could run the base half a second time.
        """
        file = self._folder / "ledger.json"
        try:
            found = json.loads(file.read_bytes())
            driver = found["driver"]
            return Ledger(
                hop=str(found["hop"]),
                base=found["base"],
                upgraded=tuple(found["upgraded"]),
                driver=(int(driver[0]), int(driver[1])) if driver else None,
                log=str(found["log"]),
            )
        except FileNotFoundError:
            return Ledger()
        except (ValueError, KeyError, TypeError, IndexError) as wrong:
            raise OSError(
                f"{file} makes no sense: {wrong!r}. It says which projects are new; "
                "remove it only where the base still runs"
            ) from wrong

    def write(self, ledger: Ledger) -> None:
        """Put it on record, whole or not at all. Raises OSError."""
        unfinished = self._folder / "ledger.json.new"
        with unfinished.open("w") as file:
            file.write(json.dumps(asdict(ledger)) + "\n")
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(self._folder / "ledger.json")

    def note(self, hop: str, **changes: Any) -> None:
        """Change what is on record for a hop; what was there of another one is over."""
        known = self.read()
        self.write(replace(known if known.hop == hop else Ledger(hop), **changes))

    def driver_started(self, task: Task, pid: int, started: int) -> None:
        """Put a driver on record, before it has done anything."""
        more: dict[str, Any] = {"base": "begun", "upgraded": ()} if task.half == "base" else {}
        self.note(task.hop, driver=(pid, started), log="", **more)


def remaining(task: Task, ledger: Ledger) -> Task:
    """The task without the projects that are new already."""
    new = ledger.upgraded if ledger.hop == task.hop else ()
    return replace(task, upgrade=tuple(project for project in task.upgrade if project not in new))


def refusal(task: Task, ledger: Ledger) -> str | None:
    """Why an attempt must not begin, from what is on record of this node; None where it may."""
    here = ledger if ledger.hop == task.hop else Ledger()
    return _base_refusal(task, here) if task.half == "base" else _target_refusal(task, here)


def _base_refusal(task: Task, here: Ledger) -> str | None:
    if here.base == "none" or (here.base == "begun" and not _went_down(here.log)):
        return None
    return (
        f"the base half for {task.hop} has shut services down here before; again, it would lose the ids of the test "
        "resources and fail. See that every service of the base is stopped and skip this step; or, if DevStack was "
        f"stacked anew since, remove {task.stack_root}/{FOLDER}/ledger.json"
    )


def _went_down(log: str) -> bool:
    """Whether a driver that nobody saw end had begun to stop services: its banner is in the log."""
    with suppress(OSError), open(log, errors="replace") as lines:  # noqa: PTH123 - may be ""
        return any(SHUTDOWN in line for line in lines)
    return False


def _target_refusal(task: Task, here: Ledger) -> str | None:
    if here.base in ("none", "begun") and not _went_down(here.log):
        return f"the base half for {task.hop} has not run here, so that its services still run"
    lacking = [project for project in task.before if project not in here.upgraded]
    return f"{', '.join(lacking)} must be upgraded first" if lacking else None


def _still_at_work(driver: tuple[int, int] | None) -> list[Process]:
    """What an earlier driver left running. Its number may be another process's by now: then its session is over."""
    if driver is None:
        return []
    pid, started = driver
    holder = running().get(pid)
    return [] if holder is not None and holder.started != started else still_driven(pid)
