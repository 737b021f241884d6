"""What a meter wrote, made figures in the field's terms."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import replace

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
    outages,
    quantile,
)
from stairlift.model.baseline import Baseline
from stairlift.report.figures import SHARES, Availability, Figures
from stairlift.report.flights import ByStep

#: Seconds without an answer that says how an API is, from which on there is no data of it.
NO_DATA = 10.0


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


class _Gathering:
    """Goes through the pieces once; what it keeps of each is a number or two."""

    def __init__(self, flights: Sequence[Window]) -> None:
        self._by_step = ByStep(flights)
        self._baseline = Baseline()
        self._sums: dict[str, Tally] = {}
        self._times: dict[str, _Times] = {}
        self._failures: list[Failure] = []
        self._unlisted: dict[str, list[float]] = {}
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
        felt = [tally for name, tally in bucket.tallies.items() if self._baseline.targets[name].felt]
        self._by_step.hear(bucket, felt)

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
            steps=tuple(self._by_step.figures(self._failures, self._baseline.targets)),
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
