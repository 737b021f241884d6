"""The availability strip as it is drawn: stretches of the same state, on any axis, with their numbers in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from stairlift.model.availability import Outage
from stairlift.report.axis import Axis
from stairlift.report.strip import Bin, BinState, Lane, Strip
from stairlift.report.text import clock, count, duration

#: How each state is called.
WORDS: dict[BinState, str] = {
    "ok": "ok",
    "slow": "slow",
    "failed": "failed",
    "no-data": "no data",
    "unmeasured": "not measured",
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a lane, in percent of the axis; `told` has its numbers."""

    begin: float
    width: float
    state: str
    told: str


@dataclass(frozen=True, slots=True)
class DrawnLane:
    """One API. `words` say the whole of it in a sentence."""

    api: str
    stretches: tuple[Stretch, ...]
    outages: tuple[Stretch, ...]
    words: str
    failed: int
    downtime: str


@dataclass(frozen=True, slots=True)
class DrawnStrip:
    """All lanes on an axis; `baseline` is the time before the first change."""

    axis: Axis
    lanes: tuple[DrawnLane, ...]
    baseline: Stretch | None


def drawn(strip: Strip, axis: Axis | None = None) -> DrawnStrip:
    """A strip on an axis, or on one of its own."""
    axis = axis or Axis.over(_at(strip.begin), _at(strip.end))
    return DrawnStrip(axis, tuple(_lane(lane, axis) for lane in strip.lanes), _baseline(strip, axis))


def _lane(lane: Lane, axis: Axis) -> DrawnLane:
    groups = [list(group) for _, group in groupby(lane.bins, key=lambda one: one.state)]
    ok, slow, failed = (sum(getattr(one, name) for one in lane.bins) for name in ("ok", "slow", "failed"))
    down = timedelta(seconds=sum(outage.downtime for outage in lane.outages))
    return DrawnLane(
        api=lane.api,
        stretches=tuple(_stretch(lane.api, group, axis) for group in groups if group[0].state != "unmeasured"),
        outages=tuple(_outage(lane.api, outage, axis) for outage in lane.outages),
        words=f"{lane.api}: {_numbers(ok, slow, failed)}, {_silence(lane.bins)}, {_outages(lane.outages, down)}",
        failed=failed,
        downtime=duration(down) if lane.outages else "",
    )


def _stretch(api: str, bins: Sequence[Bin], axis: Axis) -> Stretch:
    first, last = bins[0], bins[-1]
    ok, slow, failed = (sum(getattr(one, name) for one in bins) for name in ("ok", "slow", "failed"))
    told = f"{api} {WORDS[first.state]}, {_span(first.begin, last.end)}"
    told += f": {_numbers(ok, slow, failed)}" if ok or failed else ""
    return _between(first.begin, last.end, axis, first.state, told)


def _outage(api: str, outage: Outage, axis: Axis) -> Stretch:
    back = f", right again {clock(_at(outage.recovered))}" if outage.recovered is not None else ", not seen to end"
    told = f"{api} outage, {_span(outage.first, outage.last)}: {count(outage.failed, 'failure')}{back}"
    return _between(outage.first, outage.last, axis, "outage", told)


def _baseline(strip: Strip, axis: Axis) -> Stretch | None:
    if strip.baseline is None or not axis.shows(*map(_at, strip.baseline)):
        return None
    return _between(*strip.baseline, axis, "baseline", f"before the first change, {_span(*strip.baseline)}")


def _between(begin: float, end: float, axis: Axis, state: str, told: str) -> Stretch:
    first, last = axis.place(_at(begin)), axis.place(_at(end))
    return Stretch(first, round(max(last - first, 0.15), 3), state, told)


def _numbers(ok: int, slow: int, failed: int) -> str:
    more = f" ({slow} slow)" if slow else ""
    return f"{ok} right{more}, {failed} failed"


def _silence(bins: Iterable[Bin]) -> str:
    seconds = sum(one.no_data for one in bins)
    return f"no data for {duration(timedelta(seconds=seconds))}" if seconds >= 1 else "data throughout"


def _outages(found: Sequence[Outage], down: timedelta) -> str:
    return f"{count(len(found), 'outage')}, {duration(down)} altogether" if found else "no outage"


def _span(begin: float, end: float) -> str:
    return f"{clock(_at(begin))} to {clock(_at(end))}"


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
