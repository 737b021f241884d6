"""What users of a cloud felt: who was asked, what came back, and the outages that it amounts to.

Times are seconds since the epoch on the clock of the machine that measures, as they are in its files.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

#: What became of a request. "denied": the credentials were refused (401, 403). "throttled": it was told to come later
#: (429). "own": the machine that measures could not ask, or stood still meanwhile, so that nothing is known.
State = Literal["ok", "failed", "denied", "throttled", "own"]
STATES: tuple[State, ...] = get_args(State)
#: States that tell how the cloud is.
KNOWN: frozenset[State] = frozenset({"ok", "failed", "throttled"})
#: By which way something is asked: as a user does, one process of an API by its own address, a server of the cloud, or
#: by making something and taking it away again.
Via = Literal["public", "backend", "canary", "write"]
#: The ways whose failures a user feels. What fails at one backend is hidden, or not, by the load balancer before it.
FELT: frozenset[Via] = frozenset({"public", "canary", "write"})
#: Seconds: failures of an API that are no further apart are one outage, and so are those with no right answer between
#: them, unless nothing is known of it for longer than `UNANSWERED`: an API that is asked seldom is down all the same.
OUTAGE_GAP, UNANSWERED = 3.0, 60.0
#: The key of a run's options under which it keeps how it is measured, and the binding of what the meter itself makes.
METER = "meter"
#: From one grade of latency to the next: so exact is a quantile.
_GROWTH = 1.05


@dataclass(frozen=True, slots=True)
class Target:
    """Something that is asked again and again. `api` is the project that answers, the key of a budget."""

    id: str
    api: str
    via: Via
    address: str

    @property
    def felt(self) -> bool:
        """Whether its failures are felt by users."""
        return self.via in FELT


@dataclass(frozen=True, slots=True)
class Tally:
    """Answers of one target: how many were ok by grade of latency, and how many were not."""

    ok: Mapping[int, int] = field(default_factory=dict)
    others: Mapping[State, int] = field(default_factory=dict)

    @property
    def known(self) -> int:
        """How many of the answers tell how the cloud is."""
        return sum(self.ok.values()) + sum(n for state, n in self.others.items() if state in KNOWN)


@dataclass(frozen=True, slots=True)
class Session:
    """A process has begun to measure. `baseline` is for how many seconds nothing may change."""

    at: float
    targets: tuple[Target, ...]
    rate: float
    baseline: float


@dataclass(frozen=True, slots=True)
class Bucket:
    """What came back within `span` seconds, by the id of the target.

    `unlisted` are failures that no Failure tells of, `dropped` the lines that could not be written so far.
    """

    at: float
    span: float
    tallies: Mapping[str, Tally]
    unlisted: Mapping[str, int] = field(default_factory=dict)
    dropped: int = 0

    @property
    def end(self) -> float:
        """The time behind it."""
        return self.at + self.span


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that failed: when it was due, how many seconds later that was known, and why."""

    at: float
    target: str
    took: float
    why: str

    @property
    def end(self) -> float:
        """When it had failed."""
        return self.at + self.took


#: What the file of a meter is made of, in the order in which it was written.
Piece = Session | Bucket | Failure


@dataclass(frozen=True, slots=True)
class Outage:
    """From the first failed request to the last. `recovered` is when an answer was right again, None if not yet."""

    first: float
    last: float
    failed: int
    recovered: float | None = None

    @property
    def downtime(self) -> float:
        """Seconds from the first error to the last."""
        return self.last - self.first


@dataclass(frozen=True, slots=True)
class Totals:
    """Where a meter stands, from the last line of its file: requests and failures that users felt, by API."""

    at: float
    requests: Mapping[str, int]
    failed: Mapping[str, int]
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Canary:
    """What came of the first turn of a write probe that began after `since`, by the ids of its targets.

    It is "" where it went well, else why it did not. What has not come yet, or tells nothing of the cloud, is not
    there. `wanted` is all that a turn does.
    """

    since: float
    wanted: tuple[Target, ...]
    came: Mapping[str, str] = field(default_factory=dict)

    @property
    def failed(self) -> tuple[Target, ...]:
        """What the cloud refused."""
        return tuple(target for target in self.wanted if self.came.get(target.id))

    @property
    def missing(self) -> tuple[Target, ...]:
        """What nobody knows of."""
        return tuple(target for target in self.wanted if target.id not in self.came)

    @property
    def over(self) -> bool:
        """Whether it tells how the cloud is."""
        return bool(self.wanted) and (bool(self.failed) or not self.missing)


@dataclass(frozen=True, slots=True)
class Window:
    """A step in flight: its attempt, and the services that had to report afterwards."""

    step: str
    begin: float
    end: float

    def meets(self, begin: float, end: float) -> bool:
        """Whether it was in flight at any time between these two."""
        return self.begin <= end and begin <= self.end


def outages(failed_at: Iterable[float], answered_at: Sequence[float], *, gap: float = OUTAGE_GAP) -> tuple[Outage, ...]:
    """Failures as outages: after a right answer, a new one begins where none was for more than `gap` seconds.

    `answered_at`, in order, are times of right answers. Without one between them, failures are one outage as long as
    they are no further apart than UNANSWERED.
    """
    found: list[list[float]] = []
    for at in sorted(failed_at):
        if found and _goes_on(found[-1][-1], at, answered_at, gap):
            found[-1].append(at)
        else:
            found.append([at])
    return tuple(Outage(group[0], group[-1], len(group), _after(group[-1], answered_at)) for group in found)


def _goes_on(last: float, at: float, answered_at: Sequence[float], gap: float) -> bool:
    if at - last <= gap:
        return True
    answered = _after(last, answered_at)
    return at - last <= UNANSWERED and (answered is None or answered > at)


def _after(last: float, answered_at: Sequence[float]) -> float | None:
    place = bisect_right(answered_at, last)
    return answered_at[place] if place < len(answered_at) else None


def in_flight(windows: Iterable[Window], begin: float, end: float) -> tuple[str, ...]:
    """The steps that were in flight while a request was, each once."""
    return tuple(dict.fromkeys(window.step for window in windows if window.meets(begin, end)))


# Latency


def grade(milliseconds: float) -> int:
    """The grade of a latency; all of one grade are within five percent."""
    return max(0, math.ceil(math.log(max(milliseconds, 1.0)) / math.log(_GROWTH)))


def latency(found: int) -> float:
    """The most milliseconds that are of this grade."""
    return float(_GROWTH**found)


def quantile(counts: Mapping[int, int], share: float) -> float | None:
    """The latency, in milliseconds, that this share of the answers did not exceed; None where there are none."""
    left = math.ceil(sum(counts.values()) * share)
    for found in sorted(counts):
        left -= counts[found]
        if left <= 0:
            return latency(found)
    return None


def added(one: Mapping[int, int], other: Mapping[int, int]) -> dict[int, int]:
    """Both together."""
    return {key: one.get(key, 0) + other.get(key, 0) for key in {*one, *other}}
