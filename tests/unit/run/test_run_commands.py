"""What a run as a whole may be told, in every state, and how far it may be told to go."""

from dataclasses import replace
from typing import get_args

import pytest

from stairlift.model.errors import Refusal
from stairlift.model.run import RunCommandKind, RunState, StepState
from stairlift.model.scope import Scope
from stairlift.run.commands import ComeTrue, covers, run_judgement, stage_refusal, step_judgement
from stairlift.run.transitions import COME_TRUE, RUN_COMMANDS, RUN_MOVES
from stairlift.testing.plans import TARGET, a_plan, a_step
from standings import a_run, a_status

KINDS = get_args(RunCommandKind)
LEADS_TO = {"pause": RunState.PAUSED, "cancel": RunState.CANCELLED, "rollback": RunState.ROLLING_BACK}
D, F, P = StepState.DONE, StepState.FAILED, StepState.PENDING


@pytest.mark.parametrize("state", RunState)
@pytest.mark.parametrize("kind", KINDS)
def test_every_command_in_every_state_is_answered_by_the_tables(kind, state):
    run = a_run(state)
    met = run_judgement(kind, run)
    if state in COME_TRUE[kind]:
        assert isinstance(met, ComeTrue)
        assert (run.id in met.words, str(state) in met.words) == (True, True)
    elif state in RUN_COMMANDS[kind]:
        assert met is None
    else:
        assert isinstance(met, Refusal)
        assert (met.code, met.exit_code) == ("run.illegal_transition", 4)
        assert f"cannot {kind} run {run.id}: it is {state}" in met.brief
        assert all(str(legal) in met.resolution for legal in RUN_COMMANDS[kind])


@pytest.mark.parametrize("kind", LEADS_TO)
def test_whatever_may_be_told_can_come_true(kind):
    assert {source for source, target in RUN_MOVES if target is LEADS_TO[kind] and source is not target} == set(
        RUN_COMMANDS[kind]
    ) - {LEADS_TO[kind]}


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_is_being_cancelled_can_be_told_nothing_else(kind):
    met = run_judgement(kind, a_run(RunState.RUNNING, intent="cancel"))
    assert (met is None) == (kind == "cancel")
    assert met is None or "running and being cancelled" in met.brief


# Stopping after a stage


def a_flight():
    return a_plan(
        a_step("fetch", stage="prepare"),
        a_step("api", stage="control", needs=["fetch"]),
        a_step("l3", stage="network", needs=["api"]),
        a_step("cmp", stage="compute", needs=["l3"]),
    )


def stands(*states: StepState):
    return [a_status(step.id, state) for step, state in zip(a_flight().steps, states, strict=True)]


@pytest.mark.parametrize(
    ("stage", "states", "refused"),
    [
        ("control", (P, P, P, P), False),
        ("control", (D, D, P, P), False),  # it may rest right here
        ("control", (D, D, StepState.RUNNING, P), True),
        ("network", (D, D, StepState.RUNNING, P), False),
        ("control", (D, F, P, P), False),
        ("prepare", (D, D, D, F), True),
        ("compute", (D, D, D, F), False),
        ("finish", (D, D, D, P), False),
    ],
)
def test_a_stage_that_is_behind_is_refused(stage, states, refused):
    met = stage_refusal(stage, a_run(RunState.RUNNING), a_flight(), stands(*states))
    assert (met is not None) == refused
    if met:
        assert f"after {stage}: it has left that stage behind" in met.brief


def test_of_several_hops_the_one_under_way_counts():
    hop = a_flight()
    second = [replace(s, id=f"second-{s.id}", source=TARGET, target=TARGET.__class__(2026, 2)) for s in hop.steps]
    flight = a_plan(*hop.steps, *second)
    behind = [*(a_status(s.id, D) for s in hop.steps), *(a_status(s.id, P) for s in second)]
    assert stage_refusal("control", a_run(RunState.RUNNING), flight, behind) is None


def test_a_run_that_does_other_stages_never_gets_there():
    run = Scope(("compute",)).on(a_run(RunState.RUNNING))
    met = stage_refusal("control", run, a_flight(), stands(P, P, P, P))
    assert met is not None
    assert "only stage compute" in met.brief


@pytest.mark.parametrize(
    ("scope", "open_stages"),
    [
        (Scope(stop_after="control"), {"prepare", "infra", "ovn", "control"}),
        (Scope(("control", "compute"), stop_after="control"), {"control"}),
        (Scope(("prepare",), approved=False, stop_after="compute"), {"prepare"}),
        (Scope(), set()),
    ],
)
def test_what_is_open_before_a_stage_to_stop_after(scope, open_stages):
    assert scope.open == open_stages
    assert Scope.of(scope.on(a_run(RunState.RUNNING))) == scope


def test_an_approval_names_what_it_covers():
    step = a_step("db", action="db-contract", services=["nova-api"], hosts=["ctl1", "ctl2"], one_way=True)
    assert covers(step) == "ONE-WAY db-contract of nova-api on ctl1, ctl2"
    assert covers(a_step("cmp1")) == "upgrade of nova-compute on cmp1"


def test_a_skip_or_an_approval_that_is_told_twice_has_come_true():
    skipped = step_judgement("skip", a_step("a"), a_status("a", StepState.SKIPPED), RunState.PAUSED)
    gate = a_step("gate", action="approve")
    approved = step_judgement("approve", gate, replace(a_status("gate", P), approved=True), RunState.PAUSED)
    assert (skipped, approved) == (ComeTrue("step a is skipped already"), ComeTrue("step gate is approved already"))
    assert isinstance(step_judgement("skip", a_step("a"), a_status("a", D), RunState.PAUSED), Refusal)
