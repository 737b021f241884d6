"""How a cloud was before: what is charged from then on, and what is not."""

from meters import BACKEND, GLANCE, NOVA, answers, failure, seconds, session
from stairlift.model.baseline import Baseline


def heard(*pieces) -> Baseline:
    found = Baseline()
    for piece in pieces:
        found.hear(piece)
    return found


def test_it_is_there_after_so_many_seconds_of_answers():
    assert heard(session(baseline=5), *seconds(0, 4)).until is None
    assert heard(session(baseline=5), *seconds(0, 9)).until == 5.0


def test_seconds_that_say_nothing_do_not_count():
    silent = [answers(float(at), NOVA, took=1) for at in range(10, 12)]
    stalled = [type(b)(b.at, b.span, {NOVA.id: type(b.tallies[NOVA.id])({}, {"own": 20})}) for b in silent]
    found = heard(session(baseline=5), *seconds(0, 3), *stalled, *seconds(12, 14))
    assert (found.begin, found.until) == (0.0, 14.0)


def test_what_failed_before_is_not_charged():
    found = heard(session(), *seconds(0, 2), *failure(2.0, GLANCE), *seconds(3, 9))
    assert not found.charges(GLANCE.id)
    assert found.charges(NOVA.id)


def test_a_failure_that_was_due_before_and_known_later_is_of_before():
    found = heard(session(), *seconds(0, 9))
    assert found.until == 5.0
    late = failure(4.5, took=10.0)[0]
    assert found.hear(late)
    assert not found.charges(NOVA.id)
    assert not found.hear(failure(6.0, GLANCE)[0]), "this one is not"
    assert found.charges(GLANCE.id)


def test_a_clock_that_was_set_back_makes_no_failure_one_of_before():
    found = heard(session(), *seconds(1000, 1009))
    assert not found.hear(failure(500.0)[0])
    assert found.charges(NOVA.id)


def test_what_never_answered_and_what_nobody_feels_is_not_charged():
    found = heard(session(), *seconds(0, 9, NOVA, BACKEND))
    assert (found.charges(NOVA.id), found.charges(GLANCE.id), found.charges(BACKEND.id)) == (True, False, False)


def test_another_process_goes_on_with_the_same_baseline():
    found = heard(session(baseline=5), *seconds(0, 3), session(3.5, baseline=50), *seconds(4, 6))
    assert found.until == 6.0
