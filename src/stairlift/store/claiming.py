"""The orders for workers in the journal's database: the worker's side."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, bindparam, func, insert, select, update

from stairlift.model.dispatch import Badge, Card, Held, Order, Output
from stairlift.model.errors import Refusal
from stairlift.model.run import AttemptId, Ending
from stairlift.store import tables
from stairlift.store.dispatching import database_now, of_attempt
from stairlift.store.opening import transaction
from stairlift.store.order_rows import attempt_of, ending_document, order_of

_row, _worker, _output = tables.dispatch, tables.worker, tables.dispatch_output


class SqlClaims:
    """Fills ports.Claims. `ttl`: for how many seconds a worker counts as alive after it was heard of."""

    def __init__(self, engine: Engine, *, ttl: float) -> None:
        self._engine = engine
        self._now = database_now(engine.dialect)
        self._ttl = ttl

    def enlist(self, card: Card) -> Badge:
        """See ports.Claims. Whoever comes with the same state directory on the same boot holds its lock."""
        with transaction(self._engine) as connection:
            self._demand_vacancy(connection, card)
            last = connection.execute(select(_worker.c.fence).where(_worker.c.id == card.id)).scalar()
            badge = Badge(card.id, (last or 0) + 1)
            own = {name: getattr(card, name) for name in ("name", "host", "pid", "boot", "jobs", "gone_after")}
            new = {**own, "queues": list(card.queues), "fence": badge.fence, "seen_at": self._now}
            if last is None:
                connection.execute(insert(_worker).values(id=card.id, beats=1, **new))
            else:
                mine = update(_worker).where(_worker.c.id == card.id, _worker.c.fence == last)
                _demand_one(connection.execute(mine.values(beats=_worker.c.beats + 1, **new)).rowcount, badge)
            held = update(_row).where(_row.c.worker == card.id, _row.c.state == "claimed")
            connection.execute(held.values(fence=badge.fence))
        return badge

    def claim(self, badge: Badge, attempt: AttemptId) -> Order | None:
        """See ports.Claims."""
        queued = (of_attempt(_row, attempt), _row.c.state == "queued")
        mine = {"state": "claimed", "worker": badge.worker, "fence": badge.fence, "claimed_at": self._now}
        with transaction(self._engine) as connection:
            self._beat(connection, badge)
            if connection.execute(update(_row).where(*queued).values(mine)).rowcount == 0:
                return None
            return order_of(connection.execute(select(_row).where(of_attempt(_row, attempt))).one())

    def held(self, badge: Badge) -> Sequence[Order]:
        """See ports.Claims."""
        with transaction(self._engine) as connection:
            self._beat(connection, badge)
            return [order_of(row) for row in connection.execute(select(_row).where(*_of(badge)))]

    def sent(self, badge: Badge, attempt: AttemptId) -> Mapping[str, int]:
        """See ports.Claims."""
        end = func.max(_output.c.offset + func.length(_output.c.data))
        query = select(_output.c.file, end).where(of_attempt(_output, attempt)).group_by(_output.c.file)
        with transaction(self._engine) as connection:
            self._beat(connection, badge)
            return {row[0]: row[1] for row in connection.execute(query)}

    def pulse(self, badge: Badge) -> Sequence[Held]:
        """See ports.Claims."""
        with transaction(self._engine) as connection:
            self._beat(connection, badge)
            return [Held(attempt_of(row), row.ends) for row in connection.execute(_held(badge))]

    def send(self, badge: Badge, output: Sequence[Output]) -> None:
        """See ports.Claims."""
        with transaction(self._engine) as connection:
            ours = {attempt_of(row) for row in connection.execute(_held(badge))}
            pieces = [piece for piece in output if piece.attempt in ours]
            if pieces:
                connection.execute(insert(_output), [_piece(piece) for piece in pieces])
                connection.execute(_LONGER, [{**_key(p.attempt), "more": len(p.data)} for p in pieces])

    def report(self, badge: Badge, attempt: AttemptId, ending: Ending) -> bool:
        """See ports.Claims."""
        ended = {"state": "ended", "ending": ending_document(ending), "ended_at": self._now}
        with transaction(self._engine) as connection:
            self._beat(connection, badge)
            mine = update(_row).where(of_attempt(_row, attempt), *_of(badge))
            return connection.execute(mine.values(ended)).rowcount == 1

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def _beat(self, connection: Connection, badge: Badge) -> None:
        mine = update(_worker).where(_worker.c.id == badge.worker, _worker.c.fence == badge.fence)
        result = connection.execute(mine.values(beats=_worker.c.beats + 1, seen_at=self._now))
        _demand_one(result.rowcount, badge)

    def _demand_vacancy(self, connection: Connection, card: Card) -> None:
        """Nobody else of this name is alive. After a reboot nobody can tell at once, so that it must be waited for."""
        alive = _worker.c.seen_at > self._now - self._ttl
        query = select(_worker).where(_worker.c.name == card.name, alive)
        for other in connection.execute(query):
            if (other.id, other.boot) != (card.id, card.boot):
                raise _taken(other.name, f"process {other.pid} on {other.host}", self._ttl)


def _of(badge: Badge) -> tuple[ColumnElement[bool], ...]:
    return (_row.c.state == "claimed", _row.c.worker == badge.worker, _row.c.fence == badge.fence)


def _held(badge: Badge) -> Select[Any]:
    return select(_row.c.run, _row.c.step, _row.c.number, _row.c.ends).where(*_of(badge))


def _piece(piece: Output) -> dict[str, Any]:
    attempt = piece.attempt
    key = {"run": attempt.run, "step": attempt.step, "number": attempt.number}
    return {**key, "file": piece.file, "offset": piece.offset, "data": piece.data}


def _key(attempt: AttemptId) -> dict[str, Any]:
    return {"of_run": attempt.run, "of_step": attempt.step, "of_number": attempt.number}


_LONGER = (
    update(_row)
    .where(
        _row.c.run == bindparam("of_run"),
        _row.c.step == bindparam("of_step"),
        _row.c.number == bindparam("of_number"),
    )
    .values(output=_row.c.output + bindparam("more"))
)


def _demand_one(rowcount: int, badge: Badge) -> None:
    if rowcount != 1:
        raise Refusal(
            code="worker.superseded",
            brief="another process has enlisted in the place of this worker",
            details=f"its state directory is {badge.worker}; this process was number {badge.fence} of it",
            resolution="Give each worker a name and a state directory of its own.",
        )


def _taken(name: str, who: str, ttl: float) -> Refusal:
    return Refusal(
        code="worker.name_taken",
        brief=f"there is a worker {name} already: {who}",
        resolution=f"Name this one with --name; if that one is gone, its name is free {ttl:g} s after its last words.",
    )
