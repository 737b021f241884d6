"""The schedule: fixed times, everybody in his turn, whatever the answers do."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stairlift.model.availability import Target
from stairlift.probe.schedule import BACKEND_EVERY, beats, interleaved
from stairlift.probe.ways import Way


def way(name: str, weight: int = 1, via: str = "public") -> Way:
    return Way(Target(name, name, via, ""), "get", weight)


@given(st.lists(st.integers(1, 8), min_size=1, max_size=8))
def test_each_comes_as_often_as_it_weighs_and_evenly(weights):
    ways = [way(str(n), weight) for n, weight in enumerate(weights)]
    found = interleaved(ways)
    assert Counter(w.target.id for w in found) == {str(n): weight for n, weight in enumerate(weights)}
    for one in ways:
        places = [place for place, other in enumerate(found) if other is one]
        gaps = [b - a for a, b in zip(places, [*places[1:], places[0] + len(found)], strict=True)]
        assert max(gaps) - min(gaps) <= 2 * len(ways)


def test_requests_are_due_at_fixed_times():
    [beat] = beats([way("a"), way("b")], rate=20, start=100.0)
    taken = [(beat.due, beat.take().target.id) for _ in range(5)]
    assert [name for _, name in taken] == ["a", "b", "a", "b", "a"]
    assert [due for due, _ in taken] == pytest.approx([100.0, 100.05, 100.1, 100.15, 100.2])


def test_backends_do_not_take_the_place_of_users():
    felt, behind = beats([way("a"), *(way(f"b{n}", via="backend") for n in range(4))], rate=20, start=0.0)
    assert felt.period == 0.05
    assert behind.period * 4 == BACKEND_EVERY
    many = [way(f"b{n}", via="backend") for n in range(400)]
    assert beats([way("a"), *many], rate=20, start=0.0)[1].period == 0.05, "nor more often than they"
