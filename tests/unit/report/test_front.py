"""The wall screen: what a run is at, how far, and what it wants of people."""

from dataclasses import replace
from datetime import timedelta

import pytest

from stairlift.model.run import RunState, StepState
from stairlift.report.front import card, in_order_of_need
from stairlift.testing.clouds import NOON
from standings import AGO, a_run

R, S = RunState, StepState


def shown(state: RunState, counts, *, attended: bool = True, **given):
    return card(a_run(state, **given), counts, NOON, attended=attended)


def test_a_run_under_way_tells_share_length_and_a_guess_of_what_is_left():
    one = shown(R.RUNNING, {S.DONE: 10, S.PENDING: 30})
    assert (one.percent, one.done, one.total, one.needs) == (25, 10, 40, ())
    assert (one.length, one.left) == (AGO, AGO * 3)


def test_too_little_tells_nothing_of_what_is_left():
    assert shown(R.RUNNING, {S.DONE: 4, S.PENDING: 30}).left is None
    assert shown(R.PAUSED, {S.DONE: 20, S.PENDING: 30}).left is None


def test_of_a_run_that_is_taken_back_it_tells_how_much_is():
    one = shown(R.ROLLING_BACK, {S.DONE: 3, S.UNDONE: 2, S.PENDING: 9}, options={"rollback": {"steps": 5}})
    assert (one.done, one.total) == (2, 5)


@pytest.mark.parametrize(
    ("state", "counts", "given", "needs"),
    [
        (R.FAILED, {S.FAILED: 2, S.WAITING: 1}, {}, ("2 steps not well: retry or skip", "1 step wants approval")),
        (R.FAILED, {}, {}, ("failed: resume it to go on",)),
        (R.WAITING, {S.WAITING: 2}, {}, ("2 steps want approval",)),
        (R.WAITING, {}, {"options": {"approved": False}}, ("the plan wants approval",)),
        (R.PAUSED, {}, {}, ("paused: resume it to go on",)),
        (R.ROLLING_BACK, {S.FAILED: 1, S.UNDO_FAILED: 1}, {"intent": "rollback"}, ("1 step not well: retry or skip",)),
        (R.DONE, {S.FAILED: 1, S.WAITING: 1}, {}, ()),
        (R.CANCELLED, {S.UNKNOWN: 1}, {}, ()),
    ],
)
def test_what_it_wants_of_people(state, counts, given, needs):
    assert shown(state, counts, **given).needs == needs


def test_nobody_at_work_is_something_that_somebody_should_know():
    assert shown(R.RUNNING, {S.PENDING: 1}, attended=False).needs == ("nobody carries it on: resume it",)
    assert shown(R.RUNNING, {S.PENDING: 1}).needs == ()


def test_those_that_need_somebody_come_first_and_what_is_over_last():
    done, runs, asks = shown(R.DONE, {}), shown(R.RUNNING, {}), shown(R.WAITING, {S.WAITING: 1})
    assert in_order_of_need((done, runs, asks)) == (asks, runs, done)


def test_the_length_of_what_has_ended_does_not_grow():
    ended = replace(a_run(R.DONE), ended_at=NOON - timedelta(minutes=1))
    assert card(ended, {}, NOON, attended=False).length == AGO - timedelta(minutes=1)
