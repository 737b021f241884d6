"""Notices on their way, in the journal's database: what is queued, who sends it, how it fared."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    Table,
    and_,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from stairlift.model.notice import Delivery, DeliveryState, Notice
from stairlift.store import refusals, tables
from stairlift.store.opening import open_engine, transaction

_notice, _channel = tables.notice, tables.notice_channel
_row, _mark, _run, _event = _notice.c, tables.notice_mark.c, tables.run.c, tables.event.c
#: The newest comes first, read backwards.
_ORDER = (_row.made_at, _row.run, _row.seq, _row.again, _row.channel)


class SqlOutbox:
    """Fills ports.Outbox. Each method is a transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def since(self, channel: str, at: datetime) -> datetime:
        """See ports.Outbox."""
        known = select(_channel.c.since).where(_channel.c.name == channel)
        with transaction(self._engine, writes=False) as connection:
            found: datetime | None = connection.execute(known).scalar()
        if found is not None:
            return found
        with transaction(self._engine) as connection:
            _insert_new(connection, _channel, {"name": channel, "since": at})
            begun: datetime = connection.execute(known).scalar_one()
        return begun

    def behind(self, channel: str) -> Sequence[tuple[str, int]]:
        """See ports.Outbox."""
        newest = select(func.max(_event.seq)).where(_event.run == _run.id).scalar_subquery()
        marks = tables.run.outerjoin(tables.notice_mark, and_(_mark.run == _run.id, _mark.channel == channel))
        seen = func.coalesce(_mark.seq, 0)
        query = select(_run.id, seen).select_from(marks).where(newest > seen).order_by(_run.created_at)
        with transaction(self._engine, writes=False) as connection:
            return [(run_id, seq) for run_id, seq in connection.execute(query)]

    def put(self, channel: str, marks: tuple[int, int], run: str, notices: Sequence[Notice], at: datetime) -> bool:
        """See ports.Outbox."""
        with transaction(self._engine) as connection:
            if not _moved(connection, channel, run, marks):
                return False
            if notices:
                connection.execute(insert(_notice), [_queued(channel, one, at) for one in notices])
        return True

    def remind(self, channel: str, notice: Notice, at: datetime) -> None:
        """See ports.Outbox."""
        with transaction(self._engine) as connection:
            _insert_new(connection, _notice, _queued(channel, notice, at))

    def claim(self, channel: str, at: datetime, until: datetime) -> Delivery | None:
        """See ports.Outbox. Looked for without a lock, so that who finds nothing disturbs nobody."""
        with transaction(self._engine, writes=False) as connection:
            found = connection.execute(_due(channel, at)).all()
        for row in found:
            delivery = _delivery(row)
            with transaction(self._engine) as connection:
                mine = update(_notice).where(_is(delivery), _free(at)).values(claimed_until=until)
                if connection.execute(mine).rowcount == 1:
                    return delivery
        return None

    def settle(self, delivery: Delivery) -> None:
        """See ports.Outbox."""
        fared = {
            "state": delivery.state,
            "tries": delivery.tries,
            "next_at": delivery.next_at,
            "sent_at": delivery.sent_at,
            "answer": delivery.answer,
        }
        with transaction(self._engine) as connection:
            still = (_is(delivery), _row.state == "queued")
            connection.execute(update(_notice).where(*still).values(claimed_until=None, **fared))

    def deliveries(
        self,
        *,
        run: str | None = None,
        channel: str | None = None,
        state: DeliveryState | None = None,
        behind: str | None = None,
        limit: int = 100,
    ) -> tuple[Delivery, ...]:
        """See ports.Outbox."""
        asked = ((_row.run, run), (_row.channel, channel), (_row.state, state))
        where = [column == value for column, value in asked if value is not None]
        with transaction(self._engine, writes=False) as connection:
            if behind is not None:
                where.append(tuple_(*_ORDER) < _place(connection, behind))
            newest = (column.desc() for column in _ORDER)
            found = connection.execute(select(_notice).where(*where).order_by(*newest).limit(limit)).all()
        return tuple(map(_delivery, found))

    def outcomes(self) -> Mapping[tuple[str, str], int]:
        """How many notices came to which end."""
        ended = select(_row.channel, _row.state, func.count()).where(_row.state != "queued")
        with transaction(self._engine, writes=False) as connection:
            found = connection.execute(ended.group_by(_row.channel, _row.state)).all()
        return {(channel, state): number for channel, state, number in found}


def _place(connection: Connection, key: str) -> ColumnElement[Any]:
    """Where the page before has ended."""
    channel, run, seq, again = [*key.split("/"), *[""] * 3][:4]
    numbers = [int(part) if part.isdecimal() and len(part) < 10 else -1 for part in (seq, again)]
    mine = (_row.channel == channel, _row.run == run, _row.seq == numbers[0], _row.again == numbers[1])
    found = connection.execute(select(_row.made_at).where(*mine)).scalar()
    if found is None:
        raise refusals.unknown_marker(key)
    values = zip((found, run, *numbers, channel), _ORDER, strict=True)
    return tuple_(*(literal(value, column.type) for value, column in values))


def _moved(connection: Connection, channel: str, run_id: str, marks: tuple[int, int]) -> bool:
    """Whether the mark was still where it was thought to be, and is now further."""
    seen, reached = marks
    if seen == 0 and _insert_new(connection, tables.notice_mark, {"channel": channel, "run": run_id, "seq": reached}):
        return True
    mine = (_mark.channel == channel, _mark.run == run_id, _mark.seq == seen)
    return connection.execute(update(tables.notice_mark).where(*mine).values(seq=reached)).rowcount == 1


def _insert_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert what may be there already; whether it was new."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    new = dialect.insert(table).values(row).on_conflict_do_nothing()
    return connection.execute(new, execution_options={"preserve_rowcount": True}).rowcount == 1


def _due(channel: str, at: datetime) -> Select[Any]:
    """A few, in case that others are quicker: those without one of the same run before them."""
    before = _notice.alias()
    earlier = exists().where(
        before.c.channel == _row.channel,
        before.c.run == _row.run,
        before.c.state == "queued",
        tuple_(before.c.seq, before.c.again) < tuple_(_row.seq, _row.again),
    )
    return select(_notice).where(_row.channel == channel, _row.next_at <= at, _free(at), ~earlier).limit(4)


def _free(at: datetime) -> ColumnElement[bool]:
    """Still to be sent, and nobody is about to."""
    return and_(_row.state == "queued", or_(_row.claimed_until.is_(None), _row.claimed_until < at))


def _is(delivery: Delivery) -> ColumnElement[bool]:
    one = delivery.notice
    return and_(_row.channel == delivery.channel, _row.run == one.run, _row.seq == one.seq, _row.again == one.again)


def _queued(channel: str, one: Notice, at: datetime) -> dict[str, Any]:
    key = {"channel": channel, "run": one.run, "seq": one.seq, "again": one.again, "kind": one.kind}
    document = {"at": one.at.isoformat(), "content": dict(one.content)}
    fares = {"made_at": at, "state": "queued", "tries": 0, "next_at": at, "answer": ""}
    return {**key, "document": document, **fares}


def _delivery(row: Row[Any]) -> Delivery:
    at = datetime.fromisoformat(row.document["at"])
    one = Notice(row.run, row.seq, row.kind, at, row.document["content"], row.again)
    state: DeliveryState = row.state
    return replace(
        Delivery(row.channel, one, state, row.made_at, row.tries, row.next_at), sent_at=row.sent_at, answer=row.answer
    )


def open_outbox(url: str) -> SqlOutbox:
    """The outbox of the journal at a database URL, which has been opened before. Raises as `open_engine` does."""
    return SqlOutbox(open_engine(url))
