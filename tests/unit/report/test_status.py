from dataclasses import replace
from datetime import timedelta

import pytest

from golden_text import assert_golden
from stairlift.model.cause import Cause, held_by
from stairlift.model.run import RunState, StepState
from stairlift.report.status import status_lines, step_rows
from stairlift.report.status_document import status_document
from standings import HERE, NOON, S, a_command, a_standing, a_status


def told(standing):
    return "\n".join(status_lines(standing, NOON)) + "\n"


GOING = a_standing(
    RunState.RUNNING,
    {"a@cmp1": S.DONE, "a@cmp2": S.RUNNING, "a@cmp3": S.VERIFYING, "a@cmp4": S.PENDING},
    orchestrator=HERE,
    doing={"a@cmp2": "restart nova-compute"},
)
FAILED = a_standing(
    RunState.FAILED,
    {
        "a@cmp1": S.DONE,
        "a@cmp2": a_status("a@cmp2", S.FAILED, reason="exit status 3: no room"),
        "a@cmp3": a_status("a@cmp3", S.UNKNOWN, reason="its machine died half-way"),
        "a@cmp4": S.PENDING,
        "db@ctl1": S.PENDING,
    },
    reason="failed: cmp2; the failure budget is 0",
    ended_at=NOON,
)
WAITING = a_standing(RunState.WAITING, {"a@cmp1": S.DONE, "db-contract@ctl1": S.WAITING, "db-migrate@ctl1": S.PENDING})


@pytest.mark.parametrize(
    ("name", "standing"),
    [
        ("running", GOING),
        ("failed", FAILED),
        ("failed-and-retried", replace(FAILED, told=[a_command("retry", "a@cmp2"), a_command("skip", "a@cmp3")])),
        ("waiting", WAITING),
        ("waiting-approved", replace(WAITING, told=[a_command("approve", "db-contract@ctl1")])),
        ("left-alone", replace(GOING, orchestrator=None)),
        ("pending", a_standing(RunState.PENDING, {"a@cmp1": S.PENDING}, started_at=None)),
        ("done", a_standing(RunState.DONE, {"a@cmp1": S.DONE, "a@cmp2": S.SKIPPED}, ended_at=NOON)),
        ("cancelled", a_standing(RunState.CANCELLED, {"a@cmp1": S.DONE, "a@cmp2": S.PENDING}, ended_at=NOON)),
        (
            "retrying",
            a_standing(
                RunState.RUNNING,
                {
                    "a@cmp1": a_status("a@cmp1", S.RETRYING, retries=1, reason="the broker was away"),
                    "a@cmp2": a_status("a@cmp2", S.RUNNING),
                },
                orchestrator=HERE,
                again={"a@cmp1": NOON + timedelta(seconds=15)},
            ),
        ),
        (
            "cancelling",
            a_standing(
                RunState.RUNNING,
                {"a@cmp1": S.RUNNING, "a@cmp2": S.PENDING},
                orchestrator=HERE,
                reason="cancelling, as bob said: wrong cloud",
            ),
        ),
        ("paused", a_standing(RunState.PAUSED, {"a@cmp1": S.DONE, "a@cmp2": S.PENDING}, reason="failed: cmp9")),
    ],
)
def test_what_people_read(name, standing):
    assert_golden(f"status/{name}.txt", told(standing))


@pytest.mark.parametrize("writes", [True, False])
def test_a_run_whose_steps_have_all_ended_says_what_it_is_at(writes):
    """It is over once the write probe has done its turn, and what was changed is put back."""
    ended = a_standing(RunState.RUNNING, {"a@cmp1": S.DONE, "a@cmp2": S.SKIPPED}, orchestrator=HERE)
    metered = replace(ended.run, options={"meter": {"write": {"cloud": "probe"} if writes else None}})
    [line] = status_lines(replace(ended, run=metered, steps=(), counts={S.DONE: 1, S.SKIPPED: 1}), NOON)[1:]
    assert line.startswith("  ending    every step has ended: ")
    assert ("the write probe tries once more what users do" in line) is writes
    assert line.endswith("what was changed on the way is put back")


def test_a_run_that_is_over_waits_for_nobody_and_tells_nothing_to_type():
    steps = {"a@cmp1": S.FAILED, "db-contract@ctl1": S.WAITING}
    document = status_document(a_standing(RunState.CANCELLED, steps, ended_at=NOON))
    assert document["waiting_for"] == []
    (blocker,) = document["blocked_by"]
    assert (blocker["step"], blocker["command"]) == ("a@cmp1", None)


@pytest.mark.parametrize(
    ("state", "head", "line"),
    [
        (RunState.CANCELLED, "1 not tried again", "was to begin again: the broker was away"),
        (RunState.FAILED, "1 to be tried again", "begins again once the run goes on: the broker was away"),
    ],
)
def test_what_is_to_be_tried_again_does_not_begin_by_itself_in_a_run_that_nobody_carries_on(state, head, line):
    status = a_status("a@cmp1", S.RETRYING, retries=1, reason="the broker was away")
    read = told(a_standing(state, {"a@cmp1": status}, ended_at=NOON))
    assert head in read
    assert line in read


def test_the_headline_says_how_long_and_how_far():
    assert told(GOING).startswith("261122-abc123: lab 2025.1 -> 2026.1, running for 3m 20s, 1 of 4 steps done (25%)")
    assert "failed after 3m 20s" in told(FAILED)


def test_a_failure_ends_with_what_to_type():
    lines = status_lines(FAILED, NOON)
    assert "stairlift logs 261122-abc123 --step a@cmp2" in " ".join(lines)
    assert lines[-1].endswith("stairlift resume 261122-abc123")


def test_the_document_of_the_contract():
    document = status_document(FAILED)
    assert document["schema"] == "stairlift.status/1"
    least = {"run", "state", "cloud", "from", "to", "steps", "started_at", "ended_at", "waiting_for", "blocked_by"}
    assert least <= set(document)
    assert document["steps"] == {"pending": 2, "done": 1, "failed": 1, "unknown": 1}
    assert [b["step"] for b in document["blocked_by"]] == ["a@cmp2", "a@cmp3"]
    assert document["blocked_by"][0]["reason"] == "exit status 3: no room"
    assert document["waiting_for"] == []
    assert document["ended_at"] == "2026-05-04T12:00:00Z"
    assert "step_list" not in document


def test_the_document_with_every_step():
    steps = status_document(WAITING, with_steps=True)["step_list"]
    assert [s["state"] for s in steps] == ["done", "waiting", "pending"]
    assert {"id", "state", "attempts", "started_at", "ended_at", "hosts", "services"} <= set(steps[0])
    assert steps[0]["hosts"] == ["cmp1"]
    assert steps[0]["services"] == ["nova-compute"]


def test_the_document_says_what_it_waits_for_and_who_is_at_work():
    document = status_document(replace(WAITING, orchestrator=HERE, told=[a_command("approve", "db-contract@ctl1")]))
    [waiting] = document["waiting_for"]
    assert waiting["command"] == "stairlift approve 261122-abc123 db-contract@ctl1"
    assert waiting["told"] == "approve"
    assert document["orchestrator"] == {"host": "deploy1", "pid": 4711}
    assert status_document(WAITING)["orchestrator"] is None


def test_a_run_that_was_stopped_says_by_what_and_no_other_does():
    run = held_by(Cause.METER, replace(WAITING.run, state=RunState.PAUSED))
    assert status_document(replace(WAITING, run=run))["held_by"] == "meter"
    assert "held_by" not in status_document(WAITING)


def test_long_lists_are_cut_and_say_how_to_see_the_rest():
    many = {f"a@cmp{n}": a_status(f"a@cmp{n}", S.FAILED, reason="no room") for n in range(25)}
    lines = status_lines(a_standing(RunState.FAILED, many), NOON)
    assert sum("no room" in line for line in lines) == 10
    assert any("15 more not well" in line and "--steps" in line for line in lines)


def test_counts_leave_out_states_that_no_step_is_in():
    assert status_document(GOING)["steps"] == {"pending": 1, "running": 1, "verifying": 1, "done": 1}


def test_the_table_of_steps():
    rows = step_rows(GOING, NOON)
    assert rows[0] == ("a@cmp1", "done", "1", "cmp1", "1m 10s", "")
    assert rows[1][4] == "1m 15s"
    assert rows[3] == ("a@cmp4", "pending", "", "cmp4", "", "")


@pytest.mark.parametrize("state", list(RunState))
def test_every_state_of_a_run_has_a_headline(state):
    steps = dict.fromkeys((f"a@{s}" for s in StepState), S.PENDING) | {f"a@{s}": s for s in StepState}
    [head, *_] = status_lines(a_standing(state, steps), NOON + timedelta(hours=1))
    assert str(state) in head
    assert f"of {len(steps)} steps done" in head


def test_a_plan_without_steps_is_done():
    assert "0 of 0 steps done (100%)" in told(a_standing(RunState.DONE, {}, ended_at=NOON))
