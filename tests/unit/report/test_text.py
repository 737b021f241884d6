from datetime import UTC, datetime, timedelta

import pytest

from stairlift.report.text import clock, count, day, duration, span, stamp


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(-5, "0s"), (0, "0s"), (45.9, "45s"), (60, "1m 00s"), (200, "3m 20s"), (7500, "2h 05m"), (100800, "1d 04h")],
)
def test_a_duration_has_its_two_largest_units(seconds, told):
    assert duration(timedelta(seconds=seconds)) == told


def test_counts_agree_with_their_noun():
    assert [count(n, "step") for n in (0, 1, 2)] == ["0 steps", "1 step", "2 steps"]


def test_many_names_are_told_by_the_first_and_the_last():
    assert span(["a", "b", "c"]) == "a, b, c"
    assert span(["cmp1", "cmp2", "cmp3", "cmp4"]) == "cmp1 .. cmp4"


def test_times_say_that_they_are_utc():
    at = datetime(2026, 5, 4, 12, 0, 7, tzinfo=UTC)
    assert (clock(at), day(at), stamp(at)) == ("12:00:07Z", "2026-05-04 12:00:07Z", "2026-05-04T12:00:07Z")
    assert (day(None), stamp(None)) == ("", None)


def test_json_times_keep_their_fractions():
    assert stamp(datetime(2026, 5, 4, 12, 0, 7, 120, tzinfo=UTC)) == "2026-05-04T12:00:07.000120Z"
