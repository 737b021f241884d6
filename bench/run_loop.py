"""The run's loop beside bare list scheduling that keeps the same rows. `bench_run_loop.py` is what both of them do."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import orjson

from bench.measuring import cost_of
from bench.table import Ratio, Table

HOSTS, QUICK_HOSTS = 10_000, 20
WINDOW = 100
ROUNDS = 3
SUBJECTS = {
    "bare": "bare list scheduling, sqlite3",
    "bare-core": "bare list scheduling, SQLAlchemy Core",
    "ours": "Stairlift's loop",
}

_PROGRAM = Path(__file__).with_name("bench_run_loop.py")


def measure(quick: bool = False) -> Table:
    """The table: the least of each; they take turns, every time in a process of its own."""
    hosts, rounds = (QUICK_HOSTS, 1) if quick else (HOSTS, ROUNDS)
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in SUBJECTS}
    for _ in range(rounds):
        for name, told in found.items():
            told.append(_one(name, hosts))
    return _table({name: {key: min(one[key] for one in told) for key in told[0]} for name, told in found.items()})


def _one(name: str, hosts: int) -> dict[str, Any]:
    """What the program says about itself: wall, cpu (seconds of the loop alone), commits, events."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "told.json"
        cost_of([sys.executable, str(_PROGRAM), "--one", name, folder, str(hosts), str(WINDOW)], os.environ, out=out)
        return dict(orjson.loads(out.read_bytes()))


def _table(costs: dict[str, dict[str, Any]]) -> Table:
    ours, bare = costs["ours"], costs["bare"]
    return Table(
        title=f"run-loop: {ours['events']:,} events, a window of {WINDOW} hosts, steps without any work",
        heads=("loop", "CPU s", "wall s", "commits", "x CPU", "x wall"),
        rows=tuple((SUBJECTS[name], *_cells(cost, bare)) for name, cost in costs.items()),
        ratios=tuple(
            Ratio(f"Stairlift's loop / {SUBJECTS[name]}, {clock}", ours[key] / costs[name][key])
            for name in ("bare", "bare-core")
            for clock, key in (("wall", "wall"), ("CPU", "cpu"))
        ),
    )


def _cells(cost: dict[str, Any], bare: dict[str, Any]) -> tuple[str, ...]:
    times = (f"{cost[key] / bare[key]:.1f}" for key in ("cpu", "wall"))
    return (f"{cost['cpu']:.2f}", f"{cost['wall']:.2f}", f"{cost['commits']:,}", *times)
