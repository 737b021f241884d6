"""The orders for workers in the journal's database: the orchestrator's side."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    Float,
    Select,
    Table,
    and_,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.exc import IntegrityError

from stairlift.model.dispatch import Dispatched, Order, Output, WorkerSeen
from stairlift.model.errors import StairliftError
from stairlift.model.run import FINAL_RUN_STATES, AttemptId, NotStarted
from stairlift.store import tables
from stairlift.store.opening import transaction
from stairlift.store.order_rows import attempt_of, dispatched_of, ending_document, moment, order_document

_row, _worker, _output = tables.dispatch, tables.worker, tables.dispatch_output
#: How many chunks of output are fetched at once; each is at most `streaming.CHUNK` bytes.
_CHUNKS = 32
#: How many attempts one statement asks about.
_AT_ONCE = 500
_WITHDRAWN = NotStarted("it was withdrawn before a worker had begun it")


def database_now(dialect: Dialect) -> ColumnElement[float]:
    """Seconds since 1970 on the database's clock."""
    if dialect.name == "sqlite":
        return literal_column("((julianday('now') - 2440587.5) * 86400.0)", Float)
    return func.extract("epoch", func.clock_timestamp()).cast(Float)


def of_attempt(table: Table, attempt: AttemptId) -> ColumnElement[bool]:
    """The rows of an attempt."""
    return and_(table.c.run == attempt.run, table.c.step == attempt.step, table.c.number == attempt.number)


class SqlDispatch:
    """Fills ports.Dispatch."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._now = database_now(engine.dialect)

    def put(self, order: Order) -> Dispatched:
        """See ports.Dispatch."""
        try:
            with transaction(self._engine) as connection:
                found = _find(connection, [order.attempt]).get(order.attempt)
                if found is None:
                    connection.execute(insert(_row).values(self._queued(order)))
        except StairliftError as wrong:
            if not isinstance(wrong.__cause__, IntegrityError):
                raise  # else another one has put it at the same time
        return self.find([order.attempt])[order.attempt]

    def find(self, attempts: Collection[AttemptId]) -> Mapping[AttemptId, Dispatched]:
        """See ports.Dispatch."""
        with transaction(self._engine, writes=False) as connection:
            return _find(connection, list(attempts))

    def without_order(self, run_id: str) -> Sequence[AttemptId]:
        """See ports.Dispatch."""
        recorded = tables.attempt
        mine = exists().where(
            _row.c.run == recorded.c.run, _row.c.step == recorded.c.step, _row.c.number == recorded.c.number
        )
        query = select(recorded.c.run, recorded.c.step, recorded.c.number).where(recorded.c.run == run_id, ~mine)
        with transaction(self._engine, writes=False) as connection:
            return [attempt_of(row) for row in connection.execute(query)]

    def output(self, attempt: AttemptId, have: Mapping[str, int]) -> Sequence[Output]:
        """See ports.Dispatch."""
        file, offset = _output.c.file, _output.c.offset
        beyond = [and_(file == name, offset >= size) for name, size in have.items()]
        query = select(file, offset, _output.c.data).where(of_attempt(_output, attempt))
        query = query.where(or_(file.not_in(list(have)), *beyond)).order_by(file, offset).limit(_CHUNKS)
        with transaction(self._engine, writes=False) as connection:
            return [Output(attempt, row.file, row.offset, row.data) for row in connection.execute(query)]

    def give_up(self, seen: Dispatched) -> bool:
        """See ports.Dispatch. The worker's row is locked, so that a sign of life comes before or after it."""
        with transaction(self._engine) as connection:
            beats = select(_worker.c.beats).where(_worker.c.id == seen.worker_id).with_for_update()
            if connection.execute(beats).scalar() not in {seen.beats, None}:
                return False
            claimed = (of_attempt(_row, seen.attempt), _row.c.state == "claimed", _row.c.worker == seen.worker_id)
            lost = update(_row).where(*claimed).values(state="lost", ended_at=self._now)
            return connection.execute(lost).rowcount == 1

    def ask_end(self, attempt: AttemptId) -> None:
        """See ports.Dispatch."""
        queued = (of_attempt(_row, attempt), _row.c.state == "queued")
        withdrawn = {"state": "ended", "ending": ending_document(_WITHDRAWN), "ended_at": self._now}
        with transaction(self._engine) as connection:
            if connection.execute(update(_row).where(*queued).values(withdrawn)).rowcount == 0:
                claimed = (of_attempt(_row, attempt), _row.c.state == "claimed")
                connection.execute(update(_row).where(*claimed).values(ends=True))

    def forget(self) -> None:
        """See ports.Dispatch."""
        over = select(tables.run.c.id).where(tables.run.c.state.in_([state.value for state in FINAL_RUN_STATES]))
        with transaction(self._engine) as connection:
            connection.execute(_output.delete().where(_output.c.run.in_(over)))

    def workers(self) -> Sequence[WorkerSeen]:
        """See ports.Dispatch."""
        query = select(_worker, (self._now - _worker.c.seen_at).label("silence")).order_by(_worker.c.name, _worker.c.id)
        claimed = select(_row.c.worker, *_KEY).where(_row.c.state == "claimed").order_by(*_KEY)
        with transaction(self._engine, writes=False) as connection:
            runs: dict[str, list[AttemptId]] = defaultdict(list)
            for row in connection.execute(claimed):
                runs[row.worker].append(attempt_of(row))
            return [_seen(row, runs[row.id]) for row in connection.execute(query)]

    def _queued(self, order: Order) -> dict[str, Any]:
        attempt = order.attempt
        key = {"run": attempt.run, "step": attempt.step, "number": attempt.number}
        begin = {"state": "queued", "ends": False, "output": 0, "queued_at": self._now}
        return {**key, **begin, "queue": order.job.queue, "document": order_document(order)}


_KEY: tuple[Column[Any], ...] = (_row.c.run, _row.c.step, _row.c.number)


def _find(connection: Connection, attempts: Sequence[AttemptId]) -> dict[AttemptId, Dispatched]:
    found = {}
    for first in range(0, len(attempts), _AT_ONCE):
        keys = [(a.run, a.step, a.number) for a in attempts[first : first + _AT_ONCE]]
        for row in connection.execute(_standing().where(tuple_(*_KEY).in_(keys))):
            found[attempt_of(row)] = dispatched_of(row)
    return found


def _standing() -> Select[Any]:
    columns = (*_KEY, _row.c.queue, _row.c.state, _row.c.worker, _row.c.ending, _row.c.output)
    beside = (_worker.c.name, _worker.c.beats, _worker.c.seen_at, _worker.c.gone_after)
    return select(*columns, *beside).select_from(_row.outerjoin(_worker, _worker.c.id == _row.c.worker))


def _seen(row: Any, attempts: Sequence[AttemptId]) -> WorkerSeen:
    return WorkerSeen(
        name=row.name,
        host=row.host,
        pid=row.pid,
        queues=tuple(row.queues),
        jobs=row.jobs,
        seen_at=moment(row.seen_at),
        silence=max(0.0, row.silence),
        attempts=tuple(attempts),
    )
