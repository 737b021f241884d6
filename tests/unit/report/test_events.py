"""Every kind of event has a line that reads well, and what a journal can hold is told in one line each."""

import pytest

from golden_text import assert_golden
from stairlift.model.run import Event, StepState
from stairlift.report.events import LEAVES, audit_line, event_document, event_line
from stairlift.run.transitions import RUN_MOVES, STEP_MOVES
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_step

STEPS = {
    "compute@cmp1": a_step("compute@cmp1", hosts=("cmp1",)),
    "batch-2": a_step("batch-2", hosts=tuple(f"cmp{n}" for n in range(2, 12))),
}


def told(kind, step=None, attempt=None, /, **data):
    return event_line(Event("261122-abc123", 1, NOON, kind, step, attempt, data), STEPS)


def test_every_kind_reads_well():
    lines = [
        told("run.created", plan="sha256:0123", actor="ada"),
        told("run.started", plan="sha256:0123"),
        told("step.started", "compute@cmp1", 1),
        told("step.started", "batch-2", 1),
        told("step.verifying", "compute@cmp1", 1),
        told("step.done", "compute@cmp1", 1),
        told("step.failed", "batch-2", 1, reason="exit status 3: no room on cmp7"),
        told("step.unknown", "compute@cmp1", 2, reason="it was begun and left no result"),
        told("step.retried", "batch-2", 1, actor="bob", reason="made room"),
        told("step.started", "batch-2", 2),
        told("step.skipped", "compute@cmp1", 1, actor="bob", reason="will be replaced"),
        told("step.waiting", "compute@cmp1"),
        told("step.approved", "compute@cmp1", actor="bob", reason="at the prompt"),
        told("step.approved", "compute@cmp1", blanket=True),
        told("step.passed", "compute@cmp1"),
        told("command.refused", kind="retry", step="batch-2", actor="bob", answer="attempt 1 still runs: process 17"),
        told("run.detached", in_flight=["compute@cmp1"]),
        told("run.detached", in_flight=[f"compute@cmp{n}" for n in range(1, 6)]),
        told("run.detached"),
        told("run.resumed"),
        told("run.waiting", reason="1 step waits for approval"),
        told("run.paused", reason="failed: cmp7; the failure budget is 0"),
        told("run.failed", reason="failed: cmp7; the failure budget is 0"),
        told("run.done"),
    ]
    assert_golden("events.txt", "\n".join(lines) + "\n")


def test_a_failure_says_why_and_which_attempt():
    line = told("step.failed", "batch-2", 3, reason="exit status 1: disk full")
    assert "batch-2" in line
    assert "(attempt 3)" in line
    assert line.endswith(": exit status 1: disk full")


@pytest.mark.parametrize("kind", sorted({*STEP_MOVES.values(), *RUN_MOVES.values(), "run.created", "run.detached"}))
def test_no_event_of_the_journal_is_told_by_its_bare_kind(kind):
    line = told(kind, "compute@cmp1" if kind.startswith("step.") else None)
    assert kind not in line
    assert "\n" not in line


@pytest.mark.parametrize("what", ["intended", "made", "foreign", "not-made", "restored", "left", "kept"])
def test_what_becomes_of_a_side_effect_is_told_in_words(what):
    line = told(f"effect.{what}", effects={"around:alerts": "made"}, reason="no answer")
    assert "around:alerts " in line
    assert line.endswith(": no answer")
    assert f"effect.{what}" not in line
    assert "·" not in line


def test_where_an_event_leaves_its_step_is_what_the_table_of_moves_says():
    assert {kind: state for (_, state), kind in STEP_MOVES.items()} == dict(LEAVES)


def test_an_event_of_a_step_that_the_plan_does_not_have_is_told_all_the_same():
    assert "step.started" not in told("step.started", "gone", 1)
    assert "gone" in told("step.started", "gone", 1)


def test_states_are_those_of_the_model():
    assert set(LEAVES.values()) == set(StepState)


def test_for_an_auditor_it_has_its_number_its_day_and_what_was_approved():
    data = {"actor": "bob", "reason": "read it", "covers": "db-contract on ctl1", "plan": "sha256:0123"}
    line = audit_line(Event("r1", 42, NOON, "step.approved", "compute@cmp1", None, data), STEPS)
    assert line == ("    42  2026-05-04 12:00:00Z · compute@cmp1 approved by bob: read it [covers db-contract on ctl1]")


def test_and_from_where_it_came_that_came_through_a_server():
    data = {"kind": "pause", "actor": "bob", "via": {"token": "1fa1", "address": "192.0.2.7"}}
    assert audit_line(Event("r1", 42, NOON, "command.recorded", None, None, data), STEPS).endswith(" [from 192.0.2.7]")
    nowhere = {**data, "via": {"token": "1fa1", "address": ""}}
    assert "[from" not in audit_line(Event("r1", 42, NOON, "command.recorded", None, None, nowhere), STEPS)


def test_programs_get_all_of_an_event():
    document = event_document(Event("r1", 7, NOON, "step.failed", "batch-2", 2, {"returncode": 3}))
    assert document == {
        "seq": 7,
        "at": "2026-05-04T12:00:00Z",
        "kind": "step.failed",
        "step": "batch-2",
        "attempt": 2,
        "data": {"returncode": 3},
    }
