"""Budgets: what users lost, at which step, and what nobody knows."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters import BACKEND, GLANCE, NOVA, answers, failure, seconds, session
from stairlift.check.budget import SILENCE, Account, breach
from stairlift.model.availability import Bucket, Tally, Window

BEFORE = [session(baseline=5), *seconds(0, 5)]


def account(budget, *pieces, acknowledged: float = 0.0) -> Account:
    made = Account(budget, acknowledged)
    for piece in [*BEFORE, *pieces]:
        made.hear(piece)
    return made


def windows(*given):
    return lambda: [Window(*one) for one in given]


def test_a_budget_of_nothing_allows_no_failure():
    made = account({"nova": 0.0}, *failure(10.0))
    said = breach(made, windows(("2025.2-nova-api@ctl1", 8, 12), ("other", 20, 30)))
    assert said == (
        "users lost 1 request of nova over 0.0 s (budget 0 s; HTTP 503), while 2025.2-nova-api@ctl1 was in flight"
    )


def test_within_the_budget_nothing_is_said():
    flaky = [piece for at in (10.0, 11.0, 12.0) for piece in failure(at)]
    assert breach(account({"nova": 2.0}, *flaky), windows()) == ""
    assert "over 3.0 s" in breach(account({"nova": 2.0}, *flaky, *failure(13.0)), windows())


def test_two_outages_add_up_and_the_time_between_them_does_not():
    pieces = [p for at in (10.0, 11.0, 100.0, 101.0) for p in failure(at)]
    [loss] = account({"nova": 0.0}, *pieces).losses()
    assert (loss.downtime, len(loss.outages)) == (2.0, 2)


def test_an_api_without_a_budget_of_its_own_has_that_of_each():
    assert breach(account({"*": 0.0}, *failure(10.0, GLANCE)), windows())
    assert not breach(account({"nova": 0.0}, *failure(10.0, GLANCE)), windows())
    assert not breach(account({"*": 0.0, "glance": 5.0}, *failure(10.0, GLANCE)), windows())


def test_requests_are_counted_over_all():
    pieces = [*failure(10.0, GLANCE), *failure(11.0, NOVA)]
    assert not breach(account({"requests": 2.0}, *pieces), windows())
    said = breach(account({"requests": 1.0}, *pieces), windows())
    assert "of glance" in said
    assert "of nova" in said
    assert "budget 1 request;" in said


def test_failures_that_are_only_counted_count():
    many = Bucket(10.0, 60.0, {NOVA.id: Tally({}, {"failed": 7})}, {NOVA.id: 7})
    assert breach(account({"nova": 0.0}, many), windows())
    assert breach(account({"requests": 6.0}, many), windows())
    assert not breach(account({"requests": 7.0}, many), windows())
    assert not breach(account({"requests": 6.0}, many, acknowledged=10.0), windows())


def test_a_backend_is_not_felt():
    assert not breach(account({"*": 0.0, "requests": 0.0}, *failure(10.0, BACKEND)), windows())


def test_what_failed_before_is_not_charged():
    made = Account({"nova": 0.0})
    for piece in [session(baseline=5), *failure(1.0), *seconds(2, 7), *failure(10.0)]:
        made.hear(piece)
    assert not breach(made, windows())


def test_what_was_acknowledged_is_not_charged_again():
    made = account({"nova": 0.0}, *failure(10.0))
    made.acknowledge(20.0)
    assert not breach(made, windows())
    for piece in failure(21.0):
        made.hear(piece)
    assert breach(made, windows())
    assert not breach(account({"nova": 0.0}, *failure(10.0), acknowledged=20.0), windows()), "also by the next one"


@given(st.lists(st.floats(6, 1000), max_size=20), st.floats(0, 1000))
def test_acknowledging_leaves_what_came_later(failed, until):
    pieces = [piece for at in sorted(failed) for piece in failure(at)]
    made = account({"nova": 0.0}, *pieces)
    made.acknowledge(until)
    assert sum(len(loss.failures) for loss in made.losses()) == sum(at > until for at in failed)


def test_steps_side_by_side_are_all_named():
    made = account({"nova": 0.0}, *failure(10.0))
    many = windows(*((f"s{n}", 0, 20) for n in range(5)))
    assert "while s0, s1, s2 and 2 more were in flight" in breach(made, many)
    assert "while no step was in flight" in breach(made, windows(("s", 50, 60)))


def test_silence_is_not_taken_for_good_news():
    made = account({"nova": 0.0}, *seconds(5, 9))
    assert made.unknown(9.0 + SILENCE, 0.0) == ""
    said = made.unknown(10.0 + SILENCE, 0.0)
    assert said == "nobody knows what users of nova feel: no data for 61 s"
    assert made.unknown(10.0 + SILENCE, 15.0) == "", "whoever has just begun to listen waits"


def test_of_an_api_that_has_no_budget_nobody_need_know():
    made = account({"nova": 0.0}, *seconds(5, 200, NOVA))
    assert made.unknown(200.0, 0.0) == ""
    assert "glance" in account({"*": 0.0}, *seconds(5, 200, NOVA)).unknown(200.0, 0.0)


def test_downtime_does_not_depend_on_how_often_is_asked():
    seldom = [piece for at in (10.0, 20.0, 30.0) for piece in failure(at)]
    assert "over 20.0 s" in breach(account({"nova": 19.0}, *seldom), windows())
    answered = [piece for at in (10.0, 20.0, 30.0) for piece in (*failure(at), answers(at + 5))]
    assert not breach(account({"nova": 19.0}, *answered), windows())


def test_what_a_full_disk_has_swallowed_is_told_once():
    dropped = [replace(one, dropped=3) for one in seconds(5, 8)]
    made = account({"nova": 0.0}, *dropped)
    assert "3 lines of the meter could not be written" in made.unknown(8.0, 0.0)
    made.acknowledge(8.0)
    for piece in [replace(one, dropped=3) for one in seconds(9, 12)]:
        made.hear(piece)
    assert made.unknown(12.0, 0.0) == ""
    assert account({"nova": 0.0}, *dropped, acknowledged=8.0).unknown(8.0, 0.0) == ""


def test_a_budget_that_the_baseline_has_spoilt_is_told_once():
    made = Account({"nova": 0.0})
    for piece in [session(baseline=5), *failure(1.0), *seconds(2, 7)]:
        made.hear(piece)
    assert made.unknown(7.0, 0.0).startswith("nova failed before anything was changed")
    made.acknowledge(7.0)
    assert made.unknown(7.0, 0.0) == "", "whoever went on has seen it"


def test_a_budget_for_what_nobody_measures_is_told():
    assert "cinder" in account({"cinder": 0.0}).unknown(5.0, 0.0)


@pytest.mark.parametrize("budget", [{}, {"nova": 0.0}])
def test_without_a_loss_the_journal_is_not_asked(budget):
    assert breach(account(budget), lambda: pytest.fail("it was")) == ""
