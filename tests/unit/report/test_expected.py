"""Slow is not failed: a step is held against its like."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from stairlift.model.run import RunState
from stairlift.report.expected import LEAST, Expected, could_be_slow, slow, slow_words
from stairlift.report.status import status_lines
from stairlift.report.status_document import status_document
from standings import HERE, NOON, S, a_standing, a_status


def minutes(*numbers: float) -> list[timedelta]:
    return [timedelta(minutes=n) for n in numbers]


def test_too_few_tell_nothing():
    assert Expected.of_the_like(minutes(1, 1)) is None
    assert slow(NOON, None, NOON + timedelta(days=1)) is None


def test_the_ninth_in_ten():
    expected = Expected.of_the_like(minutes(3, 4, 3, 3, 3, 3, 3, 3, 3.5, 3))
    assert expected is not None
    assert (expected.of, expected.shortest, expected.longest) == (10, *minutes(3, 4))
    assert expected.p90 == timedelta(minutes=3.5)


def test_it_says_since_when_and_what_was_to_be_expected():
    expected = Expected.of_the_like(minutes(*[3] * 6, *[4] * 6))
    assert slow(NOON, expected, NOON + timedelta(minutes=6)) is None
    found = slow(NOON, expected, NOON + timedelta(minutes=7))
    assert found is not None
    assert slow_words(found) == (
        "longer than expected: 12 of the like took 3m 00s to 4m 00s (p90 4m 00s); slow since 12:06:00Z"
    )


def test_a_few_seconds_more_are_not_slow():
    expected = Expected.of_the_like([timedelta(seconds=1)] * 3)
    assert slow(NOON, expected, NOON + timedelta(seconds=11)) is None
    assert slow(NOON, expected, NOON + timedelta(seconds=12)) is not None


lengths = st.lists(st.timedeltas(timedelta(0), timedelta(days=2)), min_size=LEAST, max_size=100)


@given(lengths)
def test_what_has_been_before_is_never_slow(took):
    expected = Expected.of_the_like(took)
    assert expected is not None
    assert expected.shortest <= expected.p90 <= expected.longest
    assert all(slow(NOON, expected, NOON + length) is None for length in took)


@given(lengths, st.timedeltas(timedelta(0), timedelta(days=3)))
def test_it_is_slow_from_then_on(took, age):
    found = slow(NOON, Expected.of_the_like(took), NOON + age)
    assert (found is None) or NOON < found.since < NOON + age
    assert could_be_slow(NOON, NOON + age) or found is None


def test_status_says_it_below_the_step():
    late = slow(NOON - timedelta(hours=1), Expected.of_the_like(minutes(3, 3, 4)), NOON)
    standing = a_standing(RunState.RUNNING, {"a@cmp1": a_status("a@cmp1", S.RUNNING)}, orchestrator=HERE)
    standing = replace(standing, slow={"a@cmp1": late})
    lines = status_lines(standing, NOON)
    assert lines[2].startswith("            longer than expected: 3 of the like took 3m 00s to 4m 00s")
    [told] = status_document(standing)["slow"]
    assert (told["step"], told["of"], told["p90"], told["since"]) == ("a@cmp1", 3, 240.0, "2026-05-04T11:06:00Z")
