"""Each attempt to where its step belongs: this machine, or the workers of its queue."""

from collections.abc import Callable, Collection
from pathlib import Path

from stairlift.execute.local import LocalExecutor
from stairlift.execute.queue.executor import QueueExecutor
from stairlift.model.run import AttemptId, Ending
from stairlift.model.work import Job
from stairlift.ports import Executor


class RoutingExecutor:
    """Fills ports.Executor with two of them, which keep their files in one folder.

    An attempt that is on record stays where it is. `elsewhere` gives those attempts of a run for which there is no
    order; `queue_of` the queue that the plan has for an attempt, "" for this machine.
    """

    def __init__(
        self,
        local: LocalExecutor,
        remote: QueueExecutor,
        *,
        elsewhere: Callable[[str], Collection[AttemptId]],
        queue_of: Callable[[AttemptId], str],
    ) -> None:
        self._local = local
        self._remote = remote
        self._elsewhere = elsewhere
        self._queue_of = queue_of

    def folder(self, attempt: AttemptId) -> Path:
        """Where its files are, or are copied to."""
        return self._local.folder(attempt)

    def open_run(self, run_id: str, *, begun: bool) -> None:
        """A run that was begun may be taken up on any machine, as long as workers have all that it began."""
        if begun and all(map(self._queue_of, self._elsewhere(run_id))):
            self._remote.open_run(run_id, begun=True)
            return
        self._local.open_run(run_id, begun=begun)
        self._remote.open_run(run_id, begun=begun)

    async def run(self, attempt: AttemptId, job: Callable[[], Job]) -> Ending:
        """Start or adopt it where it belongs, and wait for its end."""
        if await self._remote.knows(attempt):
            return await self._remote.run(attempt, job)
        if self._local.has(attempt):
            return await self._local.run(attempt, job)
        ready = job()
        chosen: Executor = self._remote if ready.queue else self._local
        return await chosen.run(attempt, lambda: ready)

    async def remains(self, attempt: AttemptId) -> tuple[str, ...]:
        """What of it still runs, wherever it is."""
        return await (await self._of(attempt)).remains(attempt)

    def age(self, attempt: AttemptId) -> float | None:
        """For how long it has run at least."""
        found = self._remote.age(attempt)
        return self._local.age(attempt) if found is None else found

    async def end(self, attempt: AttemptId) -> None:
        """Stop it by force, wherever it is."""
        await (await self._of(attempt)).end(attempt)

    async def _of(self, attempt: AttemptId) -> Executor:
        return self._remote if await self._remote.knows(attempt) else self._local
