"""The run's loop: it hears what happened, decides, puts it on record, and only then acts."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stairlift.drive.assignment import NoJob, expects_report, job_for, services_of, verdict_on
from stairlift.drive.guard import StartGuard
from stairlift.drive.tools import Tools
from stairlift.drive.verification import until_heard_of
from stairlift.model.errors import Refusal
from stairlift.model.plan import Plan, Step
from stairlift.model.run import (
    FINAL_RUN_STATES,
    IN_FLIGHT,
    SETTLED,
    Attempt,
    AttemptId,
    Change,
    Command,
    Ended,
    Ending,
    NotStarted,
    Run,
    RunState,
    StepState,
    StepStatus,
)
from stairlift.model.scope import Scope
from stairlift.model.work import Assignment, Verdict
from stairlift.ports import Journal
from stairlift.run import (
    AskApproval,
    Board,
    Decision,
    Finish,
    GiveUp,
    PassGate,
    Start,
    changes,
    decide,
    graph,
)
from stairlift.run.commands import plan_refusal, refusal


async def carry_out(
    journal: Journal, plan: Plan, run_id: str, tools: Tools, *, stop: asyncio.Event, approve_all: bool = False
) -> Run:
    """Carry a run out until it ends or waits for a person, and give it back as it then stands.

    A run that was begun before is taken up: what is in flight is adopted, nothing that has ended runs again. A run
    that is over for good is given back untouched. Once `stop` is set nothing new starts, and the run is left running
    with its attempts.

    Raises Refusal for a plan that is impossible (run.plan_impossible), a step without a strategy (run.no_strategy) or
    a lost lease (run.lease_lost), and StairliftError where the journal (store.*) or the attempts' place (execute.*)
    fails; attempts go on in any case.
    """
    run = tools.store.run(run_id)
    if run.state in FINAL_RUN_STATES:
        return run
    board = Board(graph(plan), tools.store.steps(run_id), approve_all=run.approve_all or approve_all)
    board.confine(Scope.of(run))
    _demand_strategies(board, tools)
    tools.executor.open_run(run_id, begun=run.state is not RunState.PENDING)
    return await _Loop(journal, run, board, tools).carry_out(stop)


def _demand_strategies(board: Board, tools: Tools) -> None:
    left = (status.id for status in board.statuses() if status.state not in SETTLED)
    steps = (step for step in map(board.step, left) if step.action != "approve")
    helpless = [step.id for step in steps if step.strategy not in tools.strategies]
    if helpless:
        raise Refusal(
            code="run.no_strategy",
            brief=f"no strategy carries out {', '.join(helpless[:3])}{' and others' if len(helpless) > 3 else ''}",
            resolution="Add a [[strategy]] entry to stairlift.toml that matches, and plan again.",
        )


@dataclass(frozen=True, slots=True)
class _Worked:
    """An attempt's work has ended and its strategy has judged it."""

    attempt: AttemptId
    ending: Ending
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class _HeardOf:
    """Every service of a step has reported since this attempt."""

    attempt: AttemptId


class _Loop:
    """One orchestrator at work on one run. Between turns, board and run are as the journal has them.

    Tasks wait for the world (attempts, registries, the clock) and only ever ring the bell; whatever changes the run
    happens in a turn. All that a turn brings about is one transaction, however many steps move.
    """

    def __init__(self, journal: Journal, run: Run, board: Board, tools: Tools) -> None:
        self._journal = journal
        self._run = run
        self._board = board
        self._tools = tools
        self._bell = asyncio.Event()
        self._news: list[_Worked | _HeardOf] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._attempts: dict[str, Attempt] = {}
        self._listeners: dict[str, asyncio.Task[None]] = {}
        self._silence: dict[str, tuple[str, ...]] = {}
        self._guard = StartGuard(tools.frozen)
        self._failure: BaseException | None = None
        self._age = self._wrote = 0.0
        self._listens = True

    async def carry_out(self, stop: asyncio.Event) -> Run:
        """Turn after turn, until the run comes to rest or `stop` is set."""
        try:
            self._begin()
            self._background(self._tick())
            self._background(self._await_stop(stop))
            while not stop.is_set():
                if await self._turn():
                    return self._run
                await self._bell.wait()
            self._record([*self._take_in(self._now()), changes.detached(self._in_flight(), self._now())])
            return self._run
        finally:
            await self._drop_tasks()

    # Turns

    def _begin(self) -> None:
        """Take the run up: approve what the blanket covers, adopt what is in flight."""
        now, statuses = self._now(), list(self._board.statuses())
        made = [self._applied(changes.begun(self._run, now, approve_all=self._board.approve_all))]
        if self._board.approve_all:
            waiting = (status for status in statuses if status.state is StepState.WAITING)
            made += [self._applied(changes.agreed(status, now)) for status in waiting]
        self._record(made)
        for status in statuses:
            if status.state in IN_FLIGHT:
                attempts = self._tools.store.attempts(self._run.id, status.id)
                self._follow(status, max(attempts, key=lambda attempt: attempt.id.number))

    async def _turn(self) -> bool:
        """Take in what happened and act on it; whether the run came to rest."""
        self._bell.clear()
        if self._failure is not None:
            raise self._failure
        now = self._now()
        made = [*self._take_in(now), *await self._obey(now), *self._hold(now)]
        rests = False
        while not rests and (decisions := self._allowed(decide(self._board, self._age))):
            made += [self._applied(self._change(decision, now)) for decision in decisions]
            rests = isinstance(decisions[-1], Finish)
        self._guard.turned()
        self._record(made)
        for change in made:
            if change.step is not None:
                self._follow(change.step, change.attempt)
        return rests

    def _record(self, made: list[Change]) -> None:
        """Put changes on record, or the sign that we live; then tell who watches."""
        if made:
            events = self._journal.commit(self._run.id, made)
            self._tools.tell(events)
        elif self._age - self._wrote >= self._tools.pace.lease:
            self._journal.renew()
        else:
            return
        self._wrote = self._age

    def _applied(self, change: Change) -> Change:
        """Take a change over. If it cannot be put on record the loop ends, so nothing acts on what is not there."""
        if change.step is not None:
            self._board.move(change.step)
        if change.run is not None:
            self._run = change.run
        return change

    # What becomes a change

    def _take_in(self, now: datetime) -> list[Change]:
        news, self._news = self._news, []
        return [self._applied(self._told(piece, now)) for piece in news if self._is_current(piece)]

    def _is_current(self, piece: _Worked | _HeardOf) -> bool:
        """Whether it is about the attempt that we are at, and what we wait for."""
        status = self._board.status(piece.attempt.step)
        expected = StepState.RUNNING if isinstance(piece, _Worked) else StepState.VERIFYING
        return status.state is expected and status.attempt == piece.attempt.number

    def _told(self, piece: _Worked | _HeardOf, now: datetime) -> Change:
        step = piece.attempt.step
        status = self._board.status(step)
        if isinstance(piece, _HeardOf):
            return changes.verified(status, now)
        ended = piece.ending if isinstance(piece.ending, Ended) else None
        returncode = ended.outcome.returncode if ended else None
        closed = changes.closed(self._attempts[step], piece.verdict, ended.at if ended else now, returncode)
        verify = self._tools.freshness is not None and expects_report(self._board.step(step))
        return changes.worked(status, closed, piece.verdict, now, verify=verify)

    def _change(self, decision: Decision, now: datetime) -> Change:
        match decision:
            case Start(step):
                return changes.started(self._run.id, self._board.status(step), now)
            case AskApproval(step):
                return changes.asked(self._board.status(step), now)
            case PassGate(step):
                return changes.passed(self._board.status(step), now)
            case GiveUp(step):
                return changes.silent(self._board.status(step), self._attempts[step], self._silent(step), now)
            case Finish(state, reason, within_scope):
                run = Scope().on(self._run) if within_scope else self._run
                return changes.finished(run, state, reason, now)

    def _silent(self, step: str) -> str:
        sentences = self._silence.get(step, ("their registry gave no answer",))
        shown = "; ".join(sentences[:3]) + (f"; and {len(sentences) - 3} more" if len(sentences) > 3 else "")
        return f"its services did not report within {self._tools.pace.verify:g} s: {shown}"

    async def _obey(self, now: datetime) -> list[Change]:
        """Act on what people told the run. Looked for at every tick, not at every turn."""
        if not self._listens:
            return []
        self._listens = False
        commands = self._tools.store.commands(self._run.id, unsettled=True)
        return [self._applied(await self._answer(command, now)) for command in commands]

    async def _answer(self, command: Command, now: datetime) -> Change:
        if command.step == self._run.plan_hash:
            return self._answer_about_plan(command, now)
        status = self._board.status(command.step)
        forbidden = refusal(command.kind, self._board.step(command.step), status, self._run.state)
        if forbidden is not None:
            return changes.refused(command, forbidden.brief, now)
        if command.kind != "approve" and status.attempt:
            left = await self._tools.executor.remains(AttemptId(self._run.id, status.id, status.attempt))
            if left:
                return changes.refused(command, f"attempt {status.attempt} still runs: {', '.join(left)}", now)
        return changes.commanded(status, command, now)

    def _answer_about_plan(self, command: Command, now: datetime) -> Change:
        forbidden = plan_refusal(command.kind, self._run)
        if forbidden is not None:
            return changes.refused(command, forbidden.brief, now)
        self._board.confine(Scope())
        return changes.plan_approved(self._run, command, now)

    def _hold(self, now: datetime) -> list[Change]:
        """What the guard found out; nothing starts after that."""
        if self._board.held or not self._guard.objection:
            return []
        self._board.held = self._guard.objection
        return [self._applied(changes.held(self._run, self._board.held, now))]

    def _allowed(self, decisions: list[Decision]) -> list[Decision]:
        """Those that the guard lets pass; the others come again once their files are compared."""
        if self._tools.frozen is None:
            return decisions
        starts = {d.step: self._board.step(d.step).strategy or "" for d in decisions if isinstance(d, Start)}
        unknown = self._guard.unknown(starts.values())
        if not unknown:
            return decisions
        if not self._guard.busy:
            self._background(self._guard.compare(unknown, self._bell.set))
        return [d for d in decisions if not isinstance(d, Start) or starts[d.step] not in unknown]

    # What waits for the world

    def _follow(self, status: StepStatus, attempt: Attempt | None) -> None:
        """Stay with a step that is in flight; forget one that is not."""
        listener = self._listeners.pop(status.id, None)
        if listener is not None:
            listener.cancel()
        if attempt is None or status.state not in IN_FLIGHT:
            self._attempts.pop(status.id, None)
            self._silence.pop(status.id, None)
            return
        step = self._board.step(status.id)
        self._attempts[status.id] = attempt
        if status.state is StepState.RUNNING:
            self._background(self._attend(step, attempt.id))
        else:
            self._board.watch(status.id, self._age + self._tools.pace.verify)
            listens = self._listen_for(step, attempt.id, status.worked_at or attempt.started_at)
            self._listeners[status.id] = self._background(listens)

    async def _attend(self, step: Step, attempt: AttemptId) -> None:
        strategy = self._tools.strategies[step.strategy or ""]
        assignment = Assignment(attempt.run, step, attempt.number, self._tools.executor.folder(attempt))
        try:
            ending = await self._tools.executor.run(attempt, lambda: job_for(strategy, assignment))
        except NoJob as error:
            ending = NotStarted(str(error))
        self._hear(_Worked(attempt, ending, verdict_on(strategy, assignment, ending)))

    async def _listen_for(self, step: Step, attempt: AttemptId, since: datetime) -> None:
        def keep(sentences: tuple[str, ...]) -> None:
            self._silence[step.id] = sentences

        await until_heard_of(services_of(step), since, self._tools, keep)
        self._hear(_HeardOf(attempt))

    def _hear(self, piece: _Worked | _HeardOf) -> None:
        self._news.append(piece)
        self._bell.set()

    async def _tick(self) -> None:
        while True:
            await self._tools.clock.sleep(self._tools.pace.tick)
            self._age += self._tools.pace.tick
            self._listens = True
            self._bell.set()

    async def _await_stop(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._bell.set()

    def _background(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._over)
        return task

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failure = task.exception()
            self._bell.set()

    async def _drop_tasks(self) -> None:
        """Wait for nothing any more. Attempts are not ours to end: they go on."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # Small words

    def _now(self) -> datetime:
        return self._tools.clock.now()

    def _in_flight(self) -> list[str]:
        return [status.id for status in self._board.statuses() if status.state in IN_FLIGHT]
