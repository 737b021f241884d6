"""What is ready is found by the places that it takes; which of it fits is worked out one by one here."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from stairlift.run.ready import Ready
from stairlift.run.windows import Places, Windows

WIDE = {"a": 3, "b": 2, "c": 1}
PLACES = st.sampled_from([(), (("a", 1),), (("a", 2),), (("a", 1), ("b", 1)), (("b", 2),), (("c", 1),)])
STEPS = st.dictionaries(st.integers(-9, 30), PLACES, max_size=12)


def of(steps: dict[int, Places]) -> Ready:
    ready = Ready()
    for rank, places in steps.items():
        ready.file(rank, places)
    return ready


def one_by_one(steps: dict[int, Places]) -> list[int]:
    """All in order of rank, each where it fits beside those before."""
    room, chosen = Counter(WIDE), []
    for rank, places in sorted(steps.items()):
        if all(room[key] >= hosts for key, hosts in places):
            room.subtract(dict(places))
            chosen.append(rank)
    return chosen


@given(steps=STEPS, gone=st.lists(st.integers(-9, 30)))
def test_what_fits_is_what_would_be_taken_one_by_one(steps, gone) -> None:
    ready = of(steps)
    for rank in gone:
        ready.withdraw(rank)
        steps.pop(rank, None)
    assert ready.fitting(Windows(WIDE)) == one_by_one(steps)
    assert sorted(ready) == sorted(steps)
    assert all(file == sorted(file) and file for file in ready.files.values())


@given(steps=STEPS, besides=STEPS)
def test_what_is_in_no_file_takes_its_turn_among_the_others(steps, besides) -> None:
    filed = {rank: places for rank, places in steps.items() if rank not in besides}
    assert of(filed).fitting(Windows(WIDE), besides.items()) == one_by_one(filed | besides)


def test_who_takes_less_once_another_goes_gets_a_second_look() -> None:
    ready = of({1: (("c", 1),), 2: (("c", 1),), 3: (("c", 1),)})

    def eased(rank: int, _places: Places) -> list[tuple[int, Places]]:
        return [(2, ())] if rank == 1 else []

    assert ready.fitting(Windows(WIDE), eased=eased) == [1, 2]


def test_one_that_is_filed_stays_where_it_is_until_it_is_withdrawn() -> None:
    ready = of({1: (("a", 1),)})
    ready.file(1, ())
    assert ready.files == {(("a", 1),): [1]}
    ready.withdraw(1)
    ready.withdraw(1)
    assert (ready.files, 1 in ready) == ({}, False)


def test_to_ask_what_fits_takes_nothing() -> None:
    windows, ready = Windows(WIDE), of({1: (("c", 1),)})
    assert ready.fitting(windows) == ready.fitting(windows) == [1]
