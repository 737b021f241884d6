"""What was told to whom."""

from datetime import datetime

from stairlift.model.notice import DeliveryState
from stairlift.web.api.shapes import Link, Schema, Shape


class Notice(Shape):
    """A notice of a run on its way to one channel."""

    channel: str
    run: str
    id: str
    kind: str
    at: datetime
    title: str
    state: DeliveryState
    made_at: datetime
    tries: int
    next_at: datetime | None
    sent_at: datetime | None
    answer: str


class Notices(Shape):
    """The delivery log, the newest first."""

    schema_: Schema
    notices: list[Notice]
    links: list[Link]
