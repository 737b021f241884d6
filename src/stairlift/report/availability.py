"""What users felt during a run, in the field's terms: per API, per backend, per step."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from stairlift.model.availability import (
    STATES,
    Bucket,
    Failure,
    Outage,
    Piece,
    Session,
    State,
    Tally,
    Target,
    Window,
    added,
    in_flight,
    outages,
    quantile,
)
from stairlift.model.baseline import Baseline
from stairlift.model.run import IN_FLIGHT, Attempt, StepStatus

#: Seconds without an answer that says how an API is, from which on there is no data of it.
NO_DATA = 10.0
#: The shares that latency is told by.
SHARES = (0.50, 0.95, 0.99)
NO_STEP = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of the requests to one API, or to one backend. Latency by the shares of SHARES, in milliseconds.

    `charged` is False where it failed, or never answered, before anything was changed. `no_data` is in seconds.
    """

    name: str
    api: str
    via: str
    numbers: Mapping[State, int]
    outages: tuple[Outage, ...]
    before: Mapping[float, float | None]
    latency: Mapping[float, float | None]
    no_data: float
    charged: bool

    @property
    def requests(self) -> int:
        """How many were sent since the baseline."""
        return sum(self.numbers.values())

    @property
    def failed(self) -> int:
        """How many of them failed."""
        return self.numbers.get("failed", 0)

    @property
    def downtime(self) -> float:
        """Seconds from the first error to the last, of all outages."""
        return sum(outage.downtime for outage in self.outages)

    @property
    def mttr(self) -> float | None:
        """The mean time to recover: from the first error to the next right answer, over outages that are over."""
        took = [outage.recovered - outage.first for outage in self.outages if outage.recovered is not None]
        return sum(took) / len(took) if took else None

    def degradation(self, share: float) -> tuple[float | None, float | None]:
        """How much slower it was than before: in milliseconds, and as a ratio."""
        before, since = self.before.get(share), self.latency.get(share)
        return (since - before, since / before) if before and since is not None else (None, None)


@dataclass(frozen=True, slots=True)
class StepFigures:
    """What users felt while a step was in flight; NO_STEP is when none was. Steps side by side share what they cost."""

    step: str
    requests: int
    failed: Mapping[str, int]
    slowest: float | None


@dataclass(frozen=True, slots=True)
class Availability:
    """All of it. `begin` and `end` are of the whole measurement, `baseline` of what came before the first change."""

    begin: float
    end: float
    baseline: tuple[float, float] | None
    rate: float
    apis: tuple[Figures, ...]
    backends: tuple[Figures, ...]
    steps: tuple[StepFigures, ...]
    failures: tuple[Failure, ...]
    dropped: int

    @property
    def requests(self) -> int:
        """What users sent since the baseline."""
        return sum(figures.requests for figures in self.apis)

    @property
    def failed(self) -> int:
        """What failed of it."""
        return sum(figures.failed for figures in self.apis)


def windows(attempts: Iterable[Attempt], statuses: Iterable[StepStatus], now: datetime) -> tuple[Window, ...]:
    """When each step was in flight: its attempts, the last of them until its services had reported."""
    by_id = {status.id: status for status in statuses}
    found = []
    for attempt in attempts:
        end, status = attempt.ended_at or now, by_id.get(attempt.id.step)
        if status is not None and status.attempt == attempt.id.number:
            end = now if status.state in IN_FLIGHT else max(end, status.ended_at or end)
        found.append(Window(attempt.id.step, attempt.started_at.timestamp(), end.timestamp()))
    return tuple(found)


def measured(pieces: Iterable[Piece], flights: Sequence[Window]) -> Availability | None:
    """The figures of what a meter wrote; None where it has written nothing."""
    gathering = _Gathering(flights)
    for piece in pieces:
        gathering.hear(piece)
    return gathering.result() if gathering.heard else None


class _Times:
    """When an API answered, to the second, and for how long nobody knew how it was."""

    def __init__(self) -> None:
        self.answered: array[float] = array("d")
        self.silent = 0.0
        self._gaps: list[float] = []
        self._last: float | None = None

    def hear(self, bucket: Bucket, tallies: Iterable[Tally]) -> None:
        found = list(tallies)
        if any(tally.ok for tally in found):
            self.answered.append(bucket.at)
        if any(tally.known for tally in found):
            if self._last is not None and bucket.at - self._last > NO_DATA:
                self.silent += bucket.at - self._last
                self._gaps.append(self._last)
            self._last = bucket.end

    def seen(self, outage: Outage) -> Outage:
        """An outage whose end nobody saw has not recovered at a time that is known."""
        until = outage.recovered
        unseen = until is not None and any(outage.last <= gap < until for gap in self._gaps)
        return replace(outage, recovered=None) if unseen else outage

    def end(self, at: float) -> None:
        if self._last is not None and at - self._last > NO_DATA:
            self.silent += at - self._last


class _Flights:
    """The steps in flight at times that never go back."""

    def __init__(self, flights: Iterable[Window]) -> None:
        self._coming = sorted(flights, key=lambda window: window.begin, reverse=True)
        self._active: list[Window] = []

    def during(self, begin: float, end: float) -> tuple[str, ...]:
        """Those in flight at any time between these two; `begin` is never less than before."""
        while self._coming and self._coming[-1].begin <= end:
            self._active.append(self._coming.pop())
        self._active = [window for window in self._active if window.end >= begin]
        return in_flight(self._active, begin, end) or (NO_STEP,)


class _Gathering:
    """Goes through the pieces once; what it keeps of each is a number or two."""

    def __init__(self, flights: Sequence[Window]) -> None:
        self._flights = flights
        self._sweep = _Flights(flights)
        self._baseline = Baseline()
        self._sums: dict[str, Tally] = {}
        self._times: dict[str, _Times] = {}
        self._failures: list[Failure] = []
        self._unlisted: dict[str, list[float]] = {}
        self._steps: dict[str, tuple[int, dict[int, int]]] = {}
        self._begin = self._end = self._rate = 0.0
        self._dropped = 0
        self.heard = False

    def hear(self, piece: Piece) -> None:
        before = self._baseline.hear(piece)
        if isinstance(piece, Session):
            self._begin = self._begin or piece.at
            self._end, self._rate = max(self._end, piece.at), piece.rate
            self.heard = True
        elif isinstance(piece, Failure) and not before:
            self._failures.append(piece)
        elif isinstance(piece, Bucket):
            self._end, self._dropped = piece.end, piece.dropped or self._dropped
            self._note(piece)
            if not before:
                self._take(piece)

    def _note(self, bucket: Bucket) -> None:
        """Who answered, also before the baseline: an outage of the baseline ends somewhere."""
        by_key: dict[str, list[Tally]] = {}
        for name, tally in bucket.tallies.items():
            by_key.setdefault(self._key(name), []).append(tally)
        for key, tallies in by_key.items():
            self._times.setdefault(key, _Times()).hear(bucket, tallies)

    def _take(self, bucket: Bucket) -> None:
        for name, tally in bucket.tallies.items():
            self._sums[name] = _together(self._sums.get(name, Tally()), tally)
        for name, number in bucket.unlisted.items():
            self._unlisted.setdefault(self._key(name), []).extend(_spread(bucket, number))
        self._charge(bucket)

    def _charge(self, bucket: Bucket) -> None:
        felt = [tally for name, tally in bucket.tallies.items() if self._baseline.targets[name].felt]
        requests = sum(sum(tally.ok.values()) + sum(tally.others.values()) for tally in felt)
        for step in self._sweep.during(bucket.at, bucket.end):
            before, slow = self._steps.get(step, (0, {}))
            for tally in felt:
                slow = added(slow, tally.ok)
            self._steps[step] = before + requests, slow

    def _key(self, name: str) -> str:
        """An API as users have it, or one of its backends."""
        target = self._baseline.targets[name]
        return target.api if target.felt else target.id

    # The result

    def result(self) -> Availability:
        groups: dict[str, list[Target]] = {}
        for target in self._baseline.targets.values():
            groups.setdefault(self._key(target.id), []).append(target)
        figures = [self._figures(key, targets) for key, targets in groups.items()]
        begin, until = self._baseline.begin, self._baseline.until
        return Availability(
            begin=self._begin,
            end=self._end,
            baseline=(begin, until) if begin is not None and until is not None else None,
            rate=self._rate,
            apis=tuple(one for one in figures if one.via != "backend"),
            backends=tuple(one for one in figures if one.via == "backend"),
            steps=tuple(self._step_figures()),
            failures=tuple(self._failures),
            dropped=self._dropped,
        )

    def _figures(self, key: str, targets: Sequence[Target]) -> Figures:
        names = {target.id for target in targets}
        sums = [self._sums.get(name, Tally()) for name in names]
        before: dict[int, int] = {}
        since: dict[int, int] = {}
        for name, tally in zip(names, sums, strict=True):
            before, since = added(before, self._baseline.ok.get(name, {})), added(since, tally.ok)
        times = self._times.get(key, _Times())
        times.end(self._end)
        failed = [f.at for f in self._failures if f.target in names] + self._unlisted.get(key, [])
        return Figures(
            name=key,
            api=targets[0].api,
            via=targets[0].via,
            numbers=_numbers(sums),
            outages=tuple(map(times.seen, outages(failed, times.answered))),
            before={share: quantile(before, share) for share in SHARES},
            latency={share: quantile(since, share) for share in SHARES},
            no_data=times.silent,
            charged=any(self._baseline.charges(name) for name in names) or targets[0].via == "backend",
        )

    def _step_figures(self) -> Iterable[StepFigures]:
        failed: dict[str, dict[str, int]] = {}
        sweep = _Flights(self._flights)
        for failure in sorted(self._failures, key=lambda one: one.at):
            target = self._baseline.targets[failure.target]
            if target.felt:
                for step in sweep.during(failure.at, failure.end):
                    by_api = failed.setdefault(step, {})
                    by_api[target.api] = by_api.get(target.api, 0) + 1
        order = [*dict.fromkeys(window.step for window in sorted(self._flights, key=lambda w: w.begin)), NO_STEP]
        for step in (one for one in order if one in self._steps or one in failed):
            requests, slow = self._steps.get(step, (0, {}))
            yield StepFigures(step, requests, failed.get(step, {}), quantile(slow, SHARES[-1]))


def _spread(bucket: Bucket, number: int) -> list[float]:
    """Failures of which only the number is known, as if they had been evenly apart."""
    step = bucket.span / max(number - 1, 1)
    return [bucket.at + turn * step for turn in range(number)]


def _together(one: Tally, other: Tally) -> Tally:
    others = {s: one.others.get(s, 0) + other.others.get(s, 0) for s in {*one.others, *other.others}}
    return Tally(added(one.ok, other.ok), others)


def _numbers(sums: Sequence[Tally]) -> dict[State, int]:
    found: dict[State, int] = {"ok": sum(sum(tally.ok.values()) for tally in sums)}
    return found | {state: sum(tally.others.get(state, 0) for tally in sums) for state in STATES[1:]}
