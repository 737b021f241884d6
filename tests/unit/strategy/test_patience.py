"""Waiting: by a clock that nobody sets, and by what was slept where sleeping takes no time."""

import time

from stairlift.strategy.patience import Pause, in_time


def test_what_is_well_is_asked_once() -> None:
    slept: list[float] = []
    assert in_time(9, str, Pause(1.0, slept.append)) == ""
    assert slept == []


def test_it_ends_with_the_last_word_when_the_time_is_over() -> None:
    slept: list[float] = []
    assert in_time(3, lambda: f"{len(slept)} looks later", Pause(1.0, slept.append)) == "3 looks later"


def test_asking_takes_its_time_too() -> None:
    looks: list[int] = []

    def slow() -> str:
        looks.append(1)
        time.sleep(0.06)
        return "ill"

    assert in_time(0.1, slow, Pause(0.001)) == "ill"
    assert len(looks) <= 3
