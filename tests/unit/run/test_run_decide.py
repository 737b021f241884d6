"""What starts, what waits and how a run ends: one rule at a time."""

from dataclasses import replace

import pytest

from stairlift.model.errors import Refusal
from stairlift.model.plan import Plan
from stairlift.model.run import RunState, StepState, StepStatus
from stairlift.run import AskApproval, Board, Finish, GiveUp, PassGate, Start, decide, graph
from stairlift.run.transitions import IllegalMove
from stairlift.testing.plans import a_binding, a_plan, a_rollout, a_step

DONE, FAILED, UNKNOWN, SKIPPED = StepState.DONE, StepState.FAILED, StepState.UNKNOWN, StepState.SKIPPED


class Game:
    """A run played by hand: `next` performs what is decided, `end` says how a step's attempt came out."""

    def __init__(self, plan: Plan, *, approve_all: bool = False) -> None:
        self.board = Board(graph(plan), [], approve_all=approve_all)

    def next(self) -> list:
        decisions = decide(self.board, 0.0)
        for decision in decisions:
            match decision:
                case Start(step):
                    self.to(step, StepState.RUNNING)
                case AskApproval(step):
                    self.to(step, StepState.WAITING)
                case PassGate(step):
                    self.to(step, DONE)
        return decisions

    def starts(self) -> list[str]:
        return [decision.step for decision in self.next() if isinstance(decision, Start)]

    def to(self, step: str, state: StepState, *, approved: bool = False) -> None:
        old = self.board.status(step)
        attempt = old.attempt + (state is StepState.RUNNING)
        self.board.move(StepStatus(step, state, attempt, approved or old.approved))

    def end(self, *steps: str, state: StepState = DONE) -> None:
        for step in steps:
            self.to(step, state)

    def approve(self, step: str) -> None:
        self.to(step, StepState.PENDING, approved=True)


def test_steps_start_in_the_order_of_their_needs() -> None:
    game = Game(a_plan(a_step("a"), a_step("b", needs=["a"]), a_step("c", needs=["a", "b"])))
    assert game.starts() == ["a"]
    assert game.next() == []
    game.end("a")
    assert game.starts() == ["b"]
    game.end("b")
    assert game.starts() == ["c"]
    game.end("c")
    assert game.next() == [Finish(RunState.DONE, "")]


def test_a_host_holds_its_slot_from_its_first_step_to_its_last() -> None:
    game = Game(a_rollout(3, actions=("drain", "upgrade"), window=2))
    assert game.starts() == ["cmp1-drain", "cmp2-drain"]
    game.end("cmp2-drain")
    assert game.starts() == ["cmp2-upgrade"]
    game.end("cmp2-upgrade")
    assert game.starts() == ["cmp3-drain"], "cmp2 has given its slot back, and there is no barrier in between"


def test_a_step_of_several_hosts_takes_as_many_places() -> None:
    batches = [a_step(f"b{n}", hosts=[f"h{n}1", f"h{n}2"], slots=["compute"]) for n in range(3)]
    alone = a_step("alone", slots=["compute"])
    game = Game(a_plan(*batches, alone, windows={"compute": 5}))
    assert game.starts() == ["b0", "b1", "alone"], "a smaller one goes where the next batch does not fit"
    game.end("alone")
    assert game.starts() == []
    game.end("b0")
    assert game.starts() == ["b2"]


def test_every_window_of_a_step_needs_room() -> None:
    steps = [a_step(f"s{n}", slots=["plane", zone]) for n, zone in enumerate(["az1", "az1", "az2", "az2"])]
    game = Game(a_plan(*steps, windows={"plane": 3, "az1": 1, "az2": 2}))
    assert game.starts() == ["s0", "s2", "s3"]
    game.end("s2", "s3")
    assert game.starts() == []
    game.end("s0")
    assert game.starts() == ["s1"]


def test_a_binding_that_bears_one_process_gets_one() -> None:
    steps = [a_step(f"s{n}", strategy=name) for n, name in enumerate(["kolla", "kolla", "command"])]
    plan = a_plan(*steps, bindings=[a_binding("kolla", concurrency="cloud"), a_binding("command")])
    game = Game(plan)
    assert game.starts() == ["s0", "s2"]
    game.end("s0", state=StepState.VERIFYING)
    assert game.starts() == ["s1"], "its process has ended; that its services are awaited keeps nobody"


def test_a_lost_process_of_such_a_binding_may_still_run() -> None:
    steps = [a_step(f"s{n}", strategy="kolla", slots=["x"]) for n in range(2)]
    plan = a_plan(*steps, bindings=[a_binding("kolla", concurrency="cloud")], budgets={"plane:resource": 1})
    game = Game(plan)
    assert game.starts() == ["s0"]
    game.end("s0", state=UNKNOWN)
    assert [d.state for d in game.next() if isinstance(d, Finish)] == [RunState.FAILED]
    game.to("s0", StepState.PENDING)
    assert game.starts() == ["s0"]


# Failure


def test_without_a_budget_the_first_failure_ends_all_starts() -> None:
    game = Game(a_rollout(4, actions=("upgrade",), window=2))
    assert game.starts() == ["cmp1-upgrade", "cmp2-upgrade"]
    game.end("cmp1-upgrade", state=FAILED)
    assert game.next() == [], "what is in flight comes to its end first"
    game.end("cmp2-upgrade")
    (finish,) = game.next()
    assert finish.state is RunState.FAILED
    assert "cmp1" in finish.reason
    assert "is 0" in finish.reason


def test_within_the_budget_a_failed_host_is_set_aside_and_keeps_its_slot() -> None:
    game = Game(a_rollout(3, actions=("upgrade", "uncordon"), window=2, budget=1))
    game.next()
    game.end("cmp1-upgrade", state=FAILED)
    game.end("cmp2-upgrade")
    assert game.starts() == ["cmp2-uncordon"]
    assert game.board.windows.room("plane:resource") == 0
    game.end("cmp2-uncordon")
    assert game.starts() == ["cmp3-upgrade"]
    assert game.board.set_aside("cmp1-uncordon")
    game.end("cmp3-upgrade")
    game.next()
    game.end("cmp3-uncordon")
    (finish,) = game.next()
    assert finish.state is RunState.FAILED
    assert "1 step failed" in finish.reason
    assert "1 step left" in finish.reason


def test_a_host_that_fails_twice_counts_once() -> None:
    steps = [a_step(f"s{n}", hosts=["cmp1"]) for n in range(2)] + [a_step("other"), a_step("last", needs=["other"])]
    game = Game(a_plan(*steps, budgets={"plane:resource": 1}))
    game.next()
    game.end("s0", "s1", state=FAILED)
    game.end("other")
    assert game.starts() == ["last"]


def test_every_budget_of_a_step_counts() -> None:
    steps = [a_step("a", budgets=["plane", "az1"]), a_step("b"), a_step("c", needs=["b"])]
    game = Game(a_plan(*steps, budgets={"plane": 5}))
    game.next()
    game.end("a", state=FAILED)
    game.end("b")
    (finish,) = game.next()
    assert finish.state is RunState.FAILED
    assert "az1" in finish.reason


def test_a_failure_that_counts_in_no_budget_is_never_tolerated() -> None:
    game = Game(a_plan(a_step("db", action="db-expand", budgets=()), a_step("a"), a_step("b", needs=["a"])))
    game.next()
    game.end("db", state=FAILED)
    game.end("a")
    assert [d.state for d in game.next()] == [RunState.FAILED]


def test_what_comes_after_waits_for_the_end_but_not_for_success() -> None:
    steps = [
        a_step("canary"),
        a_step("tail", needs=["canary"]),
        a_step("rest", after=["tail"]),
        a_step("finish", needs=["tail"]),
    ]
    game = Game(a_plan(*steps, budgets={"plane:resource": 1}))
    assert game.starts() == ["canary"]
    game.end("canary", state=FAILED)
    assert game.starts() == ["rest"], "tail will not run, so it has ended; finish needs it"
    game.end("rest")
    assert [d.state for d in game.next()] == [RunState.FAILED]


def test_a_retry_brings_back_who_waited_behind_it() -> None:
    steps = [a_step("canary"), a_step("rest", after=["canary"]), a_step("finish", needs=["canary", "rest"])]
    game = Game(a_plan(*steps))
    game.next()
    game.end("canary", state=FAILED)
    game.to("canary", StepState.PENDING)
    assert game.starts() == ["canary"]
    game.end("canary")
    assert game.starts() == ["rest"]
    game.end("rest")
    assert game.starts() == ["finish"]


def test_a_retried_step_needs_no_new_slot() -> None:
    game = Game(a_rollout(2, actions=("upgrade",), window=1))
    game.next()
    game.end("cmp1-upgrade", state=UNKNOWN)
    game.to("cmp1-upgrade", StepState.PENDING)
    assert game.starts() == ["cmp1-upgrade"]


def test_a_skipped_failure_lets_the_rest_go_on() -> None:
    steps = [a_step("a"), a_step("b", after=["a"]), a_step("c", needs=["a", "b"])]
    game = Game(a_plan(*steps, budgets={"plane:resource": 1}))
    game.next()
    game.end("a", state=FAILED)
    game.end("a", state=SKIPPED)
    assert game.starts() == ["b"]
    game.end("b")
    assert game.starts() == ["c"]
    game.end("c")
    assert game.next() == [Finish(RunState.DONE, "")]


def test_on_failure_can_pause() -> None:
    game = Game(replace(a_plan(a_step("a")), on_failure="pause"))
    game.next()
    game.end("a", state=FAILED)
    assert [d.state for d in game.next()] == [RunState.PAUSED]


# Approval


def test_a_one_way_step_asks_and_the_run_waits_once_nothing_else_can_go_on() -> None:
    game = Game(a_plan(a_step("contract", one_way=True), a_step("a"), a_step("z", needs=["contract"])))
    assert game.next() == [AskApproval("contract"), Start("a")]
    assert game.next() == []
    game.end("a")
    (finish,) = game.next()
    assert finish == Finish(RunState.WAITING, "1 step waits for approval")
    game.approve("contract")
    assert game.starts() == ["contract"]


def test_it_does_not_ask_before_its_turn_and_may_be_approved_before() -> None:
    game = Game(a_plan(a_step("a"), a_step("contract", needs=["a"], one_way=True)))
    assert game.next() == [Start("a")]
    game.approve("contract")
    game.end("a")
    assert game.next() == [Start("contract")]


def test_a_blanket_approval_covers_every_gate() -> None:
    plan = a_plan(a_step("gate", action="approve"), a_step("contract", needs=["gate"], one_way=True))
    game = Game(plan, approve_all=True)
    assert game.next() == [PassGate("gate")]
    assert game.next() == [Start("contract")]


def test_an_approved_gate_has_no_work() -> None:
    game = Game(a_plan(a_step("gate", action="approve"), a_step("a", needs=["gate"])))
    assert game.next() == [AskApproval("gate")]
    game.approve("gate")
    assert game.next() == [PassGate("gate")]
    assert game.starts() == ["a"]


def test_an_approved_step_waits_for_room_like_any_other() -> None:
    steps = [a_step("a", slots=["x"]), a_step("contract", one_way=True, slots=["x"])]
    game = Game(a_plan(*steps, windows={"x": 1}))
    assert game.next() == [AskApproval("contract"), Start("a")]
    game.approve("contract")
    assert game.starts() == []
    game.end("a")
    assert game.starts() == ["contract"]


# Verification


def test_services_get_their_time_and_no_more() -> None:
    game = Game(a_plan(a_step("a"), a_step("b", needs=["a"])))
    game.next()
    game.end("a", state=StepState.VERIFYING)
    game.board.watch("a", 180.0)
    assert decide(game.board, 179.9) == []
    assert decide(game.board, 180.0) == [GiveUp("a")]
    game.end("a")
    assert decide(game.board, 999.0) == [Start("b")]


# What cannot be


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        (a_plan(a_step("a", needs=["b"]), a_step("b", after=["a"])), "waits for itself"),
        (a_plan(a_step("a", needs=["ghost"])), "ghost"),
        (a_plan(a_step("a"), a_step("a")), "same id"),
        (a_plan(a_step("a", hosts=["h1", "h2"], slots=["x"]), windows={"x": 1}), "1 wide"),
        (a_plan(a_step("a", slots=["x"]), windows={}), "0 wide"),
    ],
)
def test_a_plan_that_can_never_end_is_refused_before_it_begins(plan: Plan, why: str) -> None:
    with pytest.raises(Refusal, match=why) as caught:
        graph(plan)
    assert caught.value.code == "run.plan_impossible"


@pytest.mark.parametrize("state", [StepState.VERIFYING, FAILED, UNKNOWN, StepState.RUNNING])
def test_nothing_leads_out_of_done(state: StepState) -> None:
    game = Game(a_plan(a_step("a")))
    game.next()
    game.end("a")
    with pytest.raises(IllegalMove):
        game.to("a", state)


def test_a_file_that_is_full_does_not_keep_the_others() -> None:
    """Ten thousand hosts of a full zone must not cost, nor hide, the first of the next zone."""
    full = [a_step(f"a{n}", slots=["az1"]) for n in range(2000)]
    game = Game(a_plan(*full, a_step("b", slots=["az2"]), windows={"az1": 1, "az2": 1}))
    assert game.starts() == ["a0", "b"]


# Steps that are left out


def left_out(game: Game, *steps: str) -> None:
    for step in steps:
        game.to(step, SKIPPED)


def test_what_is_behind_a_step_that_is_left_out_before_its_turn_starts_no_earlier() -> None:
    """A dead canary is skipped while the control plane has not begun: the other hypervisors wait for that as before."""
    game = Game(a_plan(a_step("control"), a_step("canary", needs=["control"]), a_step("rest", needs=["canary"])))
    left_out(game, "canary")
    assert game.starts() == ["control"]
    assert game.starts() == []
    game.end("control")
    assert game.starts() == ["rest"]


def test_what_fails_before_a_step_that_is_left_out_sets_aside_what_is_behind_it() -> None:
    game = Game(a_plan(a_step("canary"), a_step("middle", needs=["canary"]), a_step("rest", needs=["middle"])))
    left_out(game, "middle")
    assert game.starts() == ["canary"]
    game.end("canary", state=FAILED)
    assert game.board.set_aside("rest")
    game.to("canary", StepState.PENDING)
    assert game.starts() == ["canary"]
    game.end("canary")
    assert game.starts() == ["rest"]


def test_behind_several_that_are_left_out_is_waited_for_what_the_first_comes_after() -> None:
    game = Game(
        a_plan(a_step("a"), a_step("b", after=["a"]), a_step("c", needs=["b"]), a_step("d", needs=["c"])),
    )
    left_out(game, "b", "c")
    assert game.starts() == ["a"]
    game.end("a", state=FAILED)
    assert not game.board.set_aside("d"), "b comes after a, and does not need it"


def test_a_failed_step_that_is_left_out_holds_nobody_up() -> None:
    game = Game(a_plan(a_step("a", budgets=["x"]), a_step("b", needs=["a"]), budgets={"x": 1}))
    assert game.starts() == ["a"]
    game.end("a", state=FAILED)
    left_out(game, "a")
    assert game.starts() == ["b"]


def test_a_host_whose_second_step_is_left_out_does_not_take_its_places_before_its_turn() -> None:
    """Else its last step would hold the only place, its first wait for a host that waits for that place, for good."""
    other = a_step("other", slots=["compute"])
    first = a_step("first", needs=["other"], hosts=["cmp1"], unit="cmp1", slots=["compute"])
    second = a_step("second", needs=["first"], hosts=["cmp1"], unit="cmp1", slots=["compute"])
    third = a_step("third", needs=["second"], hosts=["cmp1"], unit="cmp1", slots=["compute"])
    game = Game(a_plan(third, other, first, second, windows={"compute": 1}))
    left_out(game, "second")
    for step in ("other", "first", "third"):
        assert game.starts() == [step]
        game.end(step)
    assert game.next() == [Finish(RunState.DONE, "")]


def test_steps_that_wait_for_each_others_places_end_the_run_and_not_its_orchestrator() -> None:
    """No plan that is made has such a unit; one that somebody wrote may."""
    first = a_step("first", hosts=["cmp1"], unit="cmp1", slots=["compute"])
    other = a_step("other", needs=["first"], slots=["compute"])
    second = a_step("second", needs=["other"], hosts=["cmp1"], unit="cmp1", slots=["compute"])
    game = Game(a_plan(first, other, second, windows={"compute": 1}))
    assert game.starts() == ["first"]
    game.end("first")
    reason = "nothing can start: 2 steps wait for each other's places: other, second"
    assert game.next() == [Finish(RunState.FAILED, reason)]
