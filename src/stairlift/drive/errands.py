"""What waits for the world beside the run's loop: attempts, registries, the clock."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Errands:
    """Tasks that leave news and ring. The first that fails ends the loop, and none outlives it."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._bell = asyncio.Event()
        self._failure: BaseException | None = None

    def ring(self) -> None:
        """There is something for the loop to look at."""
        self._bell.set()

    async def rung(self) -> None:
        """Wait until somebody rings, or has rung since the loop last looked."""
        await self._bell.wait()

    def heard(self) -> None:
        """The loop looks now. Raises what has made an errand fail."""
        self._bell.clear()
        if self._failure is not None:
            raise self._failure

    def begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do this beside the loop."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._over)
        return task

    async def drop(self) -> None:
        """Wait for nothing any more. Attempts are not ours to end: they go on."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failure = self._failure or task.exception()
            self.ring()
