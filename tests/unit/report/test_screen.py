"""One run on one screen: the sentence of its head, what is amiss with what that means, what blocks it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from stairlift.model.availability import Totals
from stairlift.model.effect import Effect
from stairlift.model.hindrance import Hindrance
from stairlift.model.run import RunState, StepState
from stairlift.report.course import Milestone
from stairlift.report.expected import Expected, Slow
from stairlift.report.screen import screen
from stairlift.testing.clouds import NOON
from standings import HERE, a_standing, a_status

R, S = RunState, StepState
COMPUTE = Milestone("2026.1", "compute", {S.DONE: 6, S.RUNNING: 1, S.PENDING: 1})
USUAL = Expected(9, timedelta(minutes=2), timedelta(minutes=4), timedelta(minutes=4))


def shown(standing, usual=None):
    return screen(standing, (COMPUTE,), NOON, usual)


def test_the_sentence_says_what_where_how_far_since_when_and_what_is_usual():
    found = shown(a_standing(R.RUNNING, {"u@cmp7": S.RUNNING}, orchestrator=HERE), USUAL)
    assert found.sentence == "Upgrading nova-compute on cmp7, compute 7 of 8"
    assert (found.since, found.usual) == (NOON - timedelta(seconds=75), "usually 2m 00s to 4m 00s")
    assert found.way == "2025.1 Epoxy → 2026.1 Gazpacho"


def test_of_several_in_flight_the_first_is_named_and_ten_are_listed():
    found = shown(a_standing(R.RUNNING, {f"u@cmp{n}": S.RUNNING for n in range(13)}, orchestrator=HERE))
    assert found.sentence == "Upgrading nova-compute on cmp0 and 12 more, compute 7 of 8"
    assert (len(found.busy), found.in_flight) == (10, 13)


def test_what_has_run_waits_for_its_services_since_its_work_ended():
    found = shown(a_standing(R.RUNNING, {"u@cmp7": S.VERIFYING}, orchestrator=HERE))
    assert found.sentence.startswith("Waiting for nova-compute on cmp7 to report")
    assert found.since == NOON - timedelta(seconds=12)


@pytest.mark.parametrize(
    ("state", "steps", "given", "sentence"),
    [
        (R.DONE, {"a": S.DONE}, {}, "lab runs 2026.1 Gazpacho"),
        (R.PAUSED, {"a": S.PENDING}, {"reason": "by bob"}, "Paused: by bob"),
        (R.WAITING, {"db": S.WAITING}, {}, "Waiting for approval of 1 step"),
        (R.WAITING, {"a": S.FAILED}, {}, "Waiting for a word on what failed"),
        (R.FAILED, {"a": S.FAILED, "b": S.UNKNOWN}, {}, "Stopped with 2 steps not well"),
        (R.RUNNING, {"a": S.PENDING}, {}, "Nobody carries it on"),
        (
            R.RUNNING,
            {"a": S.PENDING},
            {"orchestrator": HERE},
            "Getting ready: it looks at the cloud, and nothing is changed yet",
        ),
        (R.PENDING, {"a": S.PENDING}, {}, "Not begun"),
        (
            R.RUNNING,
            {"a": S.DONE, "b": S.PENDING},
            {"orchestrator": HERE},
            "Between two steps: it looks whether the next may begin",
        ),
        (R.CANCELLED, {"a": S.PENDING}, {}, "Cancelled; what was done stays done"),
        (R.ROLLED_BACK, {"a": S.UNDONE}, {}, "Taken back to 2025.1 Epoxy"),
    ],
)
def test_the_sentence_of_a_run_that_rests(state, steps, given, sentence):
    assert shown(a_standing(state, steps, **given)).sentence == sentence


def test_health_says_since_when_what_where_and_what_that_means():
    slow = {"u@cmp2": Slow(USUAL, NOON - timedelta(seconds=20))}
    steps = {"u@cmp1": a_status("u@cmp1", S.FAILED, reason="exit status 3"), "u@cmp2": S.RUNNING}
    found = shown(a_standing(R.RUNNING, steps, slow=slow, orchestrator=HERE)).health
    assert [(one.word, one.subject, one.since) for one in found] == [
        ("failed", "cmp1", NOON - timedelta(seconds=5)),
        ("slow", "cmp2", NOON - timedelta(seconds=20)),
    ]
    assert found[0].message == "exit status 3"
    assert "retried or skipped" in found[0].impact


def test_what_stays_fenced_is_told_with_the_command_that_puts_it_back():
    effect = Effect("cordon:cmp1", "cordon", "cmp1", "cordon@cmp1", "nova", "kept", NOON, note="a server did not move")
    (one,) = shown(a_standing(R.RUNNING, {"a": S.RUNNING}, fenced=(effect,), orchestrator=HERE)).health
    assert (one.level, one.word, one.message) == ("note", "fenced", "a server did not move")
    assert one.command == "stairlift ledger 261122-abc123 --restore cordon:cmp1"


def test_what_users_felt_and_a_meter_that_is_silent():
    meter = Totals(NOON.timestamp() - 60, {"nova": 900, "glance": 100}, {"nova": 3})
    found = shown(a_standing(R.RUNNING, {"a": S.RUNNING}, meter=meter, orchestrator=HERE)).health
    assert [(one.word, one.subject, one.message) for one in found] == [
        ("felt", "nova 3", "3 of 1,000 requests failed"),
        ("silent", "meter", "it writes nothing"),
    ]
    assert not [one for one in shown(a_standing(R.DONE, {"a": S.DONE}, meter=meter)).health if one.word == "silent"]


def test_what_blocks_it_is_a_chain_with_who_can_end_it_and_the_command():
    root = Hindrance("failed", "u@cmp1", said="exit status 3", who="operator", commands=("stairlift retry r u@cmp1",))
    first = Hindrance("need", "u@cmp2", by=("u@cmp1",), behind=(root,))
    links = shown(a_standing(R.RUNNING, {"u@cmp1": S.FAILED}, why=(first,), orchestrator=HERE)).blocked
    assert [(link.depth, link.step, link.ending) for link in links] == [
        (0, "u@cmp2", ""),
        (1, "u@cmp1", "whoever operates the cloud"),
    ]
    assert links[1].commands == ("stairlift retry r u@cmp1",)


def test_that_a_step_is_next_blocks_nothing_and_a_run_that_is_over_is_not_blocked():
    why = (Hindrance("next", "a"),)
    assert shown(a_standing(R.RUNNING, {"a": S.PENDING}, why=why, orchestrator=HERE)).blocked == ()
    assert shown(replace(a_standing(R.DONE, {"a": S.DONE}), why=(Hindrance("over", "a"),))).blocked == ()


def test_only_what_needs_somebody_alarms():
    assert shown(a_standing(R.RUNNING, {"a": S.RUNNING}, orchestrator=HERE)).alarm == ""
    assert shown(a_standing(R.RUNNING, {"u@cmp1": S.FAILED}, orchestrator=HERE)).alarm == "not well: cmp1"
    assert "lab is waiting" in shown(a_standing(R.WAITING, {"db": S.WAITING})).alarm
