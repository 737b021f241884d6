"""Units hold the places of their windows while they are open, and no longer: all that moves them, worked out plainly."""

from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stairlift.model.plan import Plan
from stairlift.run import graph
from stairlift.run.units import OpenUnits
from stairlift.run.windows import Windows
from stairlift.testing.plans import a_binding, a_plan, a_rollout, a_step
from worlds import plans

SERIAL = a_binding("serial", concurrency="cloud")


def of(plan: Plan) -> OpenUnits:
    return OpenUnits(graph(plan))


@dataclass
class Told:
    """What was told of each step of a plan, and what must be of it."""

    plan: Plan
    counts: set[int] = field(default_factory=set)
    settled: set[int] = field(default_factory=set)
    at_work: set[int] = field(default_factory=set)

    def flip(self, what: set[int], number: int) -> int:
        """What is now so and was not, or the other way round."""
        what.symmetric_difference_update({number})
        return 1 if number in what else -1

    def unit(self, number: int) -> list[int]:
        name = self.plan.steps[number].unit
        same = [n for n, step in enumerate(self.plan.steps) if name and step.unit == name]
        return same or [number]

    def is_open(self, number: int) -> bool:
        unit = self.unit(number)
        return any(n in self.counts for n in unit) and not all(n in self.settled for n in unit)

    def taken(self) -> Counter[str]:
        taken: Counter[str] = Counter()
        for first in {self.unit(number)[0] for number in range(len(self.plan.steps)) if self.is_open(number)}:
            hosts = {(key, host) for n in self.unit(first) for key in self.step(n).slots for host in self.step(n).hosts}
            taken.update(key for key, _ in hosts)
        taken.update("binding:serial" for number in self.at_work if self.step(number).strategy == "serial")
        return taken

    def step(self, number: int):
        return self.plan.steps[number]


@given(plan=plans(), data=st.data())
def test_a_window_has_the_room_that_nobody_holds_whatever_happened_before(plan, data) -> None:
    told, units = Told(plan), of(plan)
    numbers = st.integers(0, len(plan.steps) - 1)
    for number, what in data.draw(st.lists(st.tuples(numbers, st.sampled_from(["counts", "settled", "at work"])))):
        was_open = told.is_open(number)
        if what == "at work":
            units.work(number, told.flip(told.at_work, number))
        else:
            by = told.flip(told.counts if what == "counts" else told.settled, number)
            moved = units.move(number, counting=by * (what == "counts"), settled=by * (what == "settled"))
            assert moved == (told.is_open(number) != was_open)
        assert {key: units.windows.room(key) for key in graph(plan).windows} == {
            key: wide - told.taken()[key] for key, wide in graph(plan).windows.items()
        }


@given(plan=plans(), data=st.data())
def test_a_step_takes_what_its_unit_does_not_hold_yet(plan, data) -> None:
    units, number = of(plan), data.draw(st.integers(0, len(plan.steps) - 1))
    wanted = units.places(number)
    units.windows.take(wanted)
    room = {key: units.windows.room(key) for key, _ in wanted}
    units.windows.give_back(wanted)
    units.move(number, counting=1, settled=0)
    units.work(number, 1)
    assert room == {key: units.windows.room(key) for key, _ in wanted}, "it said beforehand what it takes"
    assert units.places(number) == units.places_of_its_own(number)


def test_the_steps_of_a_unit_share_its_place_until_the_last_is_settled() -> None:
    units = of(a_rollout(2, actions=("drain", "upgrade"), window=1))
    assert units.move(0, counting=1, settled=0)
    assert not units.windows.fit(units.places(2)), "the other host has to wait"
    assert not units.move(0, counting=0, settled=1)
    assert units.windows.fit(units.places(1)), "its own next step does not"
    assert not units.move(1, counting=1, settled=0)
    assert units.move(1, counting=0, settled=1)
    assert units.windows.fit(units.places(2))


def test_what_has_to_be_done_again_takes_its_places_even_where_there_are_none() -> None:
    units = of(a_rollout(2, actions=("upgrade",), window=1))
    units.move(0, counting=1, settled=1)
    units.move(1, counting=1, settled=0)
    assert units.move(0, counting=0, settled=-1)
    assert units.windows.room("plane:resource") == -1
    assert not units.windows.fit(((("plane:resource"), 1),))


def test_a_binding_that_bears_one_process_is_a_window_of_its_own() -> None:
    units = of(a_plan(a_step("a", strategy="serial"), a_step("b", strategy="serial"), bindings=[SERIAL]))
    units.work(0, 1)
    assert not units.windows.fit(units.places(1))
    units.work(0, 0)
    assert not units.windows.fit(units.places(1))
    units.work(0, -1)
    assert units.windows.fit(units.places(1))


@pytest.mark.parametrize(("promised", "fits"), [({}, True), ({"a": 1}, True), ({"a": 2}, False), ({"b": 1}, False)])
def test_what_is_promised_to_others_is_no_room(promised, fits) -> None:
    windows = Windows({"a": 3, "b": 1})
    windows.take((("a", 1),))
    assert windows.fit((("a", 1), ("b", 1)), Counter(promised)) == fits
