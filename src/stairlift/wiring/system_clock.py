"""This machine's clock as a loop waits by it."""

import asyncio
import time
from datetime import datetime

from stairlift.wiring.clock import now


class SystemClock:
    """Fills ports.Clock with this machine's own."""

    def now(self) -> datetime:
        """The time in UTC."""
        return now()

    def steady(self) -> float:
        """Seconds since this machine was started."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    async def sleep(self, seconds: float) -> None:
        """Let others work for so long."""
        await asyncio.sleep(seconds)
