"""Any interleaving of outcomes, commands and crashes keeps what a run promises.

The oracle works everything out from the statuses alone, slowly and plainly; the board keeps it up move by move.
STAIRLIFT_EXAMPLES says how many lives of runs are looked at; `make proof` asks for many more.
"""

import os
from collections import Counter, defaultdict

from hypothesis import note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from stairlift.model.plan import ONCE_ACTIONS, Plan, Step
from stairlift.model.run import IN_FLIGHT, SETTLED, UNWELL, RunState, StepState, StepStatus
from stairlift.model.scope import Scope
from stairlift.run import AskApproval, Board, Finish, GiveUp, Halt, PassGate, Start, decide, graph
from stairlift.run.commands import ComeTrue, step_judgement
from stairlift.run.transitions import STEP_MOVES
from worlds import plans

EXAMPLES = int(os.environ.get("STAIRLIFT_EXAMPLES", "150"))

P, W, R, V, D, F, U, K, T = (
    StepState.PENDING,
    StepState.WAITING,
    StepState.RUNNING,
    StepState.VERIFYING,
    StepState.DONE,
    StepState.FAILED,
    StepState.UNKNOWN,
    StepState.SKIPPED,
    StepState.RETRYING,
)


class Oracle:
    """What must be, from a plan and where its steps stand."""

    def __init__(
        self, plan: Plan, statuses: dict[str, StepStatus], scope: Scope, due: set[str], *, approve_all: bool
    ) -> None:
        self.plan = plan
        self.due = due
        self.scope = scope
        self.at = {name: status.state for name, status in statuses.items()}
        self.began = {name for name, status in statuses.items() if status.attempt}
        self.approved = {name for name, status in statuses.items() if status.approved or approve_all}
        self.units = defaultdict(list)
        for step in plan.steps:
            self.units[step.unit or step.id].append(step)

    def started(self, name: str) -> None:
        self.at[name] = R
        self.began.add(name)

    def down(self, name: str) -> bool:
        if self.at[name] in UNWELL:
            return True
        left_out = self.at[name] is K and name not in self.began
        return (self.at[name] in (P, W) or left_out) and any(self.down(need) for need in self.step(name).needs)

    def through(self, name: str) -> bool:
        """To leave out a step before its turn lets nothing behind it start earlier."""
        return self.at[name] is D or (self.at[name] is K and self.turn_has_come(self.step(name)))

    def turn_has_come(self, step: Step) -> bool:
        """Of what has begun only that holds it up which it needs and was reopened since."""
        if step.id not in self.began:
            return self.free(step)
        return all(self.through(need) for need in step.needs if need in self.began)

    def free(self, step: Step) -> bool:
        needs = all(map(self.through, step.needs))
        return needs and all(self.through(other) or self.down(other) for other in step.after)

    def step(self, name: str) -> Step:
        return next(step for step in self.plan.steps if step.id == name)

    def is_open(self, unit: str) -> bool:
        steps = self.units[unit]
        return any(s.id in self.began for s in steps) and not all(self.at[s.id] in SETTLED for s in steps)

    def places(self, unit: str) -> Counter:
        hosts = defaultdict(set)
        for step in self.units[unit]:
            for slot in step.slots:
                hosts[slot].update(step.hosts)
        return Counter({slot: len(names) for slot, names in hosts.items()})

    def used(self) -> Counter:
        return sum((self.places(unit) for unit in self.units if self.is_open(unit)), Counter())

    def serial_is_busy(self, binding: str) -> bool:
        return any(s.strategy == binding and self.at[s.id] in (R, U) for s in self.plan.steps)

    def overspent(self) -> bool:
        failing = defaultdict(set)
        for step in self.plan.steps:
            if self.at[step.id] in UNWELL:
                if not step.budgets:
                    return True
                for key in step.budgets:
                    failing[key].update(step.hosts)
        return any(len(hosts) > self.plan.budgets.get(key, 0) for key, hosts in failing.items())

    def its_turn(self, step: Step) -> bool:
        return self.could(step) and (not self.scope.open or step.stage in self.scope.open)

    def could(self, step: Step) -> bool:
        return self.at[step.id] in (T, P) and self.turn_has_come(step)

    def asks(self, step: Step) -> bool:
        mark = step.one_way or step.action == "approve"
        return mark and self.at[step.id] is P and step.id not in self.approved

    def may_start(self, step: Step) -> bool:
        if not self.its_turn(step) or self.asks(step) or step.action == "approve":
            return False
        if self.at[step.id] is T and step.id not in self.due:
            return False
        if step.strategy == "serial" and self.serial_is_busy("serial"):
            return False
        unit = step.unit or step.id
        used, wanted = self.used(), Counter() if self.is_open(unit) else self.places(unit)
        return all(used[key] + hosts <= self.plan.windows[key] for key, hosts in wanted.items())

    def starts(self) -> list[str]:
        """The first in the plan that may start, then the next, until none may."""
        found = []
        while (step := next((s for s in self.plan.steps if self.may_start(s)), None)) is not None:
            self.started(step.id)
            found.append(step.id)
        return found


class RunMachine(RuleBasedStateMachine):
    """The loop's moves, in any order; the world's answers, of any kind."""

    @initialize(plan=plans(), approve_all=st.booleans())
    def begin(self, plan: Plan, approve_all: bool) -> None:
        self.plan = plan
        self.approve_all = approve_all
        self.board = Board(graph(plan), [], approve_all=approve_all)
        self.statuses = {step.id: StepStatus(step.id) for step in plan.steps}
        self.over: set[str] = set()
        self.scope, self.held = Scope(), False
        self.now = 0.0
        self.until: dict[str, float] = {}

    def go(self, name: str, state: StepState, **changes) -> None:
        old = self.statuses[name]
        assert (old.state, state) in STEP_MOVES
        attempt = old.attempt + (state is R)
        retries = old.retries + (state is T)
        new = StepStatus(name, state, attempt, changes.get("approved", old.approved), retries=retries)
        note(f"{name}: {old.state} -> {state}")
        self.statuses[name] = new
        self.board.move(new)
        self.until.pop(name, None)
        if state in (V, T):
            self.wait(self.board, name)

    def wait(self, board: Board, name: str) -> None:
        self.until[name] = self.now + (180 if self.statuses[name].state is V else 30)
        board.watch(name, self.until[name])

    def those(self, *states: StepState) -> list[str]:
        return [name for name, status in self.statuses.items() if status.state in states]

    def oracle(self) -> Oracle:
        due = {name for name, until in self.until.items() if until <= self.now}
        return Oracle(self.plan, self.statuses, self.scope, due, approve_all=self.approve_all)

    @rule()
    def turn(self) -> None:
        oracle = self.oracle()
        asking = [s.id for s in self.plan.steps if oracle.its_turn(s) and oracle.asks(s)]
        passing = [s.id for s in self.plan.steps if oracle.its_turn(s) and s.action == "approve" and not oracle.asks(s)]
        allowed = not oracle.overspent() and not self.held
        expected = oracle.starts() if allowed else []
        decisions = decide(self.board, self.now)
        assert not any(isinstance(d, GiveUp) for d in decisions)
        assert [d.step for d in decisions if isinstance(d, AskApproval)] == (asking if allowed else [])
        assert [d.step for d in decisions if isinstance(d, PassGate)] == (passing if allowed else [])
        assert sorted(d.step for d in decisions if isinstance(d, Start)) == sorted(expected)
        for decision in decisions:
            match decision:
                case Start(step):
                    self.go(step, R)
                case AskApproval(step):
                    self.go(step, W)
                case PassGate(step):
                    self.go(step, D)
                case Finish(state, reason):
                    self.check_finish(state, reason, allowed)

    def check_finish(self, state: RunState, reason: str, allowed: bool) -> None:
        assert not self.those(*IN_FLIGHT)
        assert not allowed or not self.may_start_again()
        if self.oracle().overspent():
            assert state is (RunState.FAILED if self.plan.on_failure == "stop" else RunState.PAUSED)
        elif not self.those(P, W, F, U, T):
            assert state is RunState.DONE
        elif not allowed:
            assert state is RunState.PAUSED
        elif self.those(W):
            assert state is RunState.WAITING
        elif any(self.oracle().could(step) and not self.oracle().its_turn(step) for step in self.plan.steps):
            assert state is (RunState.PAUSED if self.scope.approved else RunState.WAITING)
        else:
            assert state is (RunState.FAILED if self.plan.on_failure == "stop" else RunState.PAUSED)
            assert self.those(F, U)
        assert bool(reason) == (state is not RunState.DONE)

    def may_start_again(self) -> bool:
        """Whether it is only a matter of time: nobody has to free what a lost process may still hold."""
        oracle = self.oracle()
        again = [step for step in map(oracle.step, self.those(T)) if oracle.its_turn(step)]
        return any(step.strategy != "serial" or not oracle.serial_is_busy("serial") for step in again)

    @precondition(lambda self: self.those(R))
    @rule(data=st.data(), to=st.sampled_from([V, D, F, U, T, T]))
    def attempt_ends(self, data, to: StepState) -> None:
        self.go(data.draw(st.sampled_from(self.those(R))), to)

    @precondition(lambda self: self.those(V))
    @rule(data=st.data(), to=st.sampled_from([D, F]))
    def verification_ends(self, data, to: StepState) -> None:
        self.go(data.draw(st.sampled_from(self.those(V))), to)

    @precondition(lambda self: self.those(V, T))
    @rule(seconds=st.sampled_from([31, 181]))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds
        late = [name for name in self.those(V) if self.until[name] <= self.now]
        if late:
            assert decide(self.board, self.now) == [GiveUp(name) for name in late]
        for name in late:
            self.go(name, F)

    def fences(self) -> list[str]:
        """What is done, and has to be done again where its unit is to go on after a rest."""
        going = {s.unit for s in self.plan.steps if s.unit and self.statuses[s.id].state not in SETTLED}
        built_on = {need for s in self.plan.steps if self.statuses[s.id].state in (R, V, D) for need in s.needs}
        done = (s for s in self.plan.steps if s.id in self.those(D) and self.statuses[s.id].attempt)
        return [s.id for s in done if s.unit in going and s.id not in built_on]

    @precondition(lambda self: not self.those(R, V) and self.fences())
    @rule(data=st.data())
    def what_it_made_is_put_back_while_it_rests(self, data) -> None:
        name = data.draw(st.sampled_from(self.fences()))
        self.go(name, P, approved=self.statuses[name].approved)
        self.over.discard(name)

    @rule(data=st.data(), kind=st.sampled_from(["approve", "retry", "skip"]))
    def a_person_speaks(self, data, kind) -> None:
        name = data.draw(st.sampled_from(sorted(self.statuses)))
        step, status = self.oracle().step(name), self.statuses[name]
        met = step_judgement(kind, step, status, RunState.RUNNING)
        if isinstance(met, ComeTrue):
            assert status.state is K if kind == "skip" else status.approved
            return
        refused = met
        legal = {
            "approve": (step.one_way or step.action == "approve") and not status.approved and status.state in (P, W),
            "retry": status.state in UNWELL or status.state is T,
            "skip": status.state in (P, W, F, U, T) and step.action not in {*ONCE_ACTIONS, "approve"},
        }
        assert (refused is None) == legal[kind]
        if refused is None:
            self.go(name, K if kind == "skip" else P, approved=status.approved or kind == "approve")
        else:
            assert status.state in refused.brief + refused.resolution or "approv" in refused.brief

    @rule(stages=st.sets(st.sampled_from(["prepare", "control", "compute"])), approved=st.booleans())
    def it_may_go_so_far(self, stages, approved) -> None:
        self.scope = Scope(tuple(sorted(stages)), approved)
        self.board.confine(self.scope)

    @rule(differs=st.booleans())
    def files_are_compared(self, differs) -> None:
        self.held = differs
        self.board.halt = Halt(RunState.PAUSED, "a file has changed") if differs else None

    @rule()
    def the_orchestrator_dies_and_another_takes_over(self) -> None:
        again = Board(graph(self.plan), self.statuses.values(), approve_all=self.approve_all)
        again.confine(self.scope)
        again.halt = self.board.halt
        again.deadlines = dict(self.board.deadlines)
        assert again.ready.files == self.board.ready.files
        assert (again.asking, again.passing) == (self.board.asking, self.board.passing)
        assert (again.parked, again.retrying) == (self.board.parked, self.board.retrying)
        assert (again.counts, again.in_flight) == (self.board.counts, self.board.in_flight)
        assert again.overspent() == self.board.overspent()
        assert decide(again, self.now) == decide(self.board, self.now)
        self.board = again
        for name in self.those(V, T):
            self.wait(again, name)

    @invariant()
    def windows_are_never_exceeded(self) -> None:
        if not hasattr(self, "plan"):
            return
        used = self.oracle().used()
        for key, width in self.plan.windows.items():
            assert used[key] <= width
            assert self.board.windows.room(key) == width - used[key]
        serial = [s for s in self.plan.steps if s.strategy == "serial" and self.statuses[s.id].state is R]
        assert len(serial) <= 1

    @invariant()
    def what_is_settled_stays(self) -> None:
        if not hasattr(self, "plan"):
            return
        settled = set(self.those(*SETTLED))
        assert self.over <= settled
        self.over = settled

    @invariant()
    def nothing_ran_before_its_needs(self) -> None:
        if not hasattr(self, "plan"):
            return
        for step in self.plan.steps:
            if self.statuses[step.id].state in (R, V, D):
                assert all(map(self.oracle().through, step.needs))

    @invariant()
    def who_is_set_aside_is_known(self) -> None:
        if not hasattr(self, "plan"):
            return
        oracle = self.oracle()
        for name, status in self.statuses.items():
            behind = status.state in (P, W) and oracle.down(name)
            assert self.board.set_aside(name) == behind


RunMachine.TestCase.settings = settings(max_examples=EXAMPLES, stateful_step_count=40)
TestRunMachine = RunMachine.TestCase
