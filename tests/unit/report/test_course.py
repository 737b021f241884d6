"""How far a run has come, stage by stage: kept up event by event, it says what the journal says."""

import pytest

from stairlift.model.outline import Outlined
from stairlift.model.run import Event, StepState
from stairlift.report.course import Course
from stairlift.report.signs import group_sign
from stairlift.testing.clouds import NOON

S = StepState


def a_step(name: str, stage: str, *hosts: str) -> Outlined:
    return Outlined(name, "upgrade", stage, (), hosts, "", "", False, "2026.1")


STEPS = (
    a_step("expand", "control", "ctl1"),
    a_step("api", "control", "ctl1", "ctl2"),
    a_step("cmp1", "compute", "cmp1"),
)


def event(seq: int, kind: str, step: str | None = None) -> Event:
    return Event("r", seq, NOON, kind, step)


def told(course: Course):
    return {m.stage: dict(m.counts) for m in course.milestones()}


def test_it_begins_with_what_the_journal_has():
    course = Course(STEPS, {"expand": S.DONE}, 4)
    assert told(course) == {"control": {S.DONE: 1, S.PENDING: 1}, "compute": {S.PENDING: 1}}
    assert [(m.settled, m.total) for m in course.milestones()] == [(1, 2), (0, 1)]


def test_events_move_steps_and_those_that_were_heard_before_change_nothing():
    course = Course(STEPS, {"expand": S.DONE}, 4)
    course.hear([event(4, "step.failed", "expand"), event(5, "step.started", "api"), event(6, "run.pausing")])
    assert told(course)["control"] == {S.DONE: 1, S.RUNNING: 1}
    assert course.seq == 6
    course.hear([event(7, "step.done", "api"), event(8, "step.skipped", "cmp1"), event(9, "step.done", "unheard-of")])
    assert told(course) == {"control": {S.DONE: 2}, "compute": {S.SKIPPED: 1}}


def test_hosts_count_the_steps_that_name_them():
    course = Course(STEPS, {"expand": S.DONE, "api": S.FAILED}, 0)
    assert course.hosts() == {
        "ctl1": {S.DONE: 1, S.FAILED: 1},
        "ctl2": {S.FAILED: 1},
        "cmp1": {S.PENDING: 1},
    }
    course.move([("api", S.DONE), ("cmp1", S.DONE)])
    assert course.hosts() == {"ctl1": {S.DONE: 2}, "ctl2": {S.DONE: 1}, "cmp1": {S.DONE: 1}}
    assert course.stages_of() == {"ctl1": "control", "ctl2": "control", "cmp1": "compute"}


@pytest.mark.parametrize(
    ("counts", "word", "tone"),
    [
        ({S.DONE: 3}, "done", "good"),
        ({S.DONE: 2, S.SKIPPED: 1}, "done", "good"),
        ({S.PENDING: 3}, "to come", "idle"),
        ({S.DONE: 1, S.PENDING: 3}, "begun", "busy"),
        ({S.DONE: 1, S.RUNNING: 1, S.PENDING: 3}, "at work", "busy"),
        ({S.RUNNING: 1, S.WAITING: 1}, "wants approval", "ask"),
        ({S.RUNNING: 5, S.FAILED: 1, S.WAITING: 1}, "failed", "bad"),
        ({S.DONE: 1, S.UNDONE: 2}, "taken back", "rest"),
    ],
)
def test_a_group_shows_what_needs_somebody_first(counts, word, tone):
    assert (group_sign(counts).word, group_sign(counts).tone) == (word, tone)
