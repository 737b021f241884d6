"""What `prepare` found is told where the plan is approved."""

from dataclasses import replace
from datetime import UTC, datetime

from stairlift.model.run import Attempt, AttemptId, Run, RunState, StepState, StepStatus
from stairlift.model.scope import Scope
from stairlift.report.prepared import found_by, found_lines
from stairlift.report.status import Standing, status_lines
from stairlift.report.status_document import status_document
from stairlift.testing.plans import a_plan, a_step

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PLAN = a_plan(a_step("fetch@cmp1", action="prepare", stage="prepare"), a_step("cmp1", needs=["fetch@cmp1"]))


def an_attempt(step: str, reason: str = "", **facts: str) -> Attempt:
    return Attempt(AttemptId("r1", step, 1), NOW, NOW, "done", 0, reason, facts)


FOUND = found_by([an_attempt("fetch@cmp1", "3 services differ", difference="/srv/scratch/nova.diff", images="12")])


def a_standing(scope: Scope, state=RunState.WAITING) -> Standing:
    run = scope.on(Run("r1", "lab", PLAN.hash, "2025.1", "2026.1", state, NOW, NOW, reason="stage prepare is done"))
    steps = [StepStatus("fetch@cmp1", StepState.DONE, 1), StepStatus("cmp1")]
    return Standing(run, PLAN, steps, found=FOUND)


def test_facts_and_reasons_are_one_line_each():
    assert found_lines(FOUND) == ("fetch@cmp1: 3 services differ; difference: /srv/scratch/nova.diff; images: 12",)


def test_who_has_nothing_to_say_is_left_out():
    assert found_by([an_attempt("fetch@cmp1"), an_attempt("fetch@cmp2", "x")]) == found_by(
        [an_attempt("fetch@cmp2", "x")]
    )


def test_many_are_cut_short():
    lines = found_lines(found_by(an_attempt(f"fetch@cmp{n}", "x") for n in range(12)))
    assert len(lines) == 11
    assert lines[-1].startswith("... and 2 more steps")


def test_status_tells_it_with_what_to_type():
    lines = status_lines(a_standing(Scope(("prepare",), approved=False)), NOW)
    told = "\n".join(lines)
    assert "found     fetch@cmp1: 3 services differ; difference: /srv/scratch/nova.diff" in told
    assert f"then: stairlift approve r1 {PLAN.hash}" in told
    assert "once it is approved: stairlift resume r1" in told


def test_the_document_has_all_of_it():
    document = status_document(a_standing(Scope(("prepare",), approved=False)))
    facts = {"difference": "/srv/scratch/nova.diff", "images": "12"}
    assert document["found"] == [{"step": "fetch@cmp1", "reason": "3 services differ", "facts": facts}]
    (waits,) = document["waiting_for"]
    assert (waits["step"], waits["what"]) == (PLAN.hash, "plan")


def test_an_approved_run_waits_for_no_plan():
    standing = a_standing(Scope())
    assert status_document(standing)["waiting_for"] == []
    assert not any("wants" in line or PLAN.hash in line for line in status_lines(standing, NOW))


def test_a_run_that_is_held_says_why_while_it_still_works():
    running = replace(a_standing(Scope(), RunState.RUNNING).run, reason="nothing more starts, since x has changed")
    lines = status_lines(replace(a_standing(Scope()), run=running), NOW)
    assert "  why: nothing more starts, since x has changed" in lines
