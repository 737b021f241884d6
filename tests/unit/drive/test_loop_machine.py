"""The real loop under any interleaving of what may happen to a run: how attempts end, what people say, who dies when.

tests/unit/run/test_run_machine.py holds what is decided against an oracle, step by step. Here nothing is known of how
the loop goes about it: the journal and the world say whether what was promised is kept. STAIRLIFT_EXAMPLES says how
many lives of runs are looked at; `make proof` asks for many more.
"""

import asyncio
import os
from contextlib import suppress
from dataclasses import replace

from hypothesis import note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from offers import agree
from stairlift.drive.begin import new_run
from stairlift.drive.choices import choices
from stairlift.drive.commands import tell
from stairlift.drive.loop import carry_out
from stairlift.drive.resting import obey
from stairlift.drive.tools import Pace, Tools
from stairlift.model.errors import Refusal, StairliftError
from stairlift.model.plan import Plan, Step
from stairlift.model.plan_document import to_document
from stairlift.model.run import (
    FINAL_RUN_STATES,
    IN_FLIGHT,
    SETTLED,
    UNWELL,
    AttemptId,
    Command,
    Ended,
    Ending,
    Lost,
    NotStarted,
    Run,
    RunState,
    StepState,
    StepStatus,
)
from stairlift.model.scope import Scope
from stairlift.model.work import Outcome
from stairlift.run.undoing import must_go_back
from stairlift.store.memory import MemoryStore
from stairlift.testing.doubles import ScriptedStrategy
from worlds import MadeTime, Registry, World, places, plans, quiet

EXAMPLES = int(os.environ.get("STAIRLIFT_EXAMPLES", "60"))
PACE = Pace(tick=5.0, lease=30.0, verify=60.0, probe=5.0, probe_most=10.0)
RESTS = frozenset({RunState.PAUSED, RunState.WAITING, RunState.FAILED, RunState.CANCELLED})
ORDERS = (
    *[("pause", {})] * 3,
    *[("rollback", {})] * 2,
    ("cancel", {}),
    ("cancel", {"now": True}),
    ("stop-after", {"stage": "prepare"}),
    ("stop-after", {"stage": "control"}),
)
ENDINGS = ("done", "done", "failed", "temporary", "temporary", "unknown", "lost", "lost with remains", "never ran")


class LoopMachine(RuleBasedStateMachine):
    """One run, its orchestrators one after the other, and its world."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.orchestrator: asyncio.Task[Run] | None = None

    @initialize(
        plan=plans(failing=("stop", "pause", "ask"), can_undo=True),
        approve_all=st.booleans(),
        repeatable=st.booleans(),
        retries=st.integers(0, 2),
    )
    def begin(self, plan: Plan, *, approve_all: bool, repeatable: bool, retries: int) -> None:
        self.plan = replace(plan, retries=retries, retry_after=20)
        self.approve_all = approve_all
        self.store, self.clock, self.registry = MemoryStore(), MadeTime(), Registry()
        self.world = World(self.clock, self.may_begin)
        strategies = dict.fromkeys(("command", "serial"), ScriptedStrategy({"repeatable": repeatable}))
        self.tools = Tools(self.store, self.world, strategies, self.clock, self.registry, pace=PACE)
        self.settled: set[str] = set()
        self.over: tuple[object, ...] | None = None
        self.told = 0
        self.wrong: list[str] = []
        with self.store.hold(plan.cloud) as journal:
            self.id = new_run(journal, self.plan, to_document(self.plan), now=self.clock.now(), actor="ada").id
        self.take_up()

    # What is there

    @property
    def run(self) -> Run:
        return self.store.run(self.id)

    def statuses(self) -> dict[str, StepStatus]:
        return {status.id: status for status in self.store.steps(self.id)}

    def those(self, *states: StepState) -> list[str]:
        return [name for name, status in self.statuses().items() if status.state in states]

    def step(self, name: str) -> Step:
        found = self.plan.step(name)
        assert found is not None
        return found

    def lets(self, seconds: float = 0.0) -> None:
        """Let so much time pass, and everybody do what they do."""
        self.loop.run_until_complete(self._lets(seconds))
        assert not self.wrong, self.wrong
        if self.orchestrator is not None and self.orchestrator.done():
            task, self.orchestrator = self.orchestrator, None
            if not task.cancelled():
                assert task.result() == self.run

    async def _lets(self, seconds: float) -> None:
        await quiet()
        await self.clock.passes(seconds)
        await quiet()

    async def _orchestrate(self) -> Run:
        with self.store.hold(self.plan.cloud) as journal:
            self.stop = asyncio.Event()
            await obey(journal, self.plan, self.id, self.tools)
            return await carry_out(
                journal, self.plan, self.id, self.tools, stop=self.stop, approve_all=self.approve_all
            )

    # What must hold when an attempt begins

    def may_begin(self, attempt: AttemptId) -> None:
        for says, holds in self.demands(attempt):
            if not holds:
                self.wrong.append(f"{attempt} begins, but {says} is not so")

    def demands(self, attempt: AttemptId):
        run, statuses, step = self.run, self.statuses(), self.step(attempt.step)
        *_, recorded = self.store.attempts(self.id, attempt.step)
        alive = [other for other in self.world.alive() if other != attempt]
        yield "it is on record and is the newest", recorded.id == attempt and recorded.result is None
        yield "the run goes", run.state is (RunState.ROLLING_BACK if recorded.undo else RunState.RUNNING)
        yield "nobody wants it to rest", not run.reason.startswith("pausing") and run.intent != "cancel"
        yield "no other attempt at it is alive", not [a for a in alive if a.step == attempt.step]
        serial = [a for a in alive if self.step(a.step).strategy == "serial"]
        yield "its binding bears it", step.strategy != "serial" or not serial
        busy = [name for name, status in statuses.items() if status.state in IN_FLIGHT]
        taken = places(self.plan, busy)
        yield "there is room", all(taken[key] <= wide for key, wide in self.plan.windows.items() if key in taken)
        if recorded.undo:
            later = [s for s in self.plan.steps if step.id in (*s.needs, *s.after)]
            yield "what came later is undone", not [s for s in later if must_go_back(s, statuses[s.id])]
            yield "its strategy vouches for the way back", getattr(self.plan.binding(step), "can_undo", False)
            yield "it was done before", recorded.id.number > 1
        else:
            yield "what it needs is there", all(self.through(need) for need in step.needs)
            yield "it is approved", not step.one_way or statuses[step.id].approved or run.approve_all
            yield "it is within the scope", not Scope.of(run).open or step.stage in Scope.of(run).open

    def through(self, name: str) -> bool:
        """Done, or left out; where that was before its turn, what it stands on is there."""
        status = self.statuses()[name]
        waits = status.state is StepState.SKIPPED and not status.attempt
        return status.state in SETTLED and (not waits or all(map(self.through, self.step(name).needs)))

    # What happens

    @precondition(lambda self: self.orchestrator is None)
    @rule()
    def take_up(self) -> None:
        self.orchestrator = self.loop.create_task(self._orchestrate())
        self.lets()

    @precondition(lambda self: self.orchestrator is not None)
    @rule()
    def the_orchestrator_is_killed(self) -> None:
        assert self.orchestrator is not None
        self.orchestrator.cancel()
        self.lets()
        assert self.orchestrator is None

    @precondition(lambda self: self.orchestrator is not None)
    @rule()
    def the_orchestrator_detaches(self) -> None:
        self.stop.set()
        self.lets()
        assert self.orchestrator is None

    @precondition(lambda self: self.orchestrator is not None)
    @rule()
    def a_second_one_is_refused(self) -> None:
        before = self.store.events(self.id)
        with suppress(Refusal):
            self.loop.run_until_complete(self._orchestrate())
            raise AssertionError("two orchestrators of one cloud")
        assert self.store.events(self.id) == before

    @precondition(lambda self: self.world.at_work())
    @rule(data=st.data(), how=st.sampled_from(ENDINGS))
    def an_attempt_ends(self, data, how: str) -> None:
        attempt = data.draw(st.sampled_from(self.world.at_work()))
        note(f"{attempt}: {how}")
        self.world.ends(attempt, self.ending(how), leaves=how == "lost with remains")
        self.lets()

    def ending(self, how: str) -> Ending:
        codes = {"done": 0, "failed": 3, "temporary": 69, "unknown": 75}
        if how in codes:
            return Ended(Outcome(codes[how]), self.clock.now())
        return NotStarted("no such program") if how == "never ran" else Lost("its machine died")

    @precondition(lambda self: self.world.at_work())
    @rule()
    def all_goes_well_for_a_while(self) -> None:
        for attempt in self.world.at_work():
            self.world.ends(attempt, self.ending("done"))
        self.lets(6.0)

    @precondition(lambda self: self.world.at_work())
    @rule()
    def the_machine_is_rebooted(self) -> None:
        """Everything dies at once: the orchestrator, and all attempts."""
        if self.orchestrator is not None:
            self.orchestrator.cancel()
            self.lets()
        for attempt in self.world.at_work():
            self.world.ends(attempt, Lost("its machine died"))
        self.world.sweep()

    @precondition(lambda self: len(self.world.alive()) > len(self.world.at_work()))
    @rule()
    def what_was_left_ends(self) -> None:
        self.world.sweep()

    @rule(host=st.sampled_from(["h0", "h1", "h2"]))
    def services_fall_silent_or_report(self, host: str) -> None:
        self.registry.silent ^= {host}

    @rule(seconds=st.sampled_from([1.0, 6.0, 25.0, 70.0]))
    def time_passes(self, seconds: float) -> None:
        self.lets(seconds)

    @rule(data=st.data(), kind=st.sampled_from(["approve", "retry", "skip"]))
    def somebody_speaks_of_a_step(self, data, kind) -> None:
        self.tells(kind, data.draw(st.sampled_from([step.id for step in self.plan.steps])))

    @precondition(lambda self: self.store.attempts(self.id))
    @rule(order=st.sampled_from(ORDERS))
    def somebody_speaks_of_the_run(self, order) -> None:
        kind, details = order
        self.tells(kind, "", details)

    def tells(self, kind, step: str, details=None) -> None:
        """As the command line does it: on record if it is legal; acted on at once, or by who orchestrates."""
        self.told += 1
        command = Command(
            f"c{self.told}", self.id, kind, step, "bob", "because", self.clock.now(), details=details or {}
        )
        try:
            tell(self.store, self.plan, command)
        except StairliftError as error:
            note(f"{kind} {step}: {error.brief}")
            return
        if self.orchestrator is None:
            with self.store.hold(self.plan.cloud) as journal:
                self.loop.run_until_complete(obey(journal, self.plan, self.id, self.tools))
        self.lets(6.0)

    # What must hold at any time

    @invariant()
    def attempts_are_counted_and_closed(self) -> None:
        numbers: dict[str, list[int]] = {step.id: [] for step in self.plan.steps}
        for attempt in self.store.attempts(self.id):
            numbers[attempt.id.step].append(attempt.id.number)
            newest = self.statuses()[attempt.id.step]
            in_flight = newest.attempt == attempt.id.number and newest.state in IN_FLIGHT
            assert attempt.result is not None or in_flight, f"{attempt.id} was forgotten"
        for name, status in self.statuses().items():
            assert numbers[name] == list(range(1, status.attempt + 1))

    @invariant()
    def what_is_settled_stays_but_for_a_rollback(self) -> None:
        settled = set(self.those(*SETTLED))
        lost = self.settled - settled
        back = {StepState.UNDOING, StepState.UNDONE, StepState.UNDO_FAILED}
        assert all(self.statuses()[name].state in back for name in lost)
        assert not lost or self.run.intent != "go"
        self.settled = settled

    @invariant()
    def what_is_taken_back_was_done_before(self) -> None:
        for name in self.those(StepState.UNDONE):
            first, *_, last = self.store.attempts(self.id, name)
            assert (first.undo, last.undo, last.result) == (False, True, "done")

    @invariant()
    def nothing_is_tried_again_by_itself_more_often_than_the_plan_says(self) -> None:
        tries: dict[str | None, int] = {}
        for event in self.store.events(self.id):
            if event.kind == "step.retried":
                tries[event.step] = 0
            elif event.kind == "step.retrying":
                tries[event.step] = tries.get(event.step, 0) + 1
                assert tries[event.step] <= self.plan.retries

    @invariant()
    def who_rests_says_why_and_who_is_over_stays_so(self) -> None:
        run = self.run
        assert bool(run.reason) or run.state not in RESTS
        if run.state in (RunState.WAITING, RunState.FAILED, RunState.PAUSED, *FINAL_RUN_STATES):
            assert self.orchestrator is None
            assert not self.those(*IN_FLIGHT)
        if run.state is RunState.DONE:
            assert set(self.those(*SETTLED)) == {step.id for step in self.plan.steps}
        if run.state is RunState.ROLLED_BACK:
            assert not [s for s in self.plan.steps if must_go_back(s, self.statuses()[s.id])]
        if run.state in FINAL_RUN_STATES:
            now = (run, tuple(self.statuses().values()), self.store.attempts(self.id))
            assert self.over in (None, now)
            self.over = now

    @invariant()
    def the_journal_has_no_gap(self) -> None:
        events = self.store.events(self.id)
        assert [event.seq for event in events] == list(range(1, len(events) + 1))

    @invariant()
    def what_is_offered_would_be_put_on_record_and_nothing_else(self) -> None:
        if not hasattr(self, "id"):
            return
        found = choices(self.store, self.run)
        agree(self.store, self.plan, found)
        offered = {(choice.verb, choice.step) for choice in found.actions}
        for name in self.those(*UNWELL, StepState.RETRYING):
            assert {("retry", name), ("skip", name)} <= offered
        assert {ask.step for ask in found.approvals} >= set(self.those(StepState.WAITING))

    # Whatever happened, somebody can bring it to its end

    def teardown(self) -> None:
        try:
            if hasattr(self, "id"):
                self.bring_to_its_end()
        finally:
            if self.orchestrator is not None:
                self.orchestrator.cancel()
                self.loop.run_until_complete(quiet())
            self.loop.close()

    def bring_to_its_end(self) -> None:
        self.registry.silent.clear()
        for _ in range(4 * len(self.plan.steps) + 8):
            if self.run.state in FINAL_RUN_STATES:
                return
            self.world.sweep()
            if self.orchestrator is None:
                self.help()
                self.take_up()
            for attempt in self.world.at_work():
                self.world.ends(attempt, self.ending("done"))
            self.lets(90.0)
        raise AssertionError(f"it does not come to its end: {self.run.state}, {self.run.reason}: {self.statuses()}")

    def help(self) -> None:
        """What `status` asks a person for."""
        for name in self.those(*UNWELL):
            self.tells("retry", name)
        for name in self.those(StepState.WAITING):
            self.tells("approve", name)


LoopMachine.TestCase.settings = settings(max_examples=EXAMPLES, stateful_step_count=40, deadline=None)
TestLoopMachine = LoopMachine.TestCase
