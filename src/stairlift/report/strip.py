"""The availability strip: what users felt of each API as time went on, in as many bins as fit on a page.

Times are seconds since the epoch, as the meter writes them.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from stairlift.model.availability import Bucket, Failure, Outage, Piece, Session, Tally, grade, outages, quantile
from stairlift.model.baseline import Baseline
from stairlift.report.availability import NO_DATA

#: What became of an API in a bin. "no-data": it was asked, or should have been, and nothing is known of it.
#: "unmeasured": nobody was there to ask.
BinState = Literal["ok", "slow", "failed", "no-data", "unmeasured"]
#: An answer is slow that took longer than so many times what 95 of 100 took before, and this much longer, in
#: milliseconds; a bin is slow where this share of its answers was.
SLOWER, AT_LEAST, SLOW_SHARE = 2.0, 100.0, 0.1
#: The usual number of bins.
BINS = 240
#: So many grains are kept of an API; where they become more, each stands for twice as long.
_GRAINS = 4096
_USUAL = 0.95

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Bin:
    """A part of the strip. `slow` are some of `ok`; `no_data` is in seconds."""

    begin: float
    end: float
    state: BinState
    ok: int = 0
    slow: int = 0
    failed: int = 0
    no_data: float = 0.0


@dataclass(frozen=True, slots=True)
class Lane:
    """One API: its bins without a gap between them, and the outages that are seen in them."""

    api: str
    bins: tuple[Bin, ...]
    outages: tuple[Outage, ...] = ()


@dataclass(frozen=True, slots=True)
class Strip:
    """All APIs on one axis. `baseline` is the time before the first change, None until it is over."""

    begin: float
    end: float
    baseline: Span | None
    lanes: tuple[Lane, ...]


@dataclass(slots=True)
class _Api:
    """What is kept of an API: answers by grain, when it was known how it is, when it failed and when it answered."""

    grains: dict[int, list[int]] = field(default_factory=dict)
    known: list[list[float]] = field(default_factory=list)
    failed: list[float] = field(default_factory=list)
    answered: "array[float]" = field(default_factory=lambda: array("d"))

    def know(self, begin: float, end: float) -> None:
        """It was known how it is between these; shorter gaps than NO_DATA are between two answers."""
        if self.known and begin - self.known[-1][1] <= NO_DATA:
            self.known[-1][1] = max(end, self.known[-1][1])
        else:
            self.known.append([begin, end])

    def add(self, grain: int, numbers: Sequence[int]) -> None:
        """More of a grain."""
        kept = self.grains.setdefault(grain, [0, 0, 0])
        for place, number in enumerate(numbers):
            kept[place] += number

    def coarsen(self) -> None:
        """Each grain for twice as long."""
        fine, self.grains = self.grains, {}
        for grain, numbers in fine.items():
            self.add(grain // 2, numbers)


class Gathered:
    """Takes in what a meter wrote, piece by piece and only once; strips of any part of it are made at any time.

    What it keeps does not grow with the length of a run but for outages and a number for each second with an answer.
    """

    def __init__(self) -> None:
        self._baseline = Baseline()
        self._limits: dict[str, int] = {}
        self._apis: dict[str, _Api] = {}
        self._grain = 1.0
        self._sessions: list[list[float]] = []

    @property
    def heard(self) -> bool:
        """Whether a meter has begun."""
        return bool(self._sessions)

    @property
    def begin(self) -> float:
        """When the meter began."""
        return self._sessions[0][0]

    @property
    def end(self) -> float:
        """How far it has come."""
        return self._sessions[-1][1]

    def hear(self, piece: Piece) -> None:
        """Take in the next piece of the file."""
        self._baseline.hear(piece)
        if isinstance(piece, Session):
            self._sessions.append([piece.at, piece.at])
            for target in piece.targets:
                if target.felt:
                    self._apis.setdefault(target.api, _Api())
        elif isinstance(piece, Failure):
            self._fail(piece.target, [piece.at])
        else:
            self._take(piece)

    def _fail(self, target: str, at: Iterable[float]) -> None:
        if self._baseline.targets[target].felt:
            self._apis[self._baseline.targets[target].api].failed.extend(at)

    def _take(self, bucket: Bucket) -> None:
        if self._sessions:
            self._sessions[-1][1] = max(self._sessions[-1][1], bucket.end)
        answered = set()
        for name, tally in bucket.tallies.items():
            target = self._baseline.targets[name]
            if target.felt and tally.known:
                self._count(self._apis[target.api], bucket, tally, self._limit(name))
                answered |= {target.api} if tally.ok else set()
        for api in answered:
            self._apis[api].answered.append(bucket.at)
        for name, number in bucket.unlisted.items():
            self._fail(name, (bucket.at + bucket.span * turn / number for turn in range(number)))

    def _count(self, api: _Api, bucket: Bucket, tally: Tally, limit: int | None) -> None:
        slow = sum(n for found, n in tally.ok.items() if found > limit) if limit is not None else 0
        began = self._sessions[-1][0]
        api.know(began if 0 < bucket.at - began <= NO_DATA else bucket.at, bucket.end)
        api.add(int(bucket.at // self._grain), (sum(tally.ok.values()), slow, tally.others.get("failed", 0)))
        while len(api.grains) > _GRAINS:
            self._grain *= 2
            for one in self._apis.values():
                one.coarsen()

    def _limit(self, target: str) -> int | None:
        """The last grade of a target's latency that is not slow; None as long as nobody knows what is usual."""
        if self._baseline.until is None:
            return None
        if target not in self._limits:
            usual = quantile(self._baseline.ok.get(target, {}), _USUAL)
            self._limits[target] = 10**6 if usual is None else grade(max(SLOWER * usual, usual + AT_LEAST))
        return self._limits[target]

    # The strip

    def strip(self, begin: float, end: float, bins: int, until: float) -> Strip:
        """A part of it. `until` is up to when somebody should have measured: where nothing is known, there is no data.

        Bins are no shorter than what is kept.
        """
        number = max(1, min(bins, int((end - begin) / self._grain)))
        edges = [begin + (end - begin) * n / number for n in range(number + 1)]
        measured = self._measured(until)
        lanes = tuple(self._lane(name, api, edges, measured) for name, api in sorted(self._apis.items()))
        first, last = self._baseline.begin, self._baseline.until
        return Strip(begin, end, None if first is None or last is None else (first, last), lanes)

    def _measured(self, until: float) -> list[list[float]]:
        """When somebody asked: what lies between the end of a meter and the beginning of the next does not count."""
        *earlier, (begin, end) = self._sessions
        return [*earlier, [begin, until if until - end > NO_DATA else end]]

    def _lane(self, name: str, api: _Api, edges: Sequence[float], measured: Sequence[Sequence[float]]) -> Lane:
        numbers = [[0, 0, 0] for _ in edges[1:]]
        for grain, (ok, slow, failed) in api.grains.items():
            first, last = grain * self._grain, (grain + 1) * self._grain
            if last > edges[0] and first < edges[-1]:
                place = bisect_right(edges, (first + last) / 2) - 1
                kept = numbers[min(max(place, 0), len(numbers) - 1)]
                kept[0], kept[1], kept[2] = kept[0] + ok, kept[1] + slow, kept[2] + failed
        bins: list[Bin] = []
        for begin, end, counted in zip(edges, edges[1:], numbers, strict=False):
            before = bins[-1].state if bins else "ok"
            bins.append(_bin((begin, end), counted, _together(api.known, begin, end), measured, before))
        seen = [o for o in outages(api.failed, api.answered) if o.first <= edges[-1] and o.last >= edges[0]]
        return Lane(name, tuple(bins), tuple(seen))


def _bin(
    span: Span, numbers: Sequence[int], known: float, measured: Sequence[Sequence[float]], before: BinState
) -> Bin:
    ok, slow, failed = numbers
    missing = max(0.0, _together(measured, *span) - known)
    counted = {"ok": ok, "slow": slow, "failed": failed, "no_data": round(missing, 3)}
    if failed:
        return Bin(*span, "failed", **counted)  # type: ignore[arg-type]
    if ok:
        return Bin(*span, "slow" if slow >= ok * SLOW_SHARE and slow else "ok", **counted)  # type: ignore[arg-type]
    return Bin(*span, _silent(known, missing, before), **counted)  # type: ignore[arg-type]


def _silent(known: float, missing: float, before: BinState) -> BinState:
    """Of a bin in which nothing came back: between two answers it is as it was."""
    if known > missing:
        return before if before in {"ok", "slow", "failed"} else "ok"
    return "no-data" if missing > 0 else "unmeasured"


def _together(spans: Sequence[Sequence[float]], begin: float, end: float) -> float:
    """How much of the time between these is in one of the spans, which are in order and do not overlap."""
    place, found = max(0, bisect_right(spans, begin, key=lambda span: span[0]) - 1), 0.0
    while place < len(spans) and spans[place][0] < end:
        found += max(0.0, min(end, spans[place][1]) - max(begin, spans[place][0]))
        place += 1
    return found


def strip_document(strip: Strip) -> Mapping[str, Any]:
    """For programs."""
    return {
        "from": strip.begin,
        "to": strip.end,
        "baseline": list(strip.baseline) if strip.baseline else None,
        "apis": {lane.api: [_bin_document(one) for one in lane.bins] for lane in strip.lanes},
    }


def _bin_document(one: Bin) -> dict[str, Any]:
    return {"state": one.state, "ok": one.ok, "slow": one.slow, "failed": one.failed, "no_data": one.no_data}
