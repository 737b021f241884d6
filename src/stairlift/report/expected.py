"""How long a step may be expected to take, from those of its like: slow is not failed, but somebody should know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stairlift.report.text import clock, duration

#: Fewer than this tell nothing.
LEAST = 3
#: So many of the like are looked at.
MOST = 100
#: What is longer than the longest, and this much longer than nine in ten, is slow.
_FACTOR, _MARGIN = 1.5, timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Expected:
    """What `of` attempts of the like took; an attempt is slow once it has taken longer than `limit`."""

    of: int
    shortest: timedelta
    longest: timedelta
    p90: timedelta

    @classmethod
    def of_the_like(cls, took: Sequence[timedelta]) -> "Expected | None":
        """What these say; None where they are too few."""
        if len(took) < LEAST:
            return None
        ordered = sorted(took)
        return cls(len(took), ordered[0], ordered[-1], ordered[-(-len(ordered) * 9 // 10) - 1])

    @property
    def limit(self) -> timedelta:
        """How long may be called usual."""
        return max(self.longest, self.p90 * _FACTOR, self.p90 + _MARGIN)


@dataclass(frozen=True, slots=True)
class Slow:
    """An attempt that takes longer than expected, and since when."""

    expected: Expected
    since: datetime


def slow(began: datetime, expected: Expected | None, now: datetime) -> Slow | None:
    """Whether an attempt that goes on has become slow."""
    if expected is None or now - began <= expected.limit:
        return None
    return Slow(expected, began + expected.limit)


def could_be_slow(began: datetime, now: datetime) -> bool:
    """Whether it is worth asking what the like took."""
    return now - began > _MARGIN


def slow_words(found: Slow) -> str:
    """In one sentence."""
    like = found.expected
    shortest, longest = duration(like.shortest), duration(like.longest)
    took = shortest if shortest == longest else f"{shortest} to {longest}"
    return (
        f"longer than expected: {like.of} of the like took {took} (p90 {duration(like.p90)}); "
        f"slow since {clock(found.since)}"
    )


def slow_document(step: str, found: Slow) -> dict[str, object]:
    """For programs; lengths are in seconds."""
    like = found.expected
    return {
        "step": step,
        "since": found.since.isoformat().replace("+00:00", "Z"),
        "of": like.of,
        "shortest": like.shortest.total_seconds(),
        "longest": like.longest.total_seconds(),
        "p90": like.p90.total_seconds(),
    }
