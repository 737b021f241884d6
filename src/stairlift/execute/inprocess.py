"""Attempts as coroutines of the orchestrator itself: for benches and tests, where nothing has to outlive it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import PurePath

from stairlift.model.errors import StairliftError
from stairlift.model.run import AttemptId, Ended, Ending, Lost, NotStarted
from stairlift.model.work import Job, Outcome

Work = Callable[[AttemptId, Job], Awaitable[Outcome]]
_NOWHERE = PurePath("/nowhere")


class NoopExecutor:
    """Every attempt is done as soon as it is started, or so many `seconds` later: what a run costs by itself."""

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds = seconds

    def folder(self, attempt: AttemptId) -> PurePath:
        """A name only."""
        return _NOWHERE

    def open_run(self, run_id: str, *, begun: bool) -> None:
        """There is nothing to make ready."""

    async def run(self, attempt: AttemptId, job: Callable[[], Job]) -> Ending:
        """Ask for the job, as one who starts it would, and be done."""
        job()
        if self._seconds:
            await asyncio.sleep(self._seconds)
        return Ended(Outcome(0), datetime.now(UTC))

    async def remains(self, attempt: AttemptId) -> tuple[str, ...]:
        """Nothing ever runs."""
        return ()

    def age(self, attempt: AttemptId) -> float | None:
        """Nothing ever runs."""
        return None

    async def end(self, attempt: AttemptId) -> None:
        """There is nothing to stop."""


class InProcessExecutor:
    """Runs `work` for each attempt; StairliftError from it means that the attempt never started."""

    def __init__(self, work: Work, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._work = work
        self._now = now
        self._attempts: dict[AttemptId, asyncio.Task[Ending]] = {}
        self._started: dict[AttemptId, float] = {}

    def folder(self, attempt: AttemptId) -> PurePath:
        """A name only: nothing is kept."""
        return _NOWHERE / PurePath(attempt.run, attempt.step, str(attempt.number))

    def open_run(self, run_id: str, *, begun: bool) -> None:
        """There is nothing to make ready."""

    async def run(self, attempt: AttemptId, job: Callable[[], Job]) -> Ending:
        """Start or adopt it, and wait for its end."""
        if attempt not in self._attempts:
            self._attempts[attempt] = asyncio.create_task(self._carry(attempt, job()))
            self._started[attempt] = asyncio.get_running_loop().time()
        task = self._attempts[attempt]
        await asyncio.wait([task])
        return Lost("it was stopped by force half-way") if task.cancelled() else task.result()

    async def remains(self, attempt: AttemptId) -> tuple[str, ...]:
        """What of it still runs."""
        task = self._attempts.get(attempt)
        return () if task is None or task.done() else ("its coroutine",)

    def age(self, attempt: AttemptId) -> float | None:
        """Since it was started, by the clock of the event loop."""
        started = self._started.get(attempt)
        return None if started is None else asyncio.get_running_loop().time() - started

    async def end(self, attempt: AttemptId) -> None:
        """Stop it by force."""
        task = self._attempts.get(attempt)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _carry(self, attempt: AttemptId, job: Job) -> Ending:
        try:
            outcome = await self._work(attempt, job)
        except StairliftError as error:
            return NotStarted(error.brief)
        return Ended(outcome, self._now())
