"""Outages, latency and steps in flight: the arithmetic of what users felt."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from stairlift.model.availability import Window, grade, in_flight, latency, outages, quantile

TIMES = st.lists(st.floats(0, 1e6, allow_nan=False), max_size=40)


def failed_and_answered(failed):
    """A right answer between any two failures."""
    return [(one + other) / 2 for one, other in pairwise(sorted(failed))]


@given(TIMES, st.floats(0.1, 60))
def test_every_failure_is_in_one_outage_and_outages_lie_apart(failed, gap):
    found = outages(failed, failed_and_answered(failed), gap=gap)
    assert sum(outage.failed for outage in found) == len(failed)
    assert all(any(o.first <= at <= o.last for o in found) for at in failed)
    assert all(later.first - earlier.last > gap for earlier, later in pairwise(found))


@given(TIMES)
def test_the_order_of_the_news_is_no_matter(failed):
    assert outages(failed, ()) == outages(reversed(failed), ())


@given(TIMES, st.floats(0.1, 10), st.floats(0.1, 10))
def test_a_longer_gap_never_makes_less_downtime(failed, gap, more):
    answered = failed_and_answered(failed)
    few, many = outages(failed, answered, gap=gap + more), outages(failed, answered, gap=gap)
    assert len(few) <= len(many)
    assert sum(o.downtime for o in few) >= sum(o.downtime for o in many) - 1e-6


@given(TIMES, TIMES)
def test_it_is_over_at_the_next_right_answer(failed, answered):
    answered.sort()
    for outage in outages(failed, answered):
        later = [at for at in answered if at > outage.last]
        assert outage.recovered == (later[0] if later else None)


def test_downtime_is_from_the_first_error_to_the_last():
    [first, second] = outages([10.0, 11.5, 12.0, 40.0], [13.0, 41.0])
    assert (first.downtime, first.failed, first.recovered) == (2.0, 3, 13.0)
    assert (second.downtime, second.failed, second.recovered) == (0.0, 1, 41.0)


def test_an_api_that_is_asked_every_ten_seconds_is_down_for_as_long_as_it_gives_no_right_answer():
    [outage] = outages([10.0, 20.0, 30.0], [0.0, 40.0])
    assert (outage.downtime, outage.recovered) == (20.0, 40.0)
    assert len(outages([10.0, 20.0, 30.0], [0.0, 15.0, 40.0])) == 2
    assert len(outages([10.0, 71.0], [0.0])) == 2, "what was between them nobody knows"


@given(st.floats(0, 600_000))
def test_a_grade_is_within_five_percent(milliseconds):
    found = latency(grade(milliseconds))
    assert milliseconds <= found * 1.000001
    assert found <= max(milliseconds, 1) * 1.0500001


@given(st.dictionaries(st.integers(0, 100), st.integers(1, 50), min_size=1), st.floats(0.01, 1))
def test_a_quantile_is_not_exceeded_by_its_share(counts, share):
    found = quantile(counts, share)
    within = sum(n for key, n in counts.items() if latency(key) <= found)
    assert within >= share * sum(counts.values()) - 1e-6
    assert found in {latency(key) for key in counts}


def test_there_is_no_quantile_of_nothing():
    assert quantile({}, 0.5) is None


def test_the_steps_in_flight_are_those_that_overlap_the_request():
    windows = [Window("a", 0, 10), Window("b", 10, 20), Window("a", 30, 40)]
    assert in_flight(windows, 9, 10) == ("a", "b")
    assert in_flight(windows, 21, 29) == ()
    assert in_flight(windows, 5, 35) == ("a", "b"), "each once"
