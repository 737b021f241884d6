"""What somebody is told who has just paused or cancelled a run."""

from dataclasses import replace

from stairlift.model.run import RunState, StepState
from stairlift.report.halting import fenced, halting_lines
from stairlift.report.status import Standing
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_plan, a_rollout, a_step
from standings import a_run, a_status

D, P, R, V = StepState.DONE, StepState.PENDING, StepState.RUNNING, StepState.VERIFYING
ACTIONS = ("cordon", "upgrade", "uncordon")


def standing(*states: StepState, state: RunState = RunState.RUNNING, **given) -> Standing:
    """Three hypervisors, each cordoned, upgraded and uncordoned."""
    plan = a_rollout(3, actions=ACTIONS)
    steps = [a_status(s.id, at) for s, at in zip(plan.steps, [*states, *[P] * 9], strict=False)]
    return Standing(a_run(state, **given), plan, steps)


def test_what_is_in_flight_is_named_with_what_is_safe_to_stop():
    lines = halting_lines(standing(D, R, reason="pausing, as bob said"), NOON)
    assert lines == (
        "run 261122-abc123 is running (pausing, as bob said)",
        "  in flight: cmp1-upgrade on cmp1, upgrade for 1m 15s",
        "  stays fenced: cmp1 (compute)",
        "  safe to stop: this terminal and the orchestrator; what is in flight goes on without them",
        "  not safe to stop: cmp1, and the machine that the attempts run on",
    )


def test_a_host_between_two_steps_stays_fenced_and_nothing_runs():
    lines = halting_lines(standing(D, P, state=RunState.PAUSED), NOON)
    assert lines == (
        "run 261122-abc123 is paused",
        "  nothing of it runs: everything is safe to stop",
        "  stays fenced: cmp1 (compute)",
    )


def test_only_units_that_were_begun_and_are_not_done_are_fenced():
    assert fenced(standing(D, D, D, D, V)) == {"cmp2": "compute"}
    assert fenced(standing(D, D, D)) == {}
    control = replace(a_step("api", hosts=["ctl1", "ctl2"]), stage="control")
    failed = Standing(a_run(RunState.FAILED), a_plan(control), [a_status("api", StepState.FAILED)])
    assert fenced(failed) == {"ctl1": "control", "ctl2": "control"}


def test_what_is_ended_by_force_does_not_go_on():
    lines = halting_lines(standing(D, R, options={"cancel": {"now": True}}), NOON)
    assert "  is ended now: cmp1-upgrade on cmp1, upgrade for 1m 15s" in lines
    assert not any("safe to stop" in line for line in lines)


def test_verification_is_told_as_such():
    assert "cmp1-upgrade on cmp1, waits for its services for 12s" in "\n".join(halting_lines(standing(D, V), NOON))


def test_of_many_the_first_are_named():
    plan = a_plan(*(a_step(f"cmp{n}") for n in range(14)))
    everybody = Standing(a_run(RunState.RUNNING), plan, [a_status(s.id, R) for s in plan.steps])
    lines = halting_lines(everybody, NOON)
    assert "  in flight: 4 more" in lines
    assert any(line.endswith("cmp9 (compute) and 4 more hosts") for line in lines)
