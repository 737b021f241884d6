"""The delivery log of notices, as people read it and as programs do."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from stairlift.model.notice import Delivery
from stairlift.report.text import day, duration, stamp

COLUMNS = ("CHANNEL", "RUN", "EVENT", "NOTICE", "STATE", "MADE", "TRIES", "ANSWER")


def delivery_document(deliveries: Iterable[Delivery]) -> dict[str, Any]:
    """For programs."""
    return {"schema": "stairlift.notices/1", "notices": [_document(one) for one in deliveries]}


def delivery_rows(deliveries: Iterable[Delivery], now: datetime) -> Sequence[tuple[object, ...]]:
    """One row for each, as `COLUMNS` name it."""
    return [
        (
            one.channel,
            one.notice.run,
            one.notice.id,
            one.notice.kind,
            one.state,
            day(one.made_at),
            one.tries,
            _answer(one, now),
        )
        for one in deliveries
    ]


def _answer(one: Delivery, now: datetime) -> str:
    due = one.state == "queued" and one.tries and one.next_at > now
    return f"{one.answer}; again in {duration(one.next_at - now)}" if due else one.answer


def _document(one: Delivery) -> dict[str, Any]:
    return {
        "channel": one.channel,
        "run": one.notice.run,
        "id": one.notice.id,
        "kind": one.notice.kind,
        "at": stamp(one.notice.at),
        "title": one.notice.content.get("title", ""),
        "state": one.state,
        "made_at": stamp(one.made_at),
        "tries": one.tries,
        "next_at": stamp(one.next_at) if one.state == "queued" else None,
        "sent_at": stamp(one.sent_at),
        "answer": one.answer,
    }
