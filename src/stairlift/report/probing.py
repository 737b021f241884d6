"""What a meter writes, kept up as numbers that only grow: for who asks again and again how the APIs are."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from stairlift.model.availability import OUTAGE_GAP, UNANSWERED, Bucket, Failure, Piece, Session, Tally, Target, latency

#: Upper bounds of a histogram of answers, in seconds.
LATENCIES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(slots=True)
class Bins:
    """A histogram: how many were at most as long as each of the bounds, how many there are, what they come to."""

    bounds: Sequence[float]
    within: list[int] = field(default_factory=list)
    number: int = 0
    seconds: float = 0.0

    def add(self, seconds: float, times: int = 1) -> None:
        """Take in something of this length, so many times."""
        self.within = self.within or [0] * len(self.bounds)
        place = bisect_left(self.bounds, seconds)
        if place < len(self.bounds):
            self.within[place] += times
        self.number += times
        self.seconds += seconds * times

    def cumulated(self) -> Iterator[tuple[float, int]]:
        """How many were no longer than each of the bounds."""
        total = 0
        for bound, number in zip(self.bounds, self.within or [0] * len(self.bounds), strict=True):
            total += number
            yield bound, total


@dataclass(slots=True)
class Probed:
    """What is known of an API. `up` is as of `at`, None before anything was; `unavailable` is in seconds.

    Unavailable is from the first failed request of an outage to its last, as `stairlift availability` has it, from the
    beginning of the measurement on.
    """

    took: Bins = field(default_factory=lambda: Bins(LATENCIES))
    up: bool | None = None
    at: float = 0.0
    unavailable: float = 0.0
    _failed: float | None = None
    _answered: float = 0.0

    def fail(self, at: float) -> None:
        """A request failed; those of one outage come in the order of their times."""
        if self._failed is not None and self._goes_on(self._failed, at):
            self.unavailable += max(0.0, at - self._failed)
        self._failed = at

    def _goes_on(self, last: float, at: float) -> bool:
        """As `model.availability.outages` has it."""
        answered = last < self._answered <= at
        return at - last <= OUTAGE_GAP or (at - last <= UNANSWERED and not answered)

    def hear(self, at: float, end: float, tallies: Sequence[Tally]) -> None:
        """What came back in a stretch of time."""
        right = sum(sum(tally.ok.values()) + tally.others.get("throttled", 0) for tally in tallies)
        if any(tally.ok for tally in tallies):
            self._answered = at
        if any(tally.known for tally in tallies):
            self.up, self.at = right > 0, end
        for tally in tallies:
            for grade, number in tally.ok.items():
                self.took.add(latency(grade) / 1000, number)


class Probing:
    """Takes in the pieces of a meter's file in their order. `apis` are what users ask, by project."""

    def __init__(self) -> None:
        self.apis: dict[str, Probed] = {}
        self._targets: Mapping[str, Target] = {}
        self._failures: list[Failure] = []

    def hear(self, piece: Piece) -> None:
        """Failures wait for the stretch of time that they belong to: what was answered before them is in that."""
        match piece:
            case Session():
                self._targets = {one.id: one for one in piece.targets if one.felt}
            case Failure():
                self._failures.append(piece)
            case Bucket():
                self._take(piece)

    def _take(self, bucket: Bucket) -> None:
        by_api: dict[str, list[Tally]] = {}
        for name, tally in bucket.tallies.items():
            if name in self._targets:
                by_api.setdefault(self._targets[name].api, []).append(tally)
        for api, tallies in by_api.items():
            self._of(api).hear(bucket.at, bucket.end, tallies)
        for api, at in sorted(self._failed(bucket), key=lambda one: one[1]):
            self._of(api).fail(at)
        self._failures = []

    def _failed(self, bucket: Bucket) -> Iterator[tuple[str, float]]:
        """When what failed; of failures that are only counted the first and the last stretch as far as they can."""
        yield from ((self._targets[f.target].api, f.at) for f in self._failures if f.target in self._targets)
        for name, number in bucket.unlisted.items():
            if name in self._targets:
                yield from ((self._targets[name].api, at) for at in (bucket.at, bucket.end)[: min(number, 2)])

    def _of(self, api: str) -> Probed:
        return self.apis.setdefault(api, Probed())
