"""Telling people elsewhere what happens to a run."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from stairlift.model.notice import Delivery, DeliveryState, Notice


class Notifier(Protocol):
    """Brings notices to one receiver. It reads its secrets when it sends, and shows them to nobody."""

    def send(self, notice: Notice) -> str:
        """Have the receiver take it; what it answered. Raises NotDelivered. The same notice may be sent twice."""
        ...


class Outbox(Protocol):
    """Which notices are on their way, through which channels. Every method may raise StairliftError (store.*)."""

    def since(self, channel: str, at: datetime) -> datetime:
        """From when on a channel is told what happens: `at` for one that nobody has heard of before."""
        ...

    def behind(self, channel: str) -> Sequence[tuple[str, int]]:
        """The runs with events that a channel has not been given its notices of, with the event up to which it has."""
        ...

    def put(self, channel: str, marks: tuple[int, int], run: str, notices: Sequence[Notice], at: datetime) -> bool:
        """Queue the notices of the events of a run between two marks, all or none; False where another has done so."""
        ...

    def remind(self, channel: str, notice: Notice, at: datetime) -> None:
        """Queue a reminder; one that is there already stays as it is."""
        ...

    def claim(self, channel: str, at: datetime, until: datetime) -> Delivery | None:
        """The next notice that is due, for the caller alone until then.

        Those of a run go in order: none is due while one before it is still on its way.
        """
        ...

    def settle(self, delivery: Delivery) -> None:
        """Say how it fared; whoever claims next may have it. What is sent or given up stays so."""
        ...

    def deliveries(
        self,
        *,
        run: str | None = None,
        channel: str | None = None,
        state: DeliveryState | None = None,
        behind: str | None = None,
        limit: int = 100,
    ) -> tuple[Delivery, ...]:
        """Those on record, the newest first, or those behind one by its key. UsageError (page.unknown_marker)."""
        ...

    def outcomes(self) -> Mapping[tuple[str, str], int]:
        """How many notices came to which end, "sent" or "given-up", by channel and end."""
        ...
