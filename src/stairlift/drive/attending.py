"""Stays with what is in flight: waits for the end of the work, then for the services, and for the end of its time."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stairlift.drive.assignment import NoJob, job_for, verdict_on
from stairlift.drive.ledger import Ledger
from stairlift.drive.lost import verdict_on_lost
from stairlift.drive.tools import Tools
from stairlift.drive.verification import RECORDS, Missing, gates_for, heard_once, until_gates_hold
from stairlift.model.plan import Step
from stairlift.model.run import (
    IN_FLIGHT,
    Attempt,
    AttemptId,
    Change,
    Ended,
    Ending,
    Lost,
    NotStarted,
    Run,
    RunState,
    StepState,
    StepStatus,
)
from stairlift.model.work import Assignment, Job, Verdict
from stairlift.ports import Inquiry, UpgradeStrategy
from stairlift.run import changes
from stairlift.run.retries import pause_before, tries_again


@dataclass(frozen=True, slots=True)
class Worked:
    """An attempt's work has ended and its strategy has judged it."""

    attempt: AttemptId
    ending: Ending
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class HeardOf:
    """Every service of a step has reported since this attempt, and its gates hold, as far as anybody can tell."""

    attempt: AttemptId
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CutOff:
    """Nobody waits for the services of a step any more; what is known of them is in the reason."""

    attempt: AttemptId
    reason: str


#: Seconds of verifying after which it is put on record what a step misses, and again whenever that is something else.
_REMARKED_AFTER = 10.0
_DIGITS = re.compile(r"\d+")  # a time that goes on is nothing else
#: What halts a run for good, in words.
_GIVEN_UP = {RunState.CANCELLED: "cancelled", RunState.ROLLING_BACK: "to be taken back"}
News = Worked | HeardOf | CutOff
Background = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]


def at_work(status: StepStatus) -> bool:
    """Whether the work of a step's newest attempt has not ended, as far as anybody knows."""
    return status.state is StepState.RUNNING or (status.state is StepState.UNDOING and status.worked_at is None)


def _verifies(status: StepStatus) -> bool:
    """Whether the work has ended, and only its services are waited for."""
    return status.state in IN_FLIGHT and not at_work(status)


class Attending:
    """The attempts in flight, and for each a task that waits for it. Nothing changes the run here.

    Tasks leave news and `ring`; the loop takes them up in its turn, as changes. `background` starts a task whose
    failure ends the loop. `age` is always the loop's own: seconds that it was watching.
    """

    def __init__(self, ledger: Ledger, tools: Tools, background: Background, ring: Callable[[], None]) -> None:
        self._board = ledger.board
        self._ledger = ledger
        self._tools = tools
        self._background = background
        self._ring = ring
        self._news: list[News] = []
        self._attempts: dict[str, Attempt] = {}
        self._listeners: dict[str, asyncio.Task[None]] = {}
        self._silence: dict[str, Missing] = {}
        self._remarked: dict[str, str] = {}
        self._until: dict[str, float] = {}
        self._endings: dict[AttemptId, str] = {}
        self._cut: set[tuple[AttemptId, datetime | None]] = set()

    # What comes of them

    def news(self) -> list[News]:
        """What happened since the last look."""
        news, self._news = self._news, []
        return news

    def told(self, piece: News, run: Run, now: datetime) -> Change | None:
        """What a piece of news makes of the run; None where it is about another attempt than the one that we are at."""
        status = self._board.status(piece.attempt.step)
        if status.attempt != piece.attempt.number:
            return None
        if isinstance(piece, CutOff):
            return changes.cut_off(status, self._attempts[status.id], piece.reason, now) if _verifies(status) else None
        if isinstance(piece, HeardOf):
            return changes.verified(status, now, unknown=piece.unknown) if _verifies(status) else None
        if not at_work(status):
            return None
        return self._ledger.judged(self._worked(piece, status, run, now), piece.verdict, now)

    def _worked(self, piece: Worked, status: StepStatus, run: Run, now: datetime) -> Change:
        closed = self._closed(piece, now)
        plan = self._board.graph.plan
        if run.intent == "go" and tries_again(plan, status, piece.verdict):
            after = pause_before(plan, status.retries + 1)
            return changes.retrying(status, closed, piece.verdict, now, after=after)
        verify = bool(gates_for(self._board.step(status.id), self._tools))
        return changes.worked(status, closed, piece.verdict, now, verify=verify)

    def _closed(self, piece: Worked, now: datetime) -> Attempt:
        ending = piece.ending
        returncode = ending.outcome.returncode if isinstance(ending, Ended) else None
        ended_at = None if isinstance(ending, NotStarted) else ending.at
        return changes.closed(self._attempts[piece.attempt.step], piece.verdict, ended_at or now, returncode)

    def attempt(self, step: str) -> Attempt:
        """The attempt at a step that is in flight."""
        return self._attempts[step]

    def silence(self, step: str) -> str:
        """Why the time of a step that is being verified is over."""
        missing = self._silence.get(step) or Missing(RECORDS, ("their registry gave no answer",))
        what = "its services did not report" if missing.gate == RECORDS else f"gate {missing.gate} did not hold"
        return f"{what} within {self._tools.pace.verify:g} s: {missing}"

    def remarks(self, now: datetime) -> list[Change]:
        """What steps miss that have been verified for a while, each time that it is something else."""
        found = []
        for step, missing in self._silence.items():
            status, text = self._board.status(step), _DIGITS.sub("", str(missing))
            late = status.worked_at is not None and (now - status.worked_at).total_seconds() >= _REMARKED_AFTER
            if late and status.state is StepState.VERIFYING and self._remarked.get(step) != text:
                self._remarked[step] = text
                found.append(changes.missed(status, missing.gate, str(missing), now))
        return found

    # Who waits for them

    def follow(self, status: StepStatus, attempt: Attempt | None, age: float, *, adopted: bool = False) -> None:
        """Stay with a step that is in flight; forget one that is not. What is to start again gets its pause."""
        self._leave(status.id)
        if status.state is StepState.RETRYING:
            self._board.watch(status.id, age + pause_before(self._board.graph.plan, status.retries))
        if attempt is None or status.state not in IN_FLIGHT:
            self._attempts.pop(status.id, None)
            return
        self._attempts[status.id] = attempt
        step = self._board.step(status.id)
        if at_work(status):
            self._set_deadline(step, attempt, age, adopted=adopted)
            self._background(self._attend(step, attempt))
        else:
            self._board.watch(status.id, age + self._tools.pace.verify)
            listens = self._listen_for(step, attempt, status.worked_at or attempt.started_at)
            self._listeners[status.id] = self._background(listens)

    def _leave(self, step: str) -> None:
        self._until.pop(step, None)
        self._silence.pop(step, None)
        self._remarked.pop(step, None)
        listener = self._listeners.pop(step, None)
        if listener is not None:
            listener.cancel()

    async def _attend(self, step: Step, attempt: Attempt) -> None:
        strategy = self._tools.strategies[step.strategy or ""]
        assignment = self._ledger.assignment(step, attempt)
        try:
            ending = await self._tools.executor.run(attempt.id, lambda: self._job(strategy, assignment))
        except NoJob as error:
            ending = NotStarted(str(error))
        why = self._endings.pop(attempt.id, "")
        if isinstance(ending, Lost):
            verdict = await self._verdict_on_lost(ending, step, attempt, why)
        else:
            verdict = verdict_on(strategy, assignment, ending)
        self._hear(Worked(attempt.id, ending, verdict))

    def _job(self, strategy: UpgradeStrategy, assignment: Assignment) -> Job:
        """Raises NoJob. What was on record and not begun when its run was given up is not begun any more."""
        halt = self._board.halt
        if halt is not None and halt.state in _GIVEN_UP:
            raise NoJob(f"the run was {_GIVEN_UP[halt.state]} before it had begun")
        return job_for(strategy, assignment)

    async def _verdict_on_lost(self, ending: Lost, step: Step, attempt: Attempt, why: str) -> Verdict:
        """What we ended ourselves is not lost: it stays where it is until a person has looked at it."""
        why = why or _over_time(ending, step, attempt)
        if not why:
            return await verdict_on_lost(ending, step, attempt, self._tools)
        told = await heard_once(step, ending.at or self._tools.clock.now(), self._tools)
        return Verdict("unknown", f"{why}; {told}" if told else why)

    async def _listen_for(self, step: Step, attempt: Attempt, since: datetime) -> None:
        def keep(missing: Missing) -> None:
            self._silence[step.id] = missing

        parts = self._board.graph.plan.parts(step)
        inquiry = Inquiry(step, parts, attempt.started_at, since, attempt.undo)
        self._hear(HeardOf(attempt.id, await until_gates_hold(inquiry, self._tools, keep)))

    def _hear(self, piece: News) -> None:
        self._news.append(piece)
        self._ring()

    # Who ends them

    def end(self, step: str, why: str) -> None:
        """End the work of a step by force. Nothing is waited for: the news come, and say why unless it ended before."""
        attempt = self._attempts[step].id
        if attempt not in self._endings:
            self._endings[attempt] = why
            self._background(self._tools.executor.end(attempt))

    def cut_off(self, step: str, why: str) -> None:
        """Wait no longer for a step: its work is ended by force, its services are asked for the last time."""
        status, attempt = self._board.status(step), self._attempts[step]
        if (attempt.id, status.worked_at) in self._cut:
            return
        self._cut.add((attempt.id, status.worked_at))
        if at_work(status):
            self.end(step, why)
        else:
            self._leave(step)
            self._background(self._ask_for_the_last_time(status, attempt, why))

    async def _ask_for_the_last_time(self, status: StepStatus, attempt: Attempt, why: str) -> None:
        since = status.worked_at or attempt.started_at
        told = await heard_once(self._board.step(status.id), since, self._tools)
        self._hear(CutOff(attempt.id, f"{why}; {told}" if told else why))

    def end_overdue(self, age: float) -> None:
        """End every attempt whose deadline is over."""
        for step in [step for step, until in self._until.items() if age >= until]:
            del self._until[step]
            self.end(step, _at_deadline(self._board.step(step).deadline))

    def _set_deadline(self, step: Step, attempt: Attempt, age: float, *, adopted: bool) -> None:
        if step.deadline is not None:
            spent = self._spent(attempt) if adopted else 0.0
            self._until[step.id] = age + step.deadline - spent

    def _spent(self, attempt: Attempt) -> float:
        """Seconds that an adopted attempt has taken at least.

        The clock of its record may have been set since, so the executor's word counts beside it, and of the two the
        lower: a deadline may come late, but never early. Where the executor does not know, it counts anew.
        """
        recorded = (self._tools.clock.now() - attempt.started_at).total_seconds()
        return max(0.0, min(recorded, self._tools.executor.age(attempt.id) or 0.0))


def _at_deadline(deadline: int | None) -> str:
    return f"it was ended at its deadline of {deadline} s"


def _over_time(ending: Lost, step: Step, attempt: Attempt) -> str:
    """Why it was ended, if by an orchestrator before us, that died before it could say so."""
    if ending.at is None or step.deadline is None:
        return ""
    lasted = (ending.at - attempt.started_at).total_seconds()
    return _at_deadline(step.deadline) if lasted >= step.deadline else ""
