"""The run's loop beside DBOS, the durable-execution library that comes nearest: the same rollout, both on SQLite.

DBOS has a virtual environment of its own (`requirements/bench.txt`; `make bench` makes it beside `.venv`). It is asked
for fewer hosts than the loop usually carries, since it takes its time; both get the same number.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.measuring import Failed
from bench.table import Ratio, Table

HOSTS, QUICK_HOSTS = 250, 5
WINDOW, QUICK_WINDOW = 50, 2
ROUNDS = 3
AT_LEAST = 20.0
OURS, DBOS = "Stairlift's loop", "DBOS 3.4.0"
STEPS_PER_HOST = 4

_HERE = Path(__file__).parent
PYTHON = _HERE.parent / ".venv-bench" / "bin" / "python"
_PROGRAMS = {
    OURS: (sys.executable, str(_HERE / "bench_run_loop.py"), "--one", "ours"),
    DBOS: (str(PYTHON), str(_HERE / "clients" / "by_dbos.py")),
}


def measure(quick: bool = False) -> Table:
    """The table: the least of each; they take turns, every time in a process of its own. Failed without DBOS."""
    if not PYTHON.exists():
        raise Failed(f"there is no DBOS in {PYTHON.parents[1]}; `make bench` installs it")
    hosts, window, rounds = (QUICK_HOSTS, QUICK_WINDOW, 1) if quick else (HOSTS, WINDOW, ROUNDS)
    told: dict[str, list[dict[str, Any]]] = {name: [] for name in _PROGRAMS}
    for _ in range(rounds):
        for name, costs in told.items():
            costs.append(_one(_PROGRAMS[name], hosts, window))
    least = {name: {key: min(one[key] for one in costs) for key in costs[0]} for name, costs in told.items()}
    return _table(least, hosts, window)


def _one(program: tuple[str, ...], hosts: int, window: int) -> dict[str, Any]:
    """What the program says about itself: wall and cpu (seconds of the rollout alone), peak_mb."""
    with tempfile.TemporaryDirectory() as folder:
        argv = (*program, folder, str(hosts), str(window))
        done = subprocess.run(argv, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": ""}, check=False)
    if done.returncode:
        raise Failed(f"{' '.join(argv)} ended with {done.returncode}")
    return dict(json.loads(done.stdout))


def _table(costs: dict[str, dict[str, Any]], hosts: int, window: int) -> Table:
    ours, steps = costs[OURS], hosts * STEPS_PER_HOST
    rows = [
        (
            name,
            *(f"{1e3 * cost[key] / steps:.3f}" for key in ("cpu", "wall")),
            f"{cost['peak_mb']:.0f}",
            *(f"{cost[key] / ours[key]:.1f}" for key in ("cpu", "wall")),
        )
        for name, cost in costs.items()
    ]
    ratios = (  # ours takes so short a time that one slow commit of the disk is a third of it: no target by the clock
        Ratio(f"{AT_LEAST:g} x {OURS} / {DBOS}, {clock}", AT_LEAST * ours[key] / costs[DBOS][key], target)
        for clock, key, target in (("CPU", "cpu", 1.0), ("wall", "wall", None))
    )
    return Table(
        title=f"dbos: {hosts} hosts with {STEPS_PER_HOST} steps of no work, {window} hosts at a time, SQLite",
        heads=("engine", "CPU ms/step", "wall ms/step", "peak MB", "x CPU", "x wall"),
        rows=tuple(rows),
        ratios=tuple(ratios),
    )
