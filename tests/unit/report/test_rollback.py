"""What people read of a run that is taken back: before, meanwhile, afterwards."""

from dataclasses import replace
from datetime import timedelta

import pytest

from golden_text import assert_golden
from stairlift.model.rollback import Kept, WayBack
from stairlift.model.run import Event, RunState
from stairlift.report.events import event_line
from stairlift.report.rollback import way_back_lines
from stairlift.report.status import status_lines
from stairlift.report.status_document import status_document
from stairlift.report.tally import Tally
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import SOURCE, a_plan, a_step
from standings import HERE, S, a_standing, a_status


def going_back(state: RunState, steps, **given):
    """A run that was out for three steps to undo, and stands like this."""
    standing = a_standing(state, steps, **given)
    run = replace(standing.run, intent="rollback", options={"rollback": {"steps": 3}})
    return replace(standing, run=run)


UNDER_WAY = going_back(
    RunState.ROLLING_BACK,
    {
        "a@cmp1": S.DONE,
        "a@cmp2": a_status("a@cmp2", S.UNDOING, attempt=2),
        "a@cmp3": S.UNDONE,
        "a@cmp4": S.PENDING,
    },
    orchestrator=HERE,
    reason="rolling back, as ada said: cmp4 panics",
)
VERIFYING = replace(
    UNDER_WAY,
    steps=[
        a_status("a@cmp1", S.FAILED),
        a_status("a@cmp2", S.UNDOING, worked_at=NOON - timedelta(seconds=9)),
        a_status("a@cmp3", S.UNDONE),
        a_status("a@cmp4", S.PENDING),
    ],
    orchestrator=None,
)
FAILED = going_back(
    RunState.FAILED,
    {
        "a@cmp1": S.FAILED,
        "a@cmp2": a_status("a@cmp2", S.UNDO_FAILED, reason="exit status 3: no old package", attempt=2),
        "a@cmp3": S.UNDONE,
    },
    reason="not taken back: cmp2; the failure budget is 0 (2 steps are left)",
    ended_at=NOON,
)
OVER = going_back(
    RunState.ROLLED_BACK,
    {"a@cmp1": S.UNDONE, "a@cmp2": S.UNDONE, "a@cmp3": S.UNDONE, "a@cmp4": S.PENDING},
    reason="taken back to 2025.1; as they were left: db-expand",
    ended_at=NOON,
)


@pytest.mark.parametrize(
    ("name", "standing"),
    [
        ("rolling-back", UNDER_WAY),
        ("rolling-back-left-alone", VERIFYING),
        ("undo-failed", FAILED),
        ("rolled-back", OVER),
    ],
)
def test_what_people_read(name, standing):
    assert_golden(f"status/{name}.txt", "\n".join(status_lines(standing, NOON)) + "\n")


def test_programs_are_told_only_of_what_could_not_be_taken_back():
    (blocked,) = status_document(FAILED)["blocked_by"]
    assert (blocked["step"], blocked["command"]) == ("a@cmp2", "stairlift retry 261122-abc123 a@cmp2")
    assert status_document(FAILED)["steps"] == {"failed": 1, "undone": 1, "undo-failed": 1}


def test_what_goes_and_what_stays():
    steps = [a_step(f"2026.1-compute@cmp{n}", hosts=[f"cmp{n}"]) for n in range(12, 0, -1)]
    schema = a_step("2026.1-db-expand-nova", action="db-expand", hosts=["ctl1"])
    fetched = [a_step(f"2026.1-prepare@cmp{n}", action="prepare", hosts=[f"cmp{n}"]) for n in range(1, 6)]
    grown = "the schema stays expanded, and the code of 2025.1 runs on it"
    kept = (*(Kept(step, "it changes nothing that runs") for step in fetched), Kept(schema, grown))
    way, plan = WayBack(SOURCE, tuple(steps), kept, ()), a_plan(*steps, schema, *fetched)
    assert_golden("rollback/short.txt", "\n".join(way_back_lines(plan, way, whole=False)) + "\n")
    whole = way_back_lines(plan, way, whole=True)
    assert [line.split()[1] for line in whole if line.startswith("  undo")] == [step.id for step in steps]
    assert all(any(step.id in line for line in whole) for step in fetched)


STEPS = [a_step(f"compute@cmp{n}", hosts=[f"cmp{n}"]) for n in range(1, 6)]


def an_event(kind, step=None, seconds=0, **data):
    return Event("r1", 1, NOON + timedelta(seconds=seconds), kind, step, None, data)


def test_the_progress_counts_what_is_taken_back():
    tally = Tally(STEPS, {"compute@cmp1": S.DONE, "compute@cmp2": S.DONE, "compute@cmp3": S.FAILED}, NOON)
    assert tally.summary(NOON) == "2 of 5 steps done, 1 failed, 0 in flight, 0s"
    tally.hear(an_event("run.rolling-back", steps=3))
    tally.hear(an_event("step.undoing", "compute@cmp3"))
    tally.hear(an_event("step.undone", "compute@cmp3"))
    tally.hear(an_event("step.undoing", "compute@cmp2", 5))
    tally.hear(an_event("step.undo-verifying", "compute@cmp2", 6))
    assert tally.summary(NOON) == "rolling back, 1 of 3 steps taken back, 1 in flight, 0s"
    assert tally.lines(NOON + timedelta(seconds=8), {}) == ("  compute@cmp2 on cmp2, 2s  waits for its services",)
    tally.hear(an_event("step.undo-failed", "compute@cmp2"))
    assert tally.summary(NOON) == "rolling back, 1 of 3 steps taken back, 1 failed, 0 in flight, 0s"


def test_one_that_is_taken_up_again_counts_on():
    tally = Tally(STEPS, {"compute@cmp1": S.DONE, "compute@cmp2": S.UNDONE}, NOON)
    tally.hear(an_event("run.resumed", steps=2))
    assert tally.summary(NOON) == "rolling back, 1 of 2 steps taken back, 0 in flight, 0s"
    tally.hear(an_event("run.resumed"))
    assert tally.summary(NOON).startswith("1 of 5 steps done"), "a run that goes on says no number"


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (
            an_event("run.turning-round", actor="ada", reason="cmp4 panics"),
            "12:00:00Z ↶ run r1 is to be taken back by ada (cmp4 panics)",
        ),
        (an_event("run.rolling-back", steps=3), "12:00:00Z ↶ run r1 is being taken back"),
        (an_event("run.rolled-back"), "12:00:00Z ✔ run r1 is taken back"),
    ],
)
def test_each_event_is_a_line(event, line):
    assert event_line(event, {}) == line
