"""What the run's loop costs: hosts x 4 steps of no work at all, side by side with the least that could do the same.

    python bench/bench_run_loop.py [HOSTS] [WINDOW]

Both baselines are list scheduling over asyncio tasks that keeps the same rows (a step's state, its attempts, its events)
in as many durable commits as the loop makes. They know no budgets, approvals, leases, commands, verification or resume.
"bare" writes through the standard library's sqlite3 and fits one database; "bare-core" through SQLAlchemy Core, as
whatever shall also run on PostgreSQL. Each runs in a process of its own, twice, and the faster counts; memory is the peak.
"""

import asyncio
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from stairlift.drive.begin import new_run
from stairlift.drive.loop import carry_out
from stairlift.drive.tools import Tools
from stairlift.execute.inprocess import NoopExecutor
from stairlift.store.sql import open_store
from stairlift.testing.doubles import ScriptedStrategy
from stairlift.testing.plans import a_rollout

STEPS_PER_HOST = 4


class _Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def ours(folder: Path, hosts: int, window: int) -> dict[str, float]:
    plan = a_rollout(hosts, window=window)
    store = open_store(f"sqlite:///{folder / 'ours.sqlite'}", folder / "locks")
    tools = Tools(store, NoopExecutor(), {"command": ScriptedStrategy()}, _Clock())
    with store.hold(plan.cloud) as journal:
        commits = 0
        write = journal.commit

        def counted(*args):
            nonlocal commits
            commits += 1
            return write(*args)

        journal.commit = counted
        run = new_run(journal, plan, {}, now=_Clock().now(), actor="bench")
        began = _measure()
        run = asyncio.run(carry_out(journal, plan, run.id, tools, stop=asyncio.Event()))
        cost = _since(began)
    assert run.state == "done", run
    assert store.counts(run.id) == {"done": hosts * STEPS_PER_HOST}
    return {**cost, "commits": commits, "events": len(store.events(run.id))}


def bare(folder: Path, hosts: int, window: int, journal: type | None = None) -> dict[str, float]:
    journal = (journal or Driver)(folder / "bare.sqlite", hosts)
    began = _measure()
    commits = asyncio.run(_bare_loop(journal, hosts, window))
    cost = _since(began)
    assert journal.count("SELECT count(*) FROM step WHERE state <> 'done'") == 0
    return {**cost, "commits": commits, "events": journal.count("SELECT count(*) FROM event")}


def bare_core(folder: Path, hosts: int, window: int) -> dict[str, float]:
    return bare(folder, hosts, window, Core)


def _bare_tables(file: Path, hosts: int) -> sqlite3.Connection:
    database = sqlite3.connect(file, isolation_level=None)
    database.executescript(
        """
        PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
        CREATE TABLE step (run TEXT, id TEXT, state TEXT, attempt INT, started_at TEXT, worked_at TEXT, ended_at TEXT,
                           reason TEXT, PRIMARY KEY (run, id)) WITHOUT ROWID;
        CREATE TABLE attempt (run TEXT, step TEXT, number INT, started_at TEXT, ended_at TEXT, result TEXT,
                              returncode INT, reason TEXT, facts TEXT, PRIMARY KEY (run, step, number)) WITHOUT ROWID;
        CREATE TABLE event (run TEXT, seq INT, at TEXT, kind TEXT, step TEXT, attempt INT, data TEXT,
                            PRIMARY KEY (run, seq)) WITHOUT ROWID;
        """
    )
    rows = [("r", f"cmp{host}-{n}", "pending", 0, "") for host in range(hosts) for n in range(STEPS_PER_HOST)]
    database.execute("BEGIN")
    database.executemany("INSERT INTO step (run, id, state, attempt, reason) VALUES (?, ?, ?, ?, ?)", rows)
    database.execute("COMMIT")
    return database


class Driver:
    """Writes what has moved with the standard library."""

    def __init__(self, file: Path, hosts: int) -> None:
        self.database = _bare_tables(file, hosts)

    def write(self, done: list[tuple], begun: list[tuple], events: list[tuple]) -> None:
        many = self.database.executemany
        self.database.execute("BEGIN IMMEDIATE")
        many(
            "UPDATE step SET state = 'done', worked_at = ?, ended_at = ? WHERE run = 'r' AND id = ? AND state = 'running'",
            [(at, at, step) for at, step in done],
        )
        many(
            "UPDATE step SET state = 'running', attempt = 1, started_at = ? "
            "WHERE run = 'r' AND id = ? AND state = 'pending'",
            begun,
        )
        many(
            "INSERT INTO attempt (run, step, number, started_at, reason, facts) VALUES ('r', ?, 1, ?, '', '{}')",
            [(step, at) for at, step in begun],
        )
        many(
            "UPDATE attempt SET ended_at = ?, result = 'done', returncode = 0 WHERE run = 'r' AND step = ? AND number = 1",
            done,
        )
        many("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)", events)
        self.database.execute("COMMIT")

    def count(self, query: str) -> int:
        return self.database.execute(query).fetchone()[0]


class Core:
    """Writes the same through SQLAlchemy Core."""

    def __init__(self, file: Path, hosts: int) -> None:
        _bare_tables(file, hosts).close()
        self.engine = sa.create_engine(f"sqlite:///{file}")
        sa.event.listen(self.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = FULL"))
        tables = sa.MetaData()
        tables.reflect(self.engine)
        step, attempt, self.event = (tables.tables[name] for name in ("step", "attempt", "event"))
        mine = (step.c.run == "r", step.c.id == sa.bindparam("b_id"))
        self.end = sa.update(step).where(*mine, step.c.state == "running")
        self.end = self.end.values(state="done", worked_at=sa.bindparam("b_at"), ended_at=sa.bindparam("b_at"))
        self.begin = sa.update(step).where(*mine, step.c.state == "pending")
        self.begin = self.begin.values(state="running", attempt=1, started_at=sa.bindparam("b_at"))
        self.attempt = attempt
        self.close = sa.update(attempt).where(attempt.c.run == "r", attempt.c.step == sa.bindparam("b_id"))
        self.close = self.close.values(ended_at=sa.bindparam("b_at"), result="done", returncode=0)

    def write(self, done: list[tuple], begun: list[tuple], events: list[tuple]) -> None:
        ended = [{"b_at": at, "b_id": step} for at, step in done]
        started = [{"b_at": at, "b_id": step} for at, step in begun]
        new = [
            {"run": "r", "step": step, "number": 1, "started_at": at, "reason": "", "facts": "{}"} for at, step in begun
        ]
        names = ("run", "seq", "at", "kind", "step", "attempt", "data")
        with self.engine.begin() as connection:
            if done:
                connection.execute(self.end, ended)
                connection.execute(self.close, ended)
            if begun:
                connection.execute(self.begin, started)
                connection.execute(sa.insert(self.attempt), new)
            connection.execute(sa.insert(self.event), [dict(zip(names, event, strict=True)) for event in events])

    def count(self, query: str) -> int:
        with self.engine.connect() as connection:
            return connection.execute(sa.text(query)).scalar()


async def _bare_loop(journal: Driver | Core, hosts: int, window: int) -> int:
    """A host holds its place from its first step to its last; the next host gets it at once."""
    bell, ended, seq, commits = asyncio.Event(), [], 0, 0
    starts = [(host, 0) for host in range(min(window, hosts))]
    waiting = iter(range(len(starts), hosts))
    out = len(starts)
    tasks = set()

    async def work(host: int, n: int) -> None:
        ended.append((host, n))
        bell.set()

    while starts or out:
        now = datetime.now(UTC).isoformat()
        done, events = [(now, f"cmp{host}-{n}") for host, n in ended], []
        for host, n in ended:
            if n + 1 < STEPS_PER_HOST:
                starts.append((host, n + 1))
                continue
            following = next(waiting, None)
            if following is None:
                out -= 1
            else:
                starts.append((following, 0))
        ended.clear()
        begun = [(now, f"cmp{host}-{n}") for host, n in starts]
        for kind, moved in (("step.done", done), ("step.started", begun)):
            for _, step in moved:
                seq += 1
                data = json.dumps({"returncode": 0} if kind == "step.done" else {})
                events.append(("r", seq, now, kind, step, 1, data))
        journal.write(done, begun, events)
        commits += 1
        for host, n in starts:
            task = asyncio.create_task(work(host, n))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        starts = []
        if out:
            await bell.wait()
            bell.clear()
    return commits


def _measure() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(began: tuple[float, float]) -> dict[str, float]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"wall": time.perf_counter() - began[0], "cpu": time.process_time() - began[1], "peak_mb": peak}


def main() -> None:
    hosts = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    window = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    steps = hosts * STEPS_PER_HOST
    costs = {}
    for name in (*KINDS, *KINDS):
        with tempfile.TemporaryDirectory() as folder:
            argv = [sys.executable, __file__, "--one", name, folder, str(hosts), str(window)]
            cost = json.loads(subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout)
        if name not in costs or cost["wall"] < costs[name]["wall"]:
            costs[name] = cost
    for name, cost in costs.items():
        print(
            f"{name:9} {steps} steps: wall {cost['wall']:6.2f} s  cpu {cost['cpu']:6.2f} s  "
            f"{1e6 * cost['wall'] / steps:6.1f} us/step  {cost['commits']} commits  {cost['events']} events  "
            f"peak {cost['peak_mb']:.0f} MB"
        )
    for name in ("bare", "bare-core"):
        ratio = {key: costs["ours"][key] / costs[name][key] for key in ("wall", "cpu")}
        print(f"ours / {name}: wall {ratio['wall']:.2f}, cpu {ratio['cpu']:.2f}")


KINDS = {"bare": bare, "bare-core": bare_core, "ours": ours}

if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        name, folder, hosts, window = sys.argv[2:]
        print(json.dumps(KINDS[name](Path(folder), int(hosts), int(window))))
    else:
        main()
