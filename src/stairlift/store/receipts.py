"""Answers to requests that came with a key of their own, in SQLite or PostgreSQL. They are kept for a day."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from stairlift.model.errors import Refusal, StairliftError
from stairlift.ports import Receipt
from stairlift.store import tables
from stairlift.store.opening import transaction

_receipt = tables.receipt
_KEPT = timedelta(hours=24)
#: After this nobody answers any more: the server that was to do it has ended.
_PATIENCE = timedelta(minutes=10)


class SqlReceipts:
    """Fills ports.Receipts."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, key: str, who: str, digest: str, at: datetime) -> Receipt | None:
        """See ports.Receipts. Of two who begin at the same time the database lets one."""
        try:
            return self._begin(key, who, digest, at)
        except StairliftError as wrong:
            if not isinstance(wrong.__cause__, IntegrityError):
                raise
        return self._begin(key, who, digest, at)

    def _begin(self, key: str, who: str, digest: str, at: datetime) -> Receipt | None:
        new = {"key": key, "who": who, "digest": digest, "at": at, "headers": {}, "body": b""}
        with transaction(self._engine) as connection:
            connection.execute(delete(_receipt).where(_receipt.c.at <= at - _KEPT))
            given_up = (_receipt.c.status.is_(None), _receipt.c.at <= at - _PATIENCE)
            connection.execute(delete(_receipt).where(_of(key, who), *given_up))
            found = connection.execute(select(_receipt).where(_of(key, who))).first()
            if found is None:
                connection.execute(insert(_receipt).values(new))
                return None
        return _answered(found, digest)

    def end(self, key: str, who: str, receipt: Receipt) -> None:
        """See ports.Receipts."""
        answer = {"status": receipt.status, "headers": dict(receipt.headers), "body": receipt.body}
        with transaction(self._engine) as connection:
            connection.execute(update(_receipt).where(_of(key, who)).values(answer))

    def drop(self, key: str, who: str) -> None:
        """See ports.Receipts."""
        with transaction(self._engine) as connection:
            connection.execute(delete(_receipt).where(_of(key, who), _receipt.c.status.is_(None)))


def _of(key: str, who: str) -> ColumnElement[bool]:
    return (_receipt.c.key == key) & (_receipt.c.who == who)


def _answered(row: Row[Any], digest: str) -> Receipt:
    if row.digest != digest:
        raise Refusal(
            code="request.other_body",
            brief="this Idempotency-Key came with another request before",
            resolution="Give every request a key of its own, and the same one only to the same request again.",
        )
    if row.status is None:
        raise Refusal(
            code="request.in_flight",
            brief="the same request is being carried out at this moment",
            resolution="Ask again in a moment, with the same Idempotency-Key: then the answer is there.",
        )
    return Receipt(row.status, dict(row.headers), bytes(row.body))
