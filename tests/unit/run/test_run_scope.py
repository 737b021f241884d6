"""How far a run goes: named stages only, and nothing but `prepare` before the plan is approved."""

from dataclasses import replace

import pytest

from stairlift.model.errors import Refusal
from stairlift.model.run import RunState, StepState
from stairlift.model.scope import Scope
from stairlift.run import AskApproval, Board, Finish, Start, decide, graph
from stairlift.testing.plans import a_plan, a_step
from unit.drive.test_loop import Lab, play

PREPARE = Scope(("prepare",), approved=False)


def staged(step_id: str, stage: str, **given):
    return a_step(step_id, stage=stage, **given)


def a_staged_plan():
    return a_plan(
        staged("fetch@cmp1", "prepare", action="prepare"),
        staged("fetch@cmp2", "prepare", action="prepare"),
        staged("api", "control", needs=["fetch@cmp1", "fetch@cmp2"]),
        staged("cmp1", "compute", needs=["api"]),
        staged("unpin", "finish", needs=["cmp1"], one_way=True),
    )


def board(scope: Scope, **given) -> Board:
    made = Board(graph(a_staged_plan()), (), **given)
    made.confine(scope)
    return made


@pytest.mark.parametrize("scope", [PREPARE, Scope(("prepare",)), Scope(("control", "compute"), approved=False)])
def test_only_steps_within_the_scope_start(scope):
    assert decide(board(scope), 0.0) == [Start("fetch@cmp1"), Start("fetch@cmp2")]


def test_out_of_scope_is_no_question_either():
    confined = Board(graph(a_plan(staged("unpin", "finish", one_way=True))), ())
    assert decide(confined, 0.0) == [AskApproval("unpin")]
    confined.confine(PREPARE)
    (rest,) = decide(confined, 0.0)
    assert isinstance(rest, Finish)


def test_a_scope_that_is_lifted_lets_everything_go_on():
    confined = board(Scope(("control",)))
    assert isinstance(decide(confined, 0.0)[0], Finish)
    confined.confine(Scope())
    assert decide(confined, 0.0) == [Start("fetch@cmp1"), Start("fetch@cmp2")]


def prepared(scope: Scope) -> Lab:
    """A run that has gone as far as this scope lets it."""
    lab = Lab(a_staged_plan(), scope=scope)
    play(lab.go())
    return lab


def test_an_unapproved_plan_waits_behind_its_preparation():
    lab = prepared(PREPARE)
    assert lab.run.state is RunState.WAITING
    assert {job[0].step for job in lab.jobs} == {"fetch@cmp1", "fetch@cmp2"}
    assert "waits for the plan's approval" in lab.run.reason


def test_taken_up_without_approval_it_rests_again():
    lab = prepared(PREPARE)
    assert play(lab.go()).state is RunState.WAITING
    assert len(lab.jobs) == 2


def test_the_approval_of_the_plan_lets_it_go_on():
    lab = prepared(PREPARE)
    command = lab.tell("approve", lab.plan.hash)
    assert play(lab.go(approve_all=True)).state is RunState.DONE
    (settled,) = [c for c in lab.store.commands(lab.run.id) if c.id == command.id]
    assert settled.result == "applied"
    (event,) = [e for e in lab.store.events(lab.run.id) if e.kind == "run.approved"]
    assert (event.data["actor"], event.data["plan"]) == ("bob", lab.plan.hash)


def test_the_approval_of_the_plan_is_no_approval_of_one_way_steps():
    lab = prepared(PREPARE)
    lab.tell("approve", lab.plan.hash)
    assert play(lab.go()).state is RunState.WAITING
    assert lab.state("unpin") is StepState.WAITING
    assert lab.state("cmp1") is StepState.DONE


def test_an_approved_plan_is_paused_behind_its_stage_and_then_goes_on():
    lab = prepared(Scope(("prepare",)))
    assert lab.run.state is RunState.PAUSED
    assert len(lab.jobs) == 2
    assert play(lab.go(approve_all=True)).state is RunState.DONE


def test_the_scope_survives_an_orchestrator_that_dies():
    """It is kept with the run: whoever takes it up in the middle of the stage stops at its end, too."""
    lab = Lab(a_staged_plan(), outcomes={"fetch@cmp2": [1]}, scope=Scope(("prepare",)))
    assert play(lab.go()).state is RunState.FAILED
    lab.tell("retry", "fetch@cmp2")
    assert play(lab.go()).state is RunState.PAUSED
    assert lab.state("api") is StepState.PENDING


@pytest.mark.parametrize(
    ("kind", "scope", "why"), [("skip", PREPARE, "only a step can be"), ("approve", Scope(), "approved already")]
)
def test_what_a_plan_cannot_be_told(kind, scope, why):
    lab = prepared(replace(scope, stages=("prepare",)))
    with pytest.raises(Refusal, match=why):
        lab.tell(kind, lab.plan.hash)


def test_an_approval_that_comes_twice_is_refused_the_second_time():
    lab = prepared(PREPARE)
    lab.tell("approve", lab.plan.hash, command_id="one")
    lab.tell("approve", lab.plan.hash, command_id="two")
    play(lab.go())
    assert [c.result for c in lab.store.commands(lab.run.id)] == ["applied", "refused"]


@pytest.mark.parametrize("scope", [Scope(), Scope(("prepare", "ovn")), PREPARE])
def test_a_run_gives_back_its_scope(scope):
    lab = Lab(a_staged_plan(), scope=scope)
    play(lab.go())
    assert Scope.of(scope.on(lab.run)) == scope
