"""What is taken back, and in which order: the strict reverse of what depends on what, within the windows."""

from collections import Counter, defaultdict
from dataclasses import replace

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from stairlift.model.plan import Plan, Step
from stairlift.model.run import IN_FLIGHT, SETTLED, RunState, StepState, StepStatus
from stairlift.run import Board, Finish, GiveUp, Halt, Retreat, Start, TakeBack, decide, graph
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import SOURCE, TARGET, a_binding, a_plan, a_rollout, a_step

S = StepState
ABLE = a_binding(can_undo=True)


class Story:
    """A run that went forward and is taken back, by hand. What it says itself is worked out slowly and plainly."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.graph = graph(plan)
        self.statuses = {step.id: StepStatus(step.id) for step in plan.steps}
        self.board = Board(self.graph, [])
        self.retreat: Retreat | None = None
        self.moves: list[str] = []
        self.steps = {step.id: step for step in plan.steps}

    def to(self, name: str, state: StepState, *, worked: bool = False) -> None:
        old = self.statuses[name]
        begins = state is S.RUNNING or (state is S.UNDOING and old.state is not S.UNDOING)
        at = NOON if worked else None
        new = replace(old, state=state, attempt=old.attempt + begins, worked_at=at)
        self.moves.append(f"{name}: {old.state} -> {state}")
        self.statuses[name] = new
        self.board.move(new)
        if self.retreat:
            self.retreat.move(new)

    def those(self, *states: StepState) -> list[str]:
        return [name for name, status in self.statuses.items() if status.state in states]

    def does(self, *names: str) -> "Story":
        for name in names:
            self.to(name, S.RUNNING)
            self.to(name, S.DONE)
        return self

    def does_all(self) -> "Story":
        return self.does(*self.statuses)

    def turns_round(self) -> "Story":
        self.retreat = Retreat(self.graph, self.statuses.values())
        return self

    def next(self, halt: Halt | None = None) -> list:
        """What is decided, performed as far as it begins something."""
        decisions = self.retreat.decisions(halt)
        for decision in decisions:
            if isinstance(decision, TakeBack):
                self.to(decision.step, S.UNDOING)
        return decisions

    def back(self) -> list[str]:
        """All that begins to be taken back before anything else happens."""
        begun = []
        while names := [d.step for d in self.next() if isinstance(d, TakeBack)]:
            begun += names
        return begun

    def undone(self, *names: str) -> None:
        for name in names:
            self.to(name, S.UNDONE)

    # The oracle

    def hop(self):
        begun = [step.target for step in self.plan.steps if self.statuses[step.id].attempt]
        return begun[-1] if begun else None

    def left(self, name: str) -> bool:
        step, status = self.steps[name], self.statuses[name]
        mine = step.target == self.hop() and step.action not in ("db-expand", "approve") and step.stage != "prepare"
        return mine and status.attempt > 0 and status.state not in (S.UNDONE, S.SKIPPED)

    def later(self, name: str) -> set[str]:
        """All that needed a step or came after it, directly or through others."""
        found, todo = set(), [name]
        while todo:
            current = todo.pop()
            for step in self.plan.steps:
                if current in (*step.needs, *step.after) and step.id not in found:
                    found.add(step.id)
                    todo.append(step.id)
        return found

    def used(self) -> Counter:
        units = defaultdict(list)
        for step in self.plan.steps:
            units[step.unit or step.id].append(step)
        used = Counter()
        for unit in units.values():
            settled = all(self.statuses[s.id].state in SETTLED for s in unit)
            if any(self.left(s.id) for s in unit) and not settled:
                hosts = defaultdict(set)
                for step in unit:
                    for slot in step.slots:
                        hosts[slot].update(step.hosts)
                used.update({slot: len(names) for slot, names in hosts.items()})
        return used


def a_chain(*names: str, **given) -> list[Step]:
    return [
        a_step(n, needs=[before] if before else [], **given) for n, before in zip(names, ("", *names), strict=False)
    ]


# One rule at a time


def test_steps_are_taken_back_in_the_reverse_order_of_their_needs() -> None:
    story = Story(a_plan(*a_chain("a", "b", "c"), bindings=[ABLE])).does_all().turns_round()
    for name in ("c", "b", "a"):
        assert story.back() == [name]
        assert story.next() == []
        story.undone(name)
    assert story.next() == [Finish(RunState.ROLLED_BACK, "taken back to 2025.1")]


def test_what_came_after_goes_back_first_as_well() -> None:
    story = Story(a_plan(a_step("canary"), a_step("x", after=["canary"]), a_step("y", after=["canary"])))
    story.does_all().turns_round()
    assert story.back() == ["y", "x"]
    story.undone("y")
    assert story.back() == []
    story.undone("x")
    assert story.back() == ["canary"], "the canary was first, and is last"


def test_only_what_was_begun_is_taken_back() -> None:
    story = Story(a_plan(*a_chain("a", "b", "c"))).does("a")
    story.to("b", S.RUNNING)
    story.to("b", S.FAILED)
    story.turns_round()
    assert story.back() == ["b"], "it failed, so its host may be half upgraded"
    story.undone("b")
    assert story.back() == ["a"]


@pytest.mark.parametrize("end", [S.FAILED, S.UNKNOWN, S.RETRYING])
def test_whatever_became_of_it_a_begun_step_is_taken_back(end) -> None:
    story = Story(a_plan(a_step("a")))
    story.to("a", S.RUNNING)
    story.to("a", end)
    assert story.turns_round().back() == ["a"]


def test_a_step_whose_retry_was_ordered_and_has_not_begun_is_taken_back() -> None:
    story = Story(a_plan(a_step("a")))
    for state in (S.RUNNING, S.FAILED, S.PENDING):
        story.to("a", state)
    assert story.turns_round().back() == ["a"]


def test_what_only_prepared_or_grew_a_schema_stays_and_hides_nothing_behind_it() -> None:
    steps = [
        a_step("fetch", stage="prepare", action="prepare"),
        a_step("first", needs=["fetch"]),
        a_step("expand", action="db-expand", needs=["first"], stage="control"),
        a_step("last", needs=["expand"]),
    ]
    story = Story(a_plan(*steps)).does_all().turns_round()
    assert story.back() == ["last"]
    story.undone("last")
    assert story.back() == ["first"], "it waited for what is behind the schema, although the schema stays"
    story.undone("first")
    (end,) = story.next()
    assert end == Finish(RunState.ROLLED_BACK, "taken back to 2025.1; as they were left: expand")


def test_what_was_skipped_stays_and_is_named() -> None:
    story = Story(a_plan(*a_chain("a", "b")))
    story.does("a").to("b", S.RUNNING)
    story.to("b", S.FAILED)
    story.to("b", S.SKIPPED)
    story.turns_round()
    assert story.back() == ["a"]
    story.undone("a")
    assert story.next() == [Finish(RunState.ROLLED_BACK, "taken back to 2025.1; as they were left: b")]


def test_only_the_hop_that_the_run_is_in_is_taken_back() -> None:
    middle = replace(SOURCE, half=2)
    steps = [
        replace(a_step("one"), target=middle),
        replace(a_step("two", needs=["one"]), source=middle),
        replace(a_step("three", needs=["two"]), source=middle),
    ]
    story = Story(replace(a_plan(*steps), hops=(middle, TARGET))).does("one", "two").turns_round()
    assert story.back() == ["two"]
    story.undone("two")
    (end,) = story.next()
    assert end == Finish(RunState.ROLLED_BACK, "taken back to 2025.2; the hops before it stay")
    assert story.statuses["one"].state is S.DONE


def test_nothing_begun_is_nothing_to_take_back() -> None:
    story = Story(a_plan(a_step("a"))).turns_round()
    assert story.next() == [Finish(RunState.ROLLED_BACK, "taken back to 2025.1")]


# Windows


def test_a_host_that_is_taken_back_holds_its_place_until_it_is_through() -> None:
    story = Story(a_rollout(3, actions=("drain", "upgrade"), window=2)).does_all().turns_round()
    assert story.back() == ["cmp3-upgrade", "cmp2-upgrade"], "the last of the plan first, no more than fit"
    story.undone("cmp2-upgrade")
    assert story.back() == ["cmp2-drain"]
    story.undone("cmp2-drain")
    assert story.back() == ["cmp1-upgrade"], "cmp2 has given its place back, and there is no barrier in between"


def test_a_host_that_was_out_already_goes_on_in_its_place() -> None:
    story = Story(a_rollout(3, actions=("drain", "upgrade"), window=1)).does("cmp1-drain", "cmp1-upgrade")
    story.does("cmp2-drain").turns_round()
    assert story.back() == ["cmp2-drain"], "cmp1 is whole and may not go out while cmp2 is"
    story.undone("cmp2-drain")
    assert story.back() == ["cmp1-upgrade"]


def test_a_whole_host_goes_out_only_when_nothing_outside_stands_in_its_way() -> None:
    """Else it would hold a place that what stands in its way needs."""
    steps = [
        a_step("u1", unit="u", hosts=["h1"], slots=["w"]),
        a_step("other", hosts=["h2"], slots=["w"], needs=["u1"]),
        a_step("u2", unit="u", hosts=["h1"], slots=["w"], needs=["u1"]),
    ]
    story = Story(a_plan(*steps, windows={"w": 1})).does("u1", "u2", "other").turns_round()
    assert story.back() == ["other"], "u2 is behind it in the plan, and would hold its place for as long as u1 waits"
    story.undone("other")
    assert story.back() == ["u2"]


def test_a_binding_that_bears_one_process_gets_one() -> None:
    plan = a_plan(*(a_step(f"s{n}") for n in range(3)), bindings=[replace(ABLE, concurrency="cloud")])
    story = Story(plan).does_all().turns_round()
    assert story.back() == ["s2"]
    story.to("s2", S.UNDOING, worked=True)
    assert story.back() == ["s1"], "the process of s2 has ended; that its services are awaited keeps nobody"


# Failure, pause, cancel


def test_a_step_that_cannot_be_taken_back_ends_all_starts_and_fails_the_run() -> None:
    story = Story(a_rollout(4, actions=("upgrade",), window=2)).does_all().turns_round()
    assert story.back() == ["cmp4-upgrade", "cmp3-upgrade"]
    story.to("cmp4-upgrade", S.UNDO_FAILED)
    assert story.next() == [], "what is in flight comes to its end first"
    story.undone("cmp3-upgrade")
    (end,) = story.next()
    assert end.state is RunState.FAILED
    assert end.reason == "not taken back: cmp4; the failure budget of plane:resource is 0 (3 steps are left)"


def test_an_undo_that_failed_may_be_lost_and_still_at_work() -> None:
    plan = a_plan(
        *(a_step(f"s{n}") for n in range(2)),
        bindings=[replace(ABLE, concurrency="cloud")],
        budgets={"plane:resource": 9},
    )
    story = Story(plan).does_all().turns_round()
    story.back()
    story.to("s1", S.UNDO_FAILED)
    assert story.back() == [], "its binding bears one process"
    story.to("s1", S.SKIPPED)
    assert story.back() == ["s0"]


def test_within_its_budget_the_rest_is_taken_back_and_the_run_fails_all_the_same() -> None:
    story = Story(a_rollout(3, actions=("upgrade",), window=1, budget=1)).does_all().turns_round()
    story.back()
    story.to("cmp3-upgrade", S.UNDO_FAILED)
    assert story.back() == [], "it keeps its place, and the window has one"
    (end,) = story.next()
    assert end == Finish(RunState.FAILED, "nothing else can be taken back (3 steps are left)")


def test_a_retry_takes_it_back_again_and_a_skip_leaves_it() -> None:
    story = Story(a_rollout(2, actions=("upgrade",))).does_all().turns_round()
    story.back()
    story.to("cmp2-upgrade", S.UNDO_FAILED)
    story.to("cmp2-upgrade", S.PENDING)
    assert story.back() == ["cmp2-upgrade"]
    assert story.statuses["cmp2-upgrade"].attempt == 3
    story.to("cmp2-upgrade", S.UNDO_FAILED)
    story.to("cmp2-upgrade", S.SKIPPED)
    assert story.back() == ["cmp1-upgrade"]
    story.undone("cmp1-upgrade")
    (end,) = story.next()
    assert end == Finish(RunState.ROLLED_BACK, "taken back to 2025.1; as they were left: cmp2-upgrade")


@pytest.mark.parametrize("state", [RunState.PAUSED, RunState.CANCELLED])
def test_a_halt_starts_nothing_and_lets_what_is_in_flight_end(state) -> None:
    story = Story(a_rollout(2, actions=("upgrade",))).does_all().turns_round()
    story.back()
    halt = Halt(state, "ann said so")
    assert story.next(halt) == []
    story.undone("cmp2-upgrade")
    assert story.next(halt) == [Finish(state, "ann said so")]
    assert story.back() == ["cmp1-upgrade"], "and without it things go on"


# What must always hold


@st.composite
def plans(draw) -> Plan:
    """Units behind each other in every way, and in each its steps in a row: what a planner makes."""
    steps: list[Step] = []
    for unit in range(draw(st.integers(1, 6))):
        host = f"h{unit}"
        for n in range(draw(st.integers(1, 3))):
            earlier = [] if n else [step.id for step in steps]
            some = st.lists(st.sampled_from(earlier), max_size=3, unique=True) if earlier else st.just([])
            steps.append(
                a_step(
                    f"s{unit}.{n}",
                    action=draw(st.sampled_from(["upgrade", "upgrade", "cordon", "db-expand"])),
                    stage=draw(st.sampled_from(["prepare", "compute", "compute"])),
                    hosts=[host],
                    unit=f"u{unit}",
                    slots=draw(st.sampled_from([("a",), ("b",), ("a", "b"), ()])),
                    needs=[f"s{unit}.{n - 1}"] if n else draw(some),
                    after=draw(some),
                    strategy=draw(st.sampled_from(["command", "serial"])),
                )
            )
    windows = {key: draw(st.integers(1, 3)) for key in ("a", "b")}
    serial = a_binding("serial", concurrency="cloud", can_undo=True)
    budget = {"plane:resource": draw(st.sampled_from([0, 9]))}
    return a_plan(*steps, windows=windows, budgets=budget, bindings=[ABLE, serial])


def go_forward(story: Story, data, moves: int) -> None:
    """A run as it really goes, and for no longer than so many moves."""
    note(story.moves)
    for _ in range(moves):
        for decision in decide(story.board, 0.0):
            if isinstance(decision, Start):
                story.to(decision.step, S.RUNNING)
        running = story.those(S.RUNNING)
        if not running:
            return
        story.to(data.draw(st.sampled_from(running)), data.draw(st.sampled_from([S.DONE] * 5 + [S.FAILED, S.UNKNOWN])))


def drain(story: Story) -> None:
    for name in story.those(S.RUNNING):
        story.to(name, S.DONE)


def check(story: Story, decisions: list) -> None:
    """What was just decided keeps the order, the windows and the one process of a binding that bears one."""
    for decision in decisions:
        if isinstance(decision, TakeBack):
            assert not [name for name in story.later(decision.step) if story.left(name)]
    for key, used in story.used().items():
        assert used <= story.plan.windows[key]
        assert story.retreat.windows.room(key) == story.plan.windows[key] - used
    serial = [n for n in story.those(S.UNDOING) if story.steps[n].strategy == "serial"]
    assert len([n for n in serial if story.statuses[n].worked_at is None]) <= 1


def somebody_else_takes_over(story: Story) -> None:
    """What a new orchestrator makes of the statuses is what the last one made of the moves."""
    again = Retreat(story.graph, story.statuses.values())
    assert again.decisions() == story.retreat.decisions()
    board = Board(story.graph, story.statuses.values())
    for what in ("counts", "in_flight", "asking", "passing"):
        assert getattr(board, what) == getattr(story.board, what)
    assert board.ready.files == story.board.ready.files
    assert {key: board.windows.room(key) for key in story.graph.windows} == {
        key: story.board.windows.room(key) for key in story.graph.windows
    }
    assert board.overspent() == story.board.overspent()
    story.retreat, story.board = again, board


@settings(max_examples=200)
@given(plan=plans(), data=st.data(), moves=st.integers(0, 25))
def test_every_way_back_keeps_the_order_and_comes_to_its_end(plan, data, moves) -> None:
    story = Story(plan)
    go_forward(story, data, moves)
    drain(story)
    story.turns_round()
    to_go = [step.id for step in plan.steps if story.statuses[step.id].attempt and story.left(step.id)]
    for _ in range(8 * len(plan.steps)):
        decisions = story.next()
        check(story, decisions)
        if decisions and isinstance(decisions[0], Finish):
            break
        if data.draw(st.booleans()):
            somebody_else_takes_over(story)
        if not decisions:
            name = data.draw(st.sampled_from(story.those(S.UNDOING)))
            if story.statuses[name].worked_at is None and data.draw(st.booleans()):
                story.to(name, S.UNDOING, worked=True)
            else:
                story.to(name, S.UNDONE)
    (end,) = decisions
    assert end.state is RunState.ROLLED_BACK
    assert sorted(to_go) == sorted(story.those(S.UNDONE))
    assert all(status.attempt == 2 for status in story.statuses.values() if status.state is S.UNDONE)


@settings(max_examples=150)
@given(plan=plans(), data=st.data(), moves=st.integers(0, 25))
def test_with_failures_it_always_says_how_it_stands(plan, data, moves) -> None:
    story = Story(plan)
    go_forward(story, data, moves)
    drain(story)
    story.turns_round()
    for _ in range(8 * len(plan.steps)):
        decisions = story.next()
        assert not any(isinstance(d, Start | GiveUp) for d in decisions)
        check(story, decisions)
        if decisions and isinstance(decisions[0], Finish):
            break
        if not decisions:
            name = data.draw(st.sampled_from(story.those(*IN_FLIGHT)))
            story.to(name, data.draw(st.sampled_from([S.UNDONE, S.UNDONE, S.UNDO_FAILED])))
        somebody_else_takes_over(story)
    (end,) = decisions
    failed = story.those(S.UNDO_FAILED)
    assert end.state is (RunState.FAILED if failed else RunState.ROLLED_BACK)
    for name in failed:
        assert not [earlier for earlier in story.statuses if name in story.later(earlier) and undone(story, earlier)]


def undone(story: Story, name: str) -> bool:
    return story.statuses[name].state is S.UNDONE
