"""What it costs that an attempt outlives whoever started it: a supervisor, a lock, and files that are safe on disk."""

import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from bench.measuring import Cost, Failed, Subject, cheapest
from bench.table import Ratio, Table
from stairlift.execute.local import LocalExecutor
from stairlift.model.run import AttemptId, Ended
from stairlift.model.work import Job

ATTEMPTS, QUICK_ATTEMPTS = 25, 3
ROUNDS = 9
PROGRAM = ("/bin/true",)
BARE = "subprocess.run"
PYTHON = "subprocess.run in a new `python -I -S`"
DETACHED = "detached attempt"

_RUN_IN_PYTHON = f"import subprocess; subprocess.run({PROGRAM!r}, check=True)"


def measure(quick: bool = False) -> Table:
    """The table: a program that does nothing, started by each in turn, its output in a file."""
    attempts = QUICK_ATTEMPTS if quick else ATTEMPTS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        detached = _Detached(folder)
        subjects: dict[str, Subject] = {
            BARE: lambda: cost(lambda: _bare(folder, PROGRAM, attempts)),
            PYTHON: lambda: cost(lambda: _bare(folder, (sys.executable, "-I", "-S", "-c", _RUN_IN_PYTHON), attempts)),
            DETACHED: lambda: cost(lambda: asyncio.run(detached.attempts(attempts))),
        }
        costs = cheapest(subjects, 1 if quick else ROUNDS)
    return _table({what: Cost(cost.wall / attempts, cost.cpu / attempts) for what, cost in costs.items()})


def _bare(folder: Path, argv: tuple[str, ...], attempts: int) -> None:
    for _ in range(attempts):
        with (folder / "log").open("ab") as log:
            subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=True)


class _Detached:
    """Attempts of one step, each with a number of its own: an id is only ever started once."""

    def __init__(self, folder: Path) -> None:
        self._executor = LocalExecutor(folder / "attempts")
        self._job = Job(PROGRAM, str(folder))
        self._numbers = count(1)

    async def attempts(self, wanted: int) -> None:
        """One after the other. Failed where one does not end well."""
        for _ in range(wanted):
            ending = await self._executor.run(AttemptId("bench", "step", next(self._numbers)), lambda: self._job)
            if not isinstance(ending, Ended) or ending.outcome.returncode:
                raise Failed(f"an attempt did not end well: {ending}")


def cost(act: Callable[[], None]) -> Cost:
    """Of this process and of every child that has ended meanwhile."""
    wall, cpu = time.perf_counter(), _processor_seconds()
    act()
    return Cost(time.perf_counter() - wall, _processor_seconds() - cpu)


def _processor_seconds() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _table(costs: dict[str, Cost]) -> Table:
    bare, detached = costs[BARE], costs[DETACHED]
    rows = [
        (what, *(f"{1e3 * s:.1f}" for s in (c.wall, c.cpu)), f"{c.cpu / bare.cpu:.1f}") for what, c in costs.items()
    ]
    return Table(
        title="attempt: one start of a program that does nothing",
        heads=("how", "wall ms", "CPU ms", "x CPU"),
        rows=tuple(rows),
        ratios=(
            Ratio("detached attempt / subprocess.run, wall", detached.wall / bare.wall),
            Ratio("detached attempt / subprocess.run, CPU", detached.cpu / bare.cpu),
        ),
    )
