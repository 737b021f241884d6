"""The run's loop beside bare list scheduling that keeps the same rows. `bench_run_loop.py` is what both of them do."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import orjson

from bench.measuring import cost_of
from bench.table import Ratio, Table

#: Window -> hosts. The narrower it is, the fewer steps share a commit, and the more of all cost is the database's.
SIZES = {100: 10_000, 10: 2_500}
QUICK_SIZES = {10: 20}
ROUNDS = 3
STEPS_PER_HOST = 4
SUBJECTS = {
    "bare": "bare list scheduling, sqlite3",
    "bare-core": "bare list scheduling, SQLAlchemy Core",
    "ours": "Stairlift's loop",
}
#: What must not be lost again; 1.5 is what one would like (docs/explanation/speed.md says where the rest goes).
AT_MOST = 3.5

_PROGRAM = Path(__file__).with_name("bench_run_loop.py")
Costs = dict[str, dict[str, Any]]


def measure(quick: bool = False) -> Table:
    """The table: the least of each; they take turns, every time in a process of its own."""
    sizes, rounds = (QUICK_SIZES, 1) if quick else (SIZES, ROUNDS)
    return _table({window: _least(window, hosts, rounds) for window, hosts in sizes.items()}, sizes)


def _least(window: int, hosts: int, rounds: int) -> Costs:
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in SUBJECTS}
    for _ in range(rounds):
        for name, told in found.items():
            told.append(_one(name, hosts, window))
    return {name: {key: min(one[key] for one in told) for key in told[0]} for name, told in found.items()}


def _one(name: str, hosts: int, window: int) -> dict[str, Any]:
    """What the program says about itself: wall, cpu (seconds of the loop alone), commits, events."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "told.json"
        cost_of([sys.executable, str(_PROGRAM), "--one", name, folder, str(hosts), str(window)], os.environ, out=out)
        return dict(orjson.loads(out.read_bytes()))


def _table(found: dict[int, Costs], sizes: dict[int, int]) -> Table:
    rows = [
        (f"{SUBJECTS[name]}, window {window}", *_cells(cost, costs["bare"], sizes[window] * STEPS_PER_HOST))
        for window, costs in found.items()
        for name, cost in costs.items()
    ]
    return Table(
        title="run-loop: steps without any work; events and commits of all are the same",
        heads=("loop", "CPU us/step", "wall us/step", "commits", "x CPU", "x wall"),
        rows=tuple(rows),
        ratios=tuple(
            Ratio(
                f"{SUBJECTS['ours']} / {SUBJECTS[name]}, window {window}, {clock}",
                costs["ours"][key] / costs[name][key],
                AT_MOST if (name, key) == ("bare", "cpu") else None,
            )
            for window, costs in found.items()
            for name in ("bare", "bare-core")
            for clock, key in (("wall", "wall"), ("CPU", "cpu"))
        ),
    )


def _cells(cost: dict[str, Any], bare: dict[str, Any], steps: int) -> tuple[str, ...]:
    each = (f"{1e6 * cost[key] / steps:.1f}" for key in ("cpu", "wall"))
    times = (f"{cost[key] / bare[key]:.1f}" for key in ("cpu", "wall"))
    return (*each, f"{cost['commits']:,}", *times)
