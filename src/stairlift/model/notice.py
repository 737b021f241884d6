"""A notice: something about a run that somebody elsewhere is told, and how it fares on its way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

#: What is told of a run. They are the Contract's as the last word of a CloudEvent's type, and never go away.
NoticeKind = Literal[
    "started",
    "resumed",
    "approval_requested",
    "step_failed",
    "paused",
    "finished",
    "failed",
    "cancelled",
    "rolled_back",
]
KINDS: tuple[NoticeKind, ...] = get_args(NoticeKind)
#: How a run can come to its end. Whoever is told anything is told this: a success that nobody hears of was the first
#: complaint of those who upgraded other clouds.
ENDS: frozenset[NoticeKind] = frozenset({"finished", "failed", "cancelled", "rolled_back"})
#: What is told to try a channel out; it is about no run.
TEST = "test"
DeliveryState = Literal["queued", "sent", "given-up"]


@dataclass(frozen=True, slots=True)
class Notice:
    """What one event of a run says to people elsewhere. `content` is what programs get of it.

    `again` is 0 for the first word and counts the reminders of it.
    """

    run: str
    seq: int
    kind: str
    at: datetime
    content: Mapping[str, Any] = field(default_factory=dict)
    again: int = 0

    @property
    def id(self) -> str:
        """What a receiver tells repetitions by: the number of the event, and of the reminder behind a point."""
        return f"{self.seq}.{self.again}" if self.again else str(self.seq)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A notice on its way through a channel. `answer` is what came back the last time."""

    channel: str
    notice: Notice
    state: DeliveryState
    made_at: datetime
    tries: int
    next_at: datetime
    sent_at: datetime | None = None
    answer: str = ""

    @property
    def key(self) -> str:
        """What no other has: channel, run, number of the event, number of the reminder."""
        return f"{self.channel}/{self.notice.run}/{self.notice.seq}/{self.notice.again}"


class NotDelivered(Exception):
    """A receiver did not take a notice. `for_good` where it never will, `after` where it says when, in seconds.

    `reason` is shown to people and holds no secret: of an address no more than its host.
    """

    def __init__(self, reason: str, *, for_good: bool = False, after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.for_good = for_good
        self.after = after
