"""Whether the journal answers, for whoever asks again and again: a balancer, a service manager."""

import asyncio
from collections.abc import Awaitable

from stairlift.drive.background import in_background
from stairlift.model.errors import StairliftError
from stairlift.ports import Records

#: Seconds that the journal has to answer.
_PATIENCE = 1.0


class Pulse:
    """Asks it in a thread of its own, and never twice at a time: a database that hangs keeps nothing else waiting."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._asked: asyncio.Future[object] | None = None

    async def demand(self) -> None:
        """Raises StairliftError (store.*) where it does not answer, or has not within a second."""
        if self._asked is None or self._asked.done():
            self._asked = asyncio.ensure_future(_asking(self._records))
        try:
            await asyncio.wait_for(asyncio.shield(self._asked), _PATIENCE)
        except TimeoutError:
            raise _silent() from None


def _asking(records: Records) -> Awaitable[object]:
    return in_background(records.newest, "pulse")


def _silent() -> StairliftError:
    return StairliftError(
        code="store.unavailable",
        brief=f"the journal has not answered for {_PATIENCE:g} s",
        resolution="See whether its database is up and its disk not full. Runs under way go on once it answers.",
    )
