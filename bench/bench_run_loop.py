"""What the run's loop costs: hosts x 4 steps of no work at all, beside the least that could do the same.

    python bench/bench_run_loop.py [HOSTS] [WINDOW]

`bare_loop.py` says what the others do: the same rows in as many durable commits. "bare" writes through the standard
library's sqlite3 and fits one database; "bare-core" through SQLAlchemy Core, as whatever shall also run on PostgreSQL.
Each runs in a process of its own, in turns, and the least of each counts; memory is the peak. Only the loop is counted,
and in each the garbage collector comes as seldom as in `stairlift` itself.
"""

import asyncio
import gc
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench import bare_loop
from stairlift.cli import COLLECT_SELDOM
from stairlift.drive.begin import new_run
from stairlift.drive.loop import carry_out
from stairlift.drive.tools import Tools
from stairlift.execute.inprocess import NoopExecutor
from stairlift.store.sql import open_store
from stairlift.testing.doubles import ScriptedStrategy
from stairlift.testing.plans import a_rollout

ROUNDS = 3


class _Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def steady(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def ours(folder: Path, hosts: int, window: int) -> dict[str, float]:
    """Stairlift's loop over a plan with these hosts."""
    plan = a_rollout(hosts, window=window)
    store = _store(folder)
    tools = Tools(store, NoopExecutor(), {"command": ScriptedStrategy()}, _Clock())
    with store.hold(plan.cloud) as journal:
        commits = 0
        write = journal.commit

        def counted(*args: Any) -> Any:
            nonlocal commits
            commits += 1
            return write(*args)

        journal.commit = counted
        run = new_run(journal, plan, {}, now=_Clock().now(), actor="bench")
        began = _measure()
        run = asyncio.run(carry_out(journal, plan, run.id, tools, stop=asyncio.Event()))
        cost = _since(began)
    return {**cost, "commits": commits, **_demand_done(folder, hosts)}


def bare(folder: Path, hosts: int, window: int, *, core: bool = False) -> dict[str, float]:
    """The bare loop over as many."""
    _store(folder).close()
    bare_loop.begin(_file(folder), hosts)
    writer = bare_loop.Core(_file(folder)) if core else bare_loop.Driver(_file(folder))
    began = _measure()
    commits = asyncio.run(bare_loop.carry_out(writer, hosts, window))
    return {**_since(began), "commits": commits, **_demand_done(folder, hosts)}


def bare_core(folder: Path, hosts: int, window: int) -> dict[str, float]:
    """The bare loop through SQLAlchemy Core."""
    return bare(folder, hosts, window, core=True)


def _store(folder: Path) -> Any:
    return open_store(f"sqlite:///{_file(folder)}", folder / "locks")


def _file(folder: Path) -> Path:
    return folder / "journal.sqlite"


def _demand_done(folder: Path, hosts: int) -> dict[str, float]:
    """Every step is done; how many events there are."""
    with sqlite3.connect(_file(folder)) as database:
        done = database.execute("SELECT count(*) FROM step WHERE state = 'done'").fetchone()[0]
        if done != hosts * len(bare_loop.ACTIONS):
            raise SystemExit(f"only {done} steps are done")
        return {"events": database.execute("SELECT count(*) FROM event").fetchone()[0]}


def _measure() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(began: tuple[float, float]) -> dict[str, float]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"wall": time.perf_counter() - began[0], "cpu": time.process_time() - began[1], "peak_mb": peak}


KINDS = {"bare": bare, "bare-core": bare_core, "ours": ours}


def main() -> None:
    """Print what each costs, and the ratios."""
    hosts = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    window = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    told: dict[str, list[dict[str, float]]] = {name: [] for name in KINDS}
    for name in (*KINDS,) * ROUNDS:
        with tempfile.TemporaryDirectory() as folder:
            argv = [sys.executable, __file__, "--one", name, folder, str(hosts), str(window)]
            told[name].append(json.loads(subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout))
    costs = {name: {key: min(one[key] for one in found) for key in found[0]} for name, found in told.items()}
    for name, cost in costs.items():
        print(_line(name, cost, hosts * len(bare_loop.ACTIONS)))
    for name in ("bare", "bare-core"):
        ratio = {key: costs["ours"][key] / costs[name][key] for key in ("wall", "cpu")}
        print(f"ours / {name}: wall {ratio['wall']:.2f}, cpu {ratio['cpu']:.2f}")


def _line(name: str, cost: dict[str, float], steps: int) -> str:
    return (
        f"{name:9} {steps} steps: wall {cost['wall']:6.2f} s  cpu {cost['cpu']:6.2f} s  "
        f"{1e6 * cost['cpu'] / steps:6.1f} us/step  {cost['commits']} commits  {cost['events']} events  "
        f"peak {cost['peak_mb']:.0f} MB"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        name, folder, hosts, window = sys.argv[2:]
        gc.set_threshold(*COLLECT_SELDOM)
        print(json.dumps(KINDS[name](Path(folder), int(hosts), int(window))))
    else:
        main()
