"""A run's loop against its twins: a store in memory, attempts as coroutines, a clock that runs fast."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from stairlift.drive.begin import new_run
from stairlift.drive.commands import tell
from stairlift.drive.loop import carry_out
from stairlift.drive.tools import Pace, Tools
from stairlift.execute.inprocess import InProcessExecutor
from stairlift.model.plan import Plan
from stairlift.model.run import AttemptId, Command, Run, StepState
from stairlift.model.scope import Scope
from stairlift.model.work import Job, Outcome
from stairlift.store.memory import MemoryStore
from stairlift.testing.doubles import FastClock, ScriptedFreshness, ScriptedStrategy

Work = Callable[[AttemptId, Job], Awaitable[Outcome]]


@dataclass
class Lab:
    """A plan, where it stands and what carries it out. `outcomes` are return codes by step, one per attempt, then 0."""

    plan: Plan
    outcomes: dict[str, list[int]] = field(default_factory=dict)
    lasting: float = 0.0
    store: MemoryStore = field(default_factory=MemoryStore)
    freshness: ScriptedFreshness | None = None
    pace: Pace = field(default_factory=Pace)
    strategy: ScriptedStrategy = field(default_factory=ScriptedStrategy)
    clock: FastClock = field(default_factory=lambda: FastClock(400))
    jobs: list[tuple[AttemptId, Job]] = field(default_factory=list)
    running: set[str] = field(default_factory=set)
    most: int = 0
    run: Run | None = None
    on_event: Callable | None = None
    scope: Scope = field(default_factory=Scope)

    def __post_init__(self) -> None:
        self.executor = InProcessExecutor(self._work, self.clock.now)

    async def _work(self, attempt: AttemptId, job: Job) -> Outcome:
        recorded = self.store.attempts(attempt.run, attempt.step)[-1]
        assert recorded.id == attempt, "the intent is on record before the work begins"
        assert recorded.result is None
        self.jobs.append((attempt, job))
        self.running.add(attempt.step)
        self.most = max(self.most, len(self.running))
        await asyncio.sleep(self.lasting)
        self.running.discard(attempt.step)
        codes = self.outcomes.get(attempt.step, [])
        return Outcome(codes.pop(0) if codes else 0)

    def tools(self, **changes) -> Tools:
        tools = Tools(
            self.store,
            self.executor,
            {binding.id: self.strategy for binding in self.plan.bindings},
            self.clock,
            self.freshness,
            self.on_event,
            self.pace,
        )
        return replace(tools, **changes)

    async def go(self, *, approve_all: bool = False, **changes) -> Run:
        """One orchestrator: begins the run, or takes it up."""
        self.stop = asyncio.Event()
        with self.store.hold(self.plan.cloud) as journal:
            if self.run is None:
                self.run = new_run(
                    journal, self.plan, {}, now=self.clock.now(), actor="ann", options=self.scope.options()
                )
            tools = self.tools(**changes)
            self.run = await carry_out(journal, self.plan, self.run.id, tools, stop=self.stop, approve_all=approve_all)
            return self.run

    def state(self, step: str) -> StepState:
        return self.status(step).state

    def status(self, step: str):
        return next(s for s in self.store.steps(self.run.id) if s.id == step)

    def kinds(self) -> list[str]:
        return [event.kind for event in self.store.events(self.run.id)]

    def tell(self, kind: str, step: str = "", reason: str = "because", command_id: str = "", **details) -> Command:
        name = command_id or f"{kind}-{step}-{len(self.store.commands(self.run.id))}"
        command = Command(name, self.run.id, kind, step, "bob", reason, self.clock.now(), details=details)
        return tell(self.store, self.plan, command)

    async def until(self, holds: Callable[[], bool]) -> None:
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


def play(work: Awaitable) -> object:
    return asyncio.run(asyncio.wait_for(work, 20))
