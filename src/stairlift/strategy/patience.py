"""Asking again and again until nothing is amiss, or the time is over."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Why = TypeVar("Why")


@dataclass(frozen=True, slots=True)
class Pause:
    """What is between two looks: so many seconds, and how they are slept."""

    seconds: float
    sleep: Callable[[float], None] = time.sleep

    def take(self) -> float:
        """Sleep; how long that should have been."""
        self.sleep(self.seconds)
        return self.seconds


def in_time(seconds: float, why: Callable[[], Why], pause: Pause) -> Why:
    """Ask until what is told is empty; else what was told last when the time is over. Asking takes its time, too."""
    began, slept = time.monotonic(), 0.0
    while (reason := why()) and max(slept, time.monotonic() - began) < seconds:
        slept += pause.take()
    return reason
