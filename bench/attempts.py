"""A thousand detached attempts, one after the other and side by side: what each costs, and what is left of them.

Beside them as many shells that are started by asyncio, wait for nothing and leave nothing. After the last attempt there
must be nothing but the attempts' folders: no process, no thread, no open file.
"""

import asyncio
import os
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.attempt import cost
from bench.measuring import Cost, Failed
from bench.table import Ratio, Table
from stairlift.execute.local import LocalExecutor
from stairlift.model.run import AttemptId, Ended
from stairlift.model.work import Job

ATTEMPTS, QUICK_ATTEMPTS = 1_000, 8
SIDE_BY_SIDE = 10
ARGV = ("/bin/sh", "-c", "true")
SHELL, DETACHED = "`sh -c true` by asyncio", "detached attempt of the same"


@dataclass(frozen=True)
class Left:
    """What a process has that it must give back."""

    descriptors: int
    threads: int
    processes: int


def measure(quick: bool = False) -> Table:
    """The table: all of the one, then all of the other."""
    wanted = QUICK_ATTEMPTS if quick else ATTEMPTS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _detached(folder / "first", 1)  # what is loaded or opened once, is
        before = _left(folder)
        shells = cost(lambda: asyncio.run(_all(wanted, _shell)))
        attempts = cost(lambda: _detached(folder / "attempts", wanted))
        after = _left(folder)
        files = [file for file in (folder / "attempts").rglob("*") if file.is_file()]
        disk = sum(file.stat().st_blocks * 512 for file in files)
    return _table({SHELL: shells, DETACHED: attempts}, wanted, (before, after), (len(files), disk))


async def _all(wanted: int, one: Callable[[int], Awaitable[None]]) -> None:
    """So many, a few side by side."""
    numbers = iter(range(1, wanted + 1))

    async def some() -> None:
        for number in numbers:
            await one(number)

    await asyncio.gather(*(some() for _ in range(SIDE_BY_SIDE)))


async def _shell(_number: int) -> None:
    process = await asyncio.create_subprocess_exec(*ARGV, stdin=asyncio.subprocess.DEVNULL)
    if await process.wait():
        raise Failed("sh did not end well")


def _detached(root: Path, wanted: int) -> None:
    executor = LocalExecutor(root)
    executor.open_run("bench", begun=False)
    job = Job(ARGV, "/")

    async def one(number: int) -> None:
        ending = await executor.run(AttemptId("bench", f"step{number}", 1), lambda: job)
        if not isinstance(ending, Ended) or ending.outcome.returncode:
            raise Failed(f"an attempt did not end well: {ending}")

    asyncio.run(_all(wanted, one))


def _left(folder: Path) -> Left:
    """Of this process; processes are its children, and whatever has an attempt of this bench in its environment."""
    return Left(
        sum(1 for _ in Path("/proc/self/fd").iterdir()), threading.active_count(), len(set(_processes(str(folder))))
    )


def _processes(mark: str) -> Iterable[int]:
    for process in psutil.process_iter():
        try:
            mine = process.ppid() == os.getpid() and process.status() != psutil.STATUS_ZOMBIE
            if process.pid != os.getpid() and (mine or any(mark in value for value in process.environ().values())):
                yield process.pid
        except psutil.Error:  # it has ended, or belongs to somebody else
            continue


def _table(costs: dict[str, Cost], wanted: int, left: tuple[Left, Left], disk: tuple[int, int]) -> Table:
    before, after = left
    files, size = disk
    shell, detached = costs[SHELL], costs[DETACHED]
    more = {
        "open files": after.descriptors - before.descriptors,
        "threads": after.threads - before.threads,
        "processes": after.processes - before.processes,
    }
    return Table(
        title=f"attempts: {wanted:,}, {SIDE_BY_SIDE} side by side; each leaves {files / wanted:.1f} files"
        f" of {size / wanted / 1024:.1f} KiB together",
        heads=("how", "wall ms each", "CPU ms each", "x CPU"),
        rows=tuple(
            (how, *(f"{1e3 * s / wanted:.1f}" for s in (c.wall, c.cpu)), f"{c.cpu / shell.cpu:.1f}")
            for how, c in costs.items()
        ),
        ratios=(
            Ratio("detached attempt / sh, CPU", detached.cpu / shell.cpu),
            *(Ratio(f"{what} left behind", number, 0.0) for what, number in more.items()),
        ),
    )
