"""The run's loop: it hears what happened, decides, puts it on record, and only then acts."""

import asyncio
from dataclasses import replace
from datetime import datetime
from itertools import chain

from stairlift.drive.answers import Answers
from stairlift.drive.attending import Attending
from stairlift.drive.errands import Errands
from stairlift.drive.heading import Heading
from stairlift.drive.holding import Holding
from stairlift.drive.ledger import Ledger
from stairlift.drive.restoring import put_back
from stairlift.drive.tools import Tools
from stairlift.model.errors import Refusal
from stairlift.model.plan import Plan
from stairlift.model.run import (
    FINAL_RUN_STATES,
    IN_FLIGHT,
    SETTLED,
    Change,
    CommandKind,
    Run,
    RunState,
    StepState,
    StepStatus,
)
from stairlift.model.scope import Scope
from stairlift.ports import Journal
from stairlift.run import (
    AskApproval,
    Board,
    Decision,
    Finish,
    GiveUp,
    Halt,
    PassGate,
    Start,
    TakeBack,
    changes,
    graph,
)
from stairlift.run.commands import covers


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
    bind(board, run)
    _demand_strategies(board, tools)
    tools.executor.open_run(run_id, begun=run.started_at is not None)
    return await _Loop(journal, run, board, tools).carry_out(stop)


def bind(board: Board, run: Run) -> None:
    """Let the board hold what the run was told for good: how far it may go, and that it was given up."""
    if (scope := Scope.of(run)) != board.scope:
        board.confine(scope)
    halt = Halt.of(run)
    if halt is not None and (board.halt is None or halt.state is RunState.CANCELLED):
        board.halt = halt


def _demand_strategies(board: Board, tools: Tools) -> None:
    """Of a run that only comes to its end, those of what is in flight are enough."""
    needed = [status for status in board.statuses() if status.state not in SETTLED]
    left = (status.id for status in needed if board.halt is None or status.state in IN_FLIGHT)
    steps = (step for step in map(board.step, left) if step.action != "approve")
    helpless = [step.id for step in steps if step.strategy not in tools.strategies]
    if helpless:
        raise Refusal(
            code="run.no_strategy",
            brief=f"no strategy carries out {', '.join(helpless[:3])}{' and others' if len(helpless) > 3 else ''}",
            resolution="Add a [[strategy]] entry to stairlift.toml that matches, and plan again.",
        )


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
        self._answers = Answers(board, tools)
        self._heading = Heading(board, tools)
        self._errands = Errands()
        self._ledger = Ledger(board, tools, tools.store.effects(run.id))
        self._attending = Attending(self._ledger, tools, self._errands.begin, self._errands.ring)
        self._holding = Holding(self._ledger, tools, self._errands)
        self._age = self._wrote = 0.0
        self._listens = True

    async def carry_out(self, stop: asyncio.Event) -> Run:
        """Turn after turn, until the run comes to rest or `stop` is set."""
        try:
            self._begin()
            self._errands.begin(self._tick())
            self._errands.begin(self._await_stop(stop))
            self._errands.begin(self._holding.metering.attend())
            self._errands.begin(self._holding.metering.watch(self._tools.clock, self._errands.ring))
            while not stop.is_set():
                if await self._turn():
                    return self._run
                await self._errands.rung()
            self._record([*self._take_in(self._now()), changes.detached(self._in_flight(), self._now())])
            return self._run
        finally:
            await self._errands.drop()

    # Turns

    def _begin(self) -> None:
        """Take the run up: approve what the blanket covers, adopt what is in flight."""
        now, statuses = self._now(), list(self._board.statuses())
        begun = changes.begun(self._run, now, approve_all=self._board.approve_all, actor=self._tools.actor)
        made = [self._applied(replace(begun, effects=self._holding.metering.effects(self._ledger.effects(), now)))]
        if self._board.approve_all:
            waiting = (status for status in statuses if status.state is StepState.WAITING)
            made += [self._applied(self._agreed(status, now)) for status in waiting]
        self._record(made)
        for status in statuses:
            if status.state in IN_FLIGHT or status.state is StepState.RETRYING:
                attempts = self._tools.store.attempts(self._run.id, status.id)
                newest = max(attempts, key=lambda attempt: attempt.id.number)
                self._attending.follow(status, newest, self._age, adopted=True)

    def _agreed(self, status: StepStatus, now: datetime) -> Change:
        what, plan = covers(self._board.step(status.id)), self._run.plan_hash
        return changes.agreed(status, what, now, plan=plan, actor=self._tools.actor)

    async def _turn(self) -> bool:
        """Take in what happened and act on it; whether the run came to rest."""
        self._errands.heard()
        now = self._now()
        made = [*self._take_in(now), *await self._obey(now), *self._hold(now)]
        made += [self._applied(change) for change in await self._heading.turned(self._run, now)]
        made += [self._applied(change) for change in self._attending.remarks(now)]
        finish: Finish | None = None
        while finish is None and (decisions := self._holding.allowed(self._heading.decisions(self._age))):
            finish = next((d for d in decisions if isinstance(d, Finish)), None)
            made += [self._applied(self._change(decision, now)) for decision in decisions if decision is not finish]
        self._holding.guard.turned()
        made += [self._applied(change) for change in self._holding.surrounding.intended(now)]
        self._record(made)
        self._holding.surrounding.go_on(self._errands.begin)
        for change in made:
            if change.step is not None and change.kind != "step.missing":  # that moves nothing
                self._attending.follow(change.step, change.attempt, self._age)
        self._cut_off()
        if finish is not None:
            await self._come_to_rest(finish)
        return finish is not None

    async def _come_to_rest(self, finish: Finish) -> None:
        """Put back what was changed on the way, then rest. The board is not asked again: it would begin that anew.

        That can take minutes, so a cancel is obeyed meanwhile; what else is told is for whoever takes the run up again.
        """
        async for made in put_back(self._ledger, self._tools):
            self._record([*map(self._applied, made), *await self._obey(self._now(), only="cancel")])
        halt = Halt.of(self._run)
        if halt is not None and halt.state is RunState.CANCELLED and finish.state not in FINAL_RUN_STATES:
            finish = Finish(halt.state, halt.reason)
        self._record([self._applied(self._change(finish, self._now()))])

    def _cut_off(self) -> None:
        """Wait no longer for what is in flight, where the run was told so."""
        halt = self._board.halt
        if halt is not None and halt.now:
            for number in sorted(self._board.in_flight):
                self._attending.cut_off(self._board.id(number), "it was ended by cancel --now")

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
            self._heading.move(change.step)
        self._ledger.take(change.effects)
        if change.run is not None:
            self._run = change.run
            bind(self._board, change.run)
        return change

    # What becomes a change

    def _take_in(self, now: datetime) -> list[Change]:
        told = (self._attending.told(piece, self._run, now) for piece in self._attending.news())
        return [
            self._applied(change) for change in chain(told, self._holding.surrounding.told(now)) if change is not None
        ]

    def _change(self, decision: Decision, now: datetime) -> Change:
        match decision:
            case Start(step):
                return self._ledger.beginning(changes.started(self._run.id, self._board.status(step), now), now)
            case TakeBack(step):
                return self._ledger.beginning(changes.undoing(self._run.id, self._board.status(step), now), now)
            case AskApproval(step):
                return changes.asked(self._board.status(step), now, self._holding.keeping.evidence(step))
            case PassGate(step):
                return changes.passed(self._board.status(step), now)
            case GiveUp(step):
                attempt, why = self._attending.attempt(step), self._attending.silence(step)
                return changes.silent(self._board.status(step), attempt, why, now)
            case Finish(state, reason, within_scope, cause):
                run = Scope().on(self._run) if within_scope else self._run
                return changes.finished(run, state, reason, now, cause=cause)

    async def _obey(self, now: datetime, *, only: CommandKind | None = None) -> list[Change]:
        """Act on what people told the run. Looked for at every tick, not at every turn."""
        if not self._listens:
            return []
        self._listens = False
        due = [command for command in self._answers.due(self._run.id) if only in (None, command.kind)]
        return [self._applied(await self._answers.to(command, self._run, now)) for command in due]

    def _hold(self, now: datetime) -> list[Change]:
        """Nothing starts any more once somebody speaks against it."""
        halt = self._holding.halt(self._run)
        if self._board.halt is not None or halt is None or halt.cause is None:
            return []
        self._board.halt = halt
        return [self._applied(changes.held(self._run, halt.reason, halt.cause, now))]

    # What waits for the world

    async def _tick(self) -> None:
        while True:
            await self._tools.clock.sleep(self._tools.pace.tick)
            self._age += self._tools.pace.tick
            self._attending.end_overdue(self._age)
            self._listens = True
            self._errands.ring()

    async def _await_stop(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._errands.ring()

    # Small words

    def _now(self) -> datetime:
        return self._tools.clock.now()

    def _in_flight(self) -> list[str]:
        return [status.id for status in self._board.statuses() if status.state in IN_FLIGHT]
