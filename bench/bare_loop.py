"""The least that carries a rollout out and loses nothing: list scheduling over asyncio tasks, a journal, no more.

What anybody would write by hand for hosts whose steps come one behind the other. It keeps the very rows that Stairlift
keeps (steps, attempts, events; a test compares them) in the same tables, puts an attempt on record before it
starts, groups what moves at once into one commit that is safe on the disk, compares before it sets, and proves in each
commit that it still is the one who may write. It knows no plan but this one: no needs across hosts, budgets, approvals,
commands of people, strategies, verification, and no resume.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection, connect
from typing import Any, Protocol

import orjson
import sqlalchemy as sa

RUN = "260101-000000"
ACTIONS = ("cordon", "drain", "upgrade", "uncordon")
TTL = 30.0
ADD_EVENT = "INSERT INTO event (run, seq, at, kind, step, attempt, data) VALUES (?, ?, ?, ?, ?, ?, ?)"

Moved = Sequence[tuple[str, str]]  # (time, step)
EventRow = tuple[str, int, str, str, str, int, dict[str, Any]]


class Writer(Protocol):
    """What has moved becomes durable in one transaction."""

    def write(self, done: Moved, begun: Moved, events: Sequence[EventRow]) -> None:
        """Raises RuntimeError where somebody else has written."""


async def carry_out(writer: Writer, hosts: int, window: int) -> int:
    """Every step of every host, and how many commits that took.

    A host holds its place from its first step to its last; the next host gets it at once.
    """
    bell, ended, seq, commits = asyncio.Event(), [], 2, 0
    starts = [(host, 0) for host in range(1, min(window, hosts) + 1)]
    waiting = iter(range(len(starts) + 1, hosts + 1))
    out, tasks = len(starts), set()

    async def attend(host: int, n: int) -> None:
        ended.append((host, n, await _work()))
        bell.set()

    while starts or out:
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        done = [(now, step_id(host, n)) for host, n, _ in ended]
        events = []
        for (_, step), (_, _, returncode) in zip(done, ended, strict=True):
            seq += 1
            events.append((RUN, seq, now, "step.done", step, 1, {"returncode": returncode}))
        for host, n, _ in ended:
            if n + 1 < len(ACTIONS):
                starts.append((host, n + 1))
                continue
            following = next(waiting, None)
            if following is None:
                out -= 1
            else:
                starts.append((following, 0))
        ended.clear()
        begun = [(now, step_id(host, n)) for host, n in starts]
        for _, step in begun:
            seq += 1
            events.append((RUN, seq, now, "step.started", step, 1, {}))
        writer.write(done, begun, events)
        commits += 1
        for host, n in starts:
            task = asyncio.create_task(attend(host, n))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        starts = []
        if out:
            await bell.wait()
            bell.clear()
    return commits


async def _work() -> int:
    """The return code of no work at all."""
    return 0


def step_id(host: int, n: int) -> str:
    """As `stairlift.testing.plans.a_rollout` calls it."""
    return f"cmp{host}-{ACTIONS[n]}"


def begin(file: Path, hosts: int) -> None:
    """Put the run and its steps on record, in a database that has Stairlift's tables."""
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    database = connect(file, isolation_level=None)
    with _transaction(database):
        database.execute("INSERT INTO plan (hash, document) VALUES ('hash', '{}')")
        database.execute(
            "INSERT INTO run (id, cloud, plan_hash, source, target, state, created_at, started_at, approve_all, actor,"
            " reason, options, intent) VALUES (?, 'lab', 'hash', '', '', 'running', ?, ?, 0, '', '', '{}', 'go')",
            (RUN, now, now),
        )
        database.execute(
            "INSERT INTO lease (cloud, fence, holder, lock, host, pid, run, until)"
            " VALUES ('lab', 1, 'me', 'lock', 'here', 1, ?, 0)",
            (RUN,),
        )
        names = [step_id(host, n) for host in range(1, hosts + 1) for n in range(len(ACTIONS))]
        database.executemany(
            "INSERT INTO step (run, id, position, state, attempt, approved, reason, retries)"
            " VALUES (?, ?, ?, 'pending', 0, 0, '', 0)",
            [(RUN, name, position) for position, name in enumerate(names)],
        )
        rows = [(RUN, seq, now, kind, None, None, "{}") for seq, kind in ((1, "run.created"), (2, "run.started"))]
        database.executemany(ADD_EVENT, rows)
    database.close()


@contextmanager
def _transaction(database: Connection) -> Iterator[None]:
    database.execute("BEGIN IMMEDIATE")
    yield
    database.execute("COMMIT")


class Driver:
    """Writes with the standard library."""

    def __init__(self, file: Path) -> None:
        self._database = connect(file, isolation_level=None)
        self._database.executescript("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")

    def write(self, done: Moved, begun: Moved, events: Sequence[EventRow]) -> None:
        """One statement for each kind of row."""
        many = self._database.executemany
        with _transaction(self._database):
            lease = "UPDATE lease SET until = ? WHERE cloud = 'lab' AND fence = 1 AND holder = 'me'"
            _demand(self._database.execute(lease, (time.time() + TTL,)).rowcount == 1)
            ended = many(
                f"UPDATE step SET state = 'done', worked_at = ?, ended_at = ?"
                f" WHERE run = '{RUN}' AND id = ? AND state = 'running'",
                [(at, at, step) for at, step in done],
            )
            _demand(not done or ended.rowcount == len(done))
            started = many(
                f"UPDATE step SET state = 'running', attempt = 1, started_at = ?"
                f" WHERE run = '{RUN}' AND id = ? AND state = 'pending'",
                begun,
            )
            _demand(not begun or started.rowcount == len(begun))
            many(
                f"INSERT INTO attempt (run, step, number, started_at, reason, facts, undo)"
                f" VALUES ('{RUN}', ?, 1, ?, '', '{{}}', 0)",
                [(step, at) for at, step in begun],
            )
            many(
                f"UPDATE attempt SET ended_at = ?, result = 'done', returncode = 0"
                f" WHERE run = '{RUN}' AND step = ? AND number = 1",
                done,
            )
            many(ADD_EVENT, [(*event, _text(data)) for *event, data in events])


class Core:
    """Writes the same through SQLAlchemy Core, as whatever shall also run on PostgreSQL."""

    def __init__(self, file: Path) -> None:
        self._engine = sa.create_engine(f"sqlite:///{file}", json_serializer=_text)
        pragmas = ("PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON")
        sa.event.listen(self._engine, "connect", lambda connection, _: [connection.execute(p) for p in pragmas])
        tables = sa.MetaData()
        tables.reflect(self._engine)
        step, self._attempt, self._event, lease = (tables.tables[n] for n in ("step", "attempt", "event", "lease"))
        at: sa.BindParameter[str] = sa.bindparam("b_at")
        mine = (step.c.run == RUN, step.c.id == sa.bindparam("b_id"))
        holds = (lease.c.cloud == "lab", lease.c.fence == 1, lease.c.holder == "me")
        self._renew = sa.update(lease).where(*holds).values(until=sa.bindparam("b_until"))
        self._end = sa.update(step).where(*mine, step.c.state == "running")
        self._end = self._end.values(state="done", worked_at=at, ended_at=at)
        self._begin = sa.update(step).where(*mine, step.c.state == "pending")
        self._begin = self._begin.values(state="running", attempt=1, started_at=at)
        attempt = self._attempt
        self._close = sa.update(attempt).where(attempt.c.run == RUN, attempt.c.step == sa.bindparam("b_id"))
        self._close = self._close.where(attempt.c.number == 1).values(ended_at=at, result="done", returncode=0)

    def write(self, done: Moved, begun: Moved, events: Sequence[EventRow]) -> None:
        """One statement for each kind of row."""
        ended = [{"b_at": at, "b_id": step} for at, step in done]
        started = [{"b_at": at, "b_id": step} for at, step in begun]
        common = {"run": RUN, "number": 1, "reason": "", "facts": {}, "undo": 0}
        new = [{**common, "step": step, "started_at": at} for at, step in begun]
        names = ("run", "seq", "at", "kind", "step", "attempt", "data")
        with self._engine.begin() as connection:
            _demand(connection.execute(self._renew, {"b_until": time.time() + TTL}).rowcount == 1)
            if done:
                _demand(connection.execute(self._end, ended).rowcount == len(done))
                connection.execute(self._close, ended)
            if begun:
                _demand(connection.execute(self._begin, started).rowcount == len(begun))
                connection.execute(sa.insert(self._attempt), new)
            connection.execute(sa.insert(self._event), [dict(zip(names, event, strict=True)) for event in events])


def _text(document: Any) -> str:
    return orjson.dumps(document).decode()


def _demand(holds: bool) -> None:
    if not holds:
        raise RuntimeError("somebody else has written")
