"""Why a step does not move: every one that does not has a reason, and whoever follows the reasons gets it moving."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stairlift.model.cause import Cause, held_by
from stairlift.model.hindrance import Hindrance
from stairlift.model.plan import Plan
from stairlift.model.run import IN_FLIGHT, SETTLED, RunState, StepState, StepStatus
from stairlift.model.scope import Scope
from stairlift.run import AskApproval, Board, PassGate, Start, decide, graph
from stairlift.run.orders import Circumstances
from stairlift.run.why import first_in_line, why
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_binding, a_plan, a_rollout, a_step
from standings import a_run

S = StepState
GOING = a_run(RunState.RUNNING)
AT_WORK = Circumstances(GOING, attended=True)
_MINUTE = timedelta(minutes=1)


def at(step: str, state: StepState, **given) -> StepStatus:
    begun = state not in (S.PENDING, S.WAITING)
    rests = state in (S.DONE, S.FAILED, S.UNKNOWN, S.SKIPPED)
    times = {
        "attempt": int(begun),
        "started_at": NOON - 3 * _MINUTE if begun else None,
        "worked_at": NOON - _MINUTE if state in (S.VERIFYING, S.RETRYING) else None,
        "ended_at": NOON - 2 * _MINUTE if rests else None,
    }
    return StepStatus(step, state, **(times | given))


def board_of(plan: Plan, *statuses: StepStatus, scope: Scope | None = None) -> Board:
    board = Board(graph(plan), statuses)
    board.confine(scope or Scope())
    return board


def kinds(hindrances) -> list[str]:
    return [h.kind for h in hindrances]


def tree(hindrances) -> Iterator[Hindrance]:
    for hindrance in hindrances:
        yield hindrance
        yield from tree(hindrance.behind)


CHAIN = a_plan(a_step("a"), a_step("b", needs=["a"]), a_step("c", needs=["b"]))
FLEET = a_rollout(3, actions=("drain", "upgrade"), window=1, budget=1)


@pytest.mark.parametrize("state", [S.PENDING, S.RETRYING])
def test_what_has_to_be_done_again_holds_up_what_needs_it(state):
    again = at("a", S.PENDING, attempt=1)
    board = board_of(CHAIN, again, at("b", state, attempt=1))
    [first] = why(board, AT_WORK, "b")
    assert (first.kind, first.by) == ("need", ("a",))
    board = board_of(CHAIN, again, at("b", S.SKIPPED, attempt=1))
    [skipped] = why(board, AT_WORK, "c")
    assert [h.by for h in tree([skipped])] == [("b",), ("a",), ()]


def test_a_step_whose_turn_it_is_is_only_next():
    assert kinds(why(board_of(CHAIN), AT_WORK, "a")) == ["next"]


@pytest.mark.parametrize("state", [S.DONE, S.SKIPPED, S.UNDONE])
def test_a_step_that_is_through_is_held_up_by_nothing(state):
    assert why(board_of(CHAIN, at("a", state)), AT_WORK, "a") == ()


def test_a_chain_is_followed_to_its_root():
    [need] = why(board_of(CHAIN, at("a", S.RUNNING)), AT_WORK, "c")
    assert (need.kind, need.by) == ("need", ("b",))
    assert [(h.kind, h.step, h.by) for h in tree([need])] == [
        ("need", "c", ("b",)),
        ("need", "b", ("a",)),
        ("working", "a", ()),
    ]
    assert need.behind[0].behind[0].since == NOON - 3 * _MINUTE


def test_what_a_step_that_was_left_out_waits_for_holds_up_what_is_behind_it():
    board = board_of(CHAIN, at("a", S.RUNNING), at("b", S.SKIPPED, attempt=0))
    [need] = why(board, AT_WORK, "c")
    assert [(h.kind, h.step, h.by) for h in tree([need])] == [
        ("need", "c", ("b",)),
        ("need", "b", ("a",)),
        ("working", "a", ()),
    ]
    assert why(board, AT_WORK, "b") == ()


def test_behind_a_failed_step_is_what_to_type():
    board = board_of(FLEET, at("cmp1-drain", S.FAILED, reason="no room"))
    [need] = why(board, AT_WORK, "cmp1-upgrade")
    [root] = need.behind
    assert (root.kind, root.said, root.who, root.since) == ("failed", "no room", "operator", NOON - 2 * _MINUTE)
    assert root.commands == (
        "stairlift retry 261122-abc123 cmp1-drain",
        "stairlift skip 261122-abc123 cmp1-drain",
    )


def test_what_is_on_record_already_is_not_to_be_typed_again():
    board = board_of(FLEET, at("cmp1-drain", S.FAILED, reason="no room"))
    told = replace(AT_WORK, told={"cmp1-drain": "retry"})
    [root] = why(board, told, "cmp1-drain")
    assert root.commands == ()
    assert root.said == "no room; retry is on record"


def test_a_database_step_cannot_be_skipped():
    plan = a_plan(a_step("db", action="db-expand"), a_step("up", needs=["db"]), budgets={"plane:resource": 1})
    [need] = why(board_of(plan, at("db", S.FAILED)), AT_WORK, "up")
    assert need.behind[0].commands == ("stairlift retry 261122-abc123 db",)


def test_a_full_window_names_its_hosts_and_where_they_are():
    board = board_of(FLEET, at("cmp1-drain", S.DONE), at("cmp1-upgrade", S.RUNNING))
    [window] = why(board, AT_WORK, "cmp2-drain")
    assert (window.kind, window.key, window.wide, window.hosts) == ("window", "plane:resource", 1, ("cmp1",))
    assert window.by == ("cmp1-upgrade",)
    assert window.since == NOON - 3 * _MINUTE
    assert kinds(window.behind) == ["working"]


def test_a_failed_host_keeps_its_place_and_is_named_before_those_at_work():
    plan = replace(a_rollout(3, actions=("upgrade",), window=2, budget=1))
    board = board_of(plan, at("cmp1-upgrade", S.RUNNING), at("cmp2-upgrade", S.FAILED))
    [window] = why(board, AT_WORK, "cmp3-upgrade")
    assert window.by == ("cmp2-upgrade", "cmp1-upgrade")
    assert kinds(window.behind) == ["failed", "working"]


def test_a_strategy_that_bears_one_process():
    plan = a_plan(a_step("a"), a_step("b"), bindings=[a_binding(concurrency="cloud")])
    [alone] = why(board_of(plan, at("a", S.RUNNING)), AT_WORK, "b")
    assert (alone.kind, alone.key, alone.by, kinds(alone.behind)) == ("alone", "command", ("a",), ["working"])


def test_one_way_steps_ask_and_may_be_approved_ahead():
    plan = a_plan(a_step("a"), a_step("contract", needs=["a"], one_way=True))
    waits = why(board_of(plan, at("a", S.DONE), at("contract", S.WAITING)), AT_WORK, "contract")
    assert [(h.kind, h.who, h.commands, h.since) for h in waits] == [
        ("approval", "approver", ("stairlift approve 261122-abc123 contract",), NOON - 2 * _MINUTE)
    ]
    ahead = why(board_of(plan, at("a", S.RUNNING)), AT_WORK, "contract")
    assert kinds(ahead) == ["need", "approval"]
    assert ahead[1].since is None
    agreed = board_of(plan, at("a", S.DONE), at("contract", S.PENDING, approved=True))
    assert kinds(why(agreed, AT_WORK, "contract")) == ["next"]


def test_an_order_that_needs_no_success_waits_for_an_end_only():
    plan = a_plan(a_step("a"), a_step("b", after=["a"]), budgets={"plane:resource": 1})
    assert kinds(why(board_of(plan, at("a", S.RUNNING)), AT_WORK, "b")) == ["turn"]
    assert kinds(why(board_of(plan, at("a", S.FAILED)), AT_WORK, "b")) == ["next"]


def test_a_retry_says_when_it_is_due():
    status = at("a", S.RETRYING, retries=2, reason="the broker was gone")
    [pause] = why(board_of(CHAIN, status), AT_WORK, "a")
    assert (pause.kind, pause.said) == ("pause", "the broker was gone")
    assert pause.due == NOON - _MINUTE + timedelta(seconds=30)


def test_services_that_do_not_report_have_until_then():
    [report] = why(board_of(CHAIN, at("a", S.VERIFYING)), AT_WORK, "a")
    assert (report.kind, report.said) == ("report", "nova-compute on a")
    assert report.due == NOON + 2 * _MINUTE


def test_an_attempt_that_no_worker_has_taken():
    plan = a_plan(replace(a_step("a"), queue="az1"), a_step("b", needs=["a"]))
    board = board_of(plan, at("a", S.RUNNING))
    [queue] = why(board, replace(AT_WORK, queued={"a": ""}), "a")
    assert (queue.kind, queue.key, queue.who, queue.commands) == ("queue", "az1", "nobody", ())
    [need] = why(board, replace(AT_WORK, queued={"a": "no worker was ever heard of"}), "b")
    [queue] = need.behind
    assert (queue.who, queue.commands) == ("operator", ("stairlift worker --queue az1",))
    assert queue.said == "no worker was ever heard of"


def test_nobody_orchestrates():
    alone = Circumstances(GOING, since=NOON)
    found = why(board_of(CHAIN, at("a", S.RUNNING)), alone, "b")
    assert [(h.kind, h.since, h.commands) for h in found] == [
        ("unattended", NOON, ("stairlift resume 261122-abc123",)),
        ("need", NOON - timedelta(minutes=3, seconds=20), ()),
    ]
    assert kinds(why(board_of(CHAIN, at("a", S.RUNNING)), alone, "a")) == ["working", "unattended"]


def test_a_pause_and_one_on_its_way():
    paused = Circumstances(a_run(RunState.PAUSED, reason="as bob said: lunch"), since=NOON)
    [rest, _] = why(board_of(CHAIN, at("a", S.DONE)), paused, "c")
    assert (rest.kind, rest.said, rest.since) == ("rest", "as bob said: lunch", NOON)
    assert rest.commands == ("stairlift resume 261122-abc123",)
    pausing = Circumstances(
        held_by(Cause.PERSON, a_run(RunState.RUNNING, reason="pausing, as bob said")), attended=True
    )
    assert kinds(why(board_of(CHAIN, at("a", S.RUNNING)), pausing, "b")) == ["rest", "need"]


def test_a_run_that_turns_round_says_why_and_is_not_one_that_rests():
    turning = replace(a_run(RunState.RUNNING, reason="rolling back, as bob said"), intent="rollback")
    board = board_of(CHAIN, at("a", S.DONE), at("b", S.RUNNING))
    found = why(board, Circumstances(turning, attended=True), "a")
    assert kinds(found) == ["undo"], "`resume` would not help"


def test_a_spent_budget_names_who_spent_it_then_how_to_go_on():
    board = board_of(a_rollout(3, actions=("upgrade",)), at("cmp1-upgrade", S.FAILED, reason="no room"))
    failed = Circumstances(a_run(RunState.FAILED), since=NOON)
    found = why(board, failed, "cmp2-upgrade")
    assert kinds(found) == ["budget", "window", "unattended"]
    assert (found[0].key, found[0].wide, found[0].hosts) == ("plane:resource", 0, ("cmp1",))
    assert kinds(found[0].behind) == ["failed"]


def test_a_plan_that_nobody_approved_and_a_stage_that_nobody_asked_for():
    plan = a_plan(a_step("prep", stage="prepare"), a_step("up", needs=["prep"]))
    board = board_of(plan, at("prep", S.DONE))
    waiting = Circumstances(Scope(approved=False).on(a_run(RunState.WAITING)))
    [asks, then] = why(board, waiting, "up")
    assert (asks.kind, asks.commands) == ("plan", ("stairlift approve 261122-abc123 sha256:0123",))
    assert then.kind == "unattended"
    only = Circumstances(Scope(("prepare",)).on(GOING), attended=True)
    [stage] = why(board, only, "up")
    assert (stage.kind, stage.key, stage.commands) == ("stage", "prepare", ("stairlift resume 261122-abc123",))


@pytest.mark.parametrize("state", [RunState.CANCELLED, RunState.DONE, RunState.ROLLED_BACK])
def test_in_a_run_that_is_over_nothing_starts(state):
    [over] = why(board_of(CHAIN), Circumstances(a_run(state, ended_at=NOON)), "b")
    assert (over.kind, over.since, over.commands) == ("over", NOON, ())
    assert str(state) in over.said


@pytest.mark.parametrize("intent", ["cancel", "rollback"])
def test_in_a_run_that_is_on_its_way_out_nothing_starts(intent):
    leaving = Circumstances(a_run(RunState.RUNNING, intent=intent), attended=True)
    assert kinds(why(board_of(CHAIN, at("a", S.RUNNING)), leaving, "b")) == ["over"]
    assert kinds(why(board_of(CHAIN, at("a", S.RUNNING)), replace(leaving, attended=False), "b")) == [
        "over",
        "unattended",
    ]


def test_the_first_in_line_is_one_that_can_come():
    assert first_in_line(board_of(CHAIN, at("a", S.RUNNING))) == "b"
    assert first_in_line(board_of(FLEET, at("cmp1-drain", S.FAILED))) == "cmp2-drain"
    assert first_in_line(board_of(CHAIN, at("a", S.FAILED))) == "b"
    assert first_in_line(board_of(CHAIN, *(at(s, S.DONE) for s in "abc"))) is None


# On the way back

BACK = Circumstances(a_run(RunState.ROLLING_BACK, intent="rollback"), attended=True)


def test_what_was_built_on_it_goes_back_first():
    board = board_of(CHAIN, at("a", S.DONE), at("b", S.DONE), at("c", S.UNDOING))
    [undo] = why(board, BACK, "a")
    assert (undo.kind, undo.by) == ("undo", ("b",))
    assert [(h.kind, h.step) for h in tree([undo])] == [("undo", "a"), ("undo", "b"), ("working", "c")]


def test_what_could_not_be_taken_back_waits_for_a_person():
    board = board_of(CHAIN, at("a", S.DONE), at("b", S.UNDO_FAILED, ended_at=NOON, reason="no way"))
    [undo] = why(board, BACK, "a")
    [root] = undo.behind
    assert (root.kind, root.said, root.commands) == ("failed", "no way", ("stairlift retry 261122-abc123 b",))


def test_windows_hold_on_the_way_back():
    plan = a_rollout(2, actions=("upgrade",), window=1, budget=1)
    board = board_of(plan, at("cmp1-upgrade", S.DONE), at("cmp2-upgrade", S.UNDOING))
    [window] = why(board, BACK, "cmp1-upgrade")
    assert (window.kind, window.key, window.by) == ("window", "plane:resource", ("cmp2-upgrade",))
    assert kinds(window.behind) == ["working"]
    assert kinds(why(board_of(plan, at("cmp1-upgrade", S.DONE)), BACK, "cmp1-upgrade")) == ["next"]


def test_what_was_taken_back_and_what_never_began_is_said_so():
    board = board_of(CHAIN, at("a", S.DONE), at("b", S.UNDONE))
    assert why(board, BACK, "b") == ()
    assert kinds(why(board, BACK, "c")) == ["over"]


# Whatever a run has come to


@st.composite
def plans(draw) -> Plan:
    steps = []
    for n in range(draw(st.integers(1, 8))):
        earlier = [step.id for step in steps]
        some = st.lists(st.sampled_from(earlier), max_size=2, unique=True) if earlier else st.just([])
        action = draw(st.sampled_from(["upgrade", "upgrade", "db-expand", "approve"]))
        steps.append(
            a_step(
                f"s{n}",
                action=action,
                stage=draw(st.sampled_from(["prepare", "control", "compute"])),
                needs=draw(some),
                after=draw(some),
                hosts=[draw(st.sampled_from(["h1", "h2", "h3"]))],
                unit="" if action == "approve" else draw(st.sampled_from(["", "u1", "u2"])),
                slots=draw(st.lists(st.sampled_from(["x", "y"]), max_size=2, unique=True)),
                budgets=draw(st.sampled_from([("x",), ("y",), ()])),
                one_way=draw(st.integers(0, 4)) == 0,
                strategy=draw(st.sampled_from(["command", "serial"])),
            )
        )
    windows = {key: draw(st.integers(3, 4)) for key in ("x", "y")}
    bindings = [a_binding("command"), a_binding("serial", concurrency="cloud")]
    return a_plan(*steps, windows=windows, budgets={"x": 1, "y": 2}, bindings=bindings)


def turn(board: Board) -> None:
    """What the loop does in a turn, until nothing is left to decide."""
    while decisions := [d for d in decide(board, 0.0) if isinstance(d, Start | AskApproval | PassGate)]:
        for decision in decisions:
            state = {Start: S.RUNNING, AskApproval: S.WAITING, PassGate: S.DONE}[type(decision)]
            move(board, decision.step, state)


def move(board: Board, step: str, state: StepState, **given) -> None:
    status = board.status(step)
    attempt = status.attempt + (state is S.RUNNING)
    board.move(replace(status, state=state, attempt=attempt, started_at=NOON, worked_at=NOON, ended_at=NOON, **given))


ENDINGS = {
    S.RUNNING: [S.DONE, S.FAILED, S.UNKNOWN, S.VERIFYING, S.RETRYING],
    S.VERIFYING: [S.DONE, S.FAILED],
    S.WAITING: [S.PENDING, S.SKIPPED],
    S.FAILED: [S.PENDING, S.SKIPPED],
    S.UNKNOWN: [S.PENDING],
    S.RETRYING: [S.RUNNING, S.PENDING],
}


@st.composite
def boards(draw) -> Board:
    """A run that has come as far as it came, between two turns."""
    plan = draw(plans())
    scope = draw(st.sampled_from([Scope(), Scope(("prepare", "control")), Scope(approved=False)]))
    board = Board(graph(plan), [])
    board.confine(scope)
    for _ in range(draw(st.integers(0, 12))):
        turn(board)
        some = [s for s in board.statuses() if s.state in ENDINGS]
        if not some:
            break
        status = draw(st.sampled_from(some))
        ending = draw(st.sampled_from(ENDINGS[status.state]))
        move(board, status.id, ending, approved=status.approved or status.state is S.WAITING)
    if draw(st.booleans()):
        turn(board)
    return board


def around(board: Board, *, attended: bool = True) -> Circumstances:
    return Circumstances(board.scope.on(GOING), attended=attended)


@settings(max_examples=150, deadline=None)
@given(boards(), st.booleans())
def test_what_does_not_move_has_a_reason(board, attended):
    for status in board.statuses():
        found = why(board, around(board, attended=attended), status.id)
        assert bool(found) == (status.state not in SETTLED), status


@settings(max_examples=150, deadline=None)
@given(boards())
def test_what_is_about_to_start_is_held_up_by_nothing(board):
    for decision in decide(board, 0.0):
        if isinstance(decision, Start):
            assert kinds(why(board, around(board), decision.step)) == ["next"]


@settings(max_examples=150, deadline=None)
@given(boards(), st.data())
def test_whoever_follows_the_reasons_gets_it_moving(board, data):
    left = [s.id for s in board.statuses() if s.state not in SETTLED and s.state not in IN_FLIGHT]
    if not left:
        return
    step = data.draw(st.sampled_from(left))
    for _ in range(60):
        turn(board)
        if board.status(step).state in IN_FLIGHT | SETTLED:
            return
        for hindrance in tree(why(board, around(board), step)):
            bring_to_an_end(board, hindrance)
    raise AssertionError(f"{step} is still {board.status(step).state}")


def bring_to_an_end(board: Board, hindrance: Hindrance) -> None:
    """Do what the hindrance says, to nothing but the step that it names."""
    state = board.status(hindrance.step).state
    match hindrance.kind:
        case "working" | "report" if state in IN_FLIGHT:
            move(board, hindrance.step, S.DONE)
        case "pause" if state is S.RETRYING:
            move(board, hindrance.step, S.RUNNING)
        case "failed" if any(" retry " in typed for typed in hindrance.commands) and state in ENDINGS:
            move(board, hindrance.step, S.PENDING)
        case "approval" if hindrance.commands and state in (S.PENDING, S.WAITING):
            move(board, hindrance.step, S.PENDING, approved=True)
        case "plan" | "stage" if hindrance.commands:
            board.confine(Scope())
