"""What users felt, as a table, as lines, and as a document."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from stairlift.model.availability import STATES, Failure, Outage, Totals
from stairlift.report.figures import SHARES, Availability, Figures, StepFigures
from stairlift.report.text import clock, count, duration, stamp

SCHEMA = "stairlift.availability/1"
COLUMNS = ("API", "REQUESTS", "FAILED", "DOWNTIME", "OUTAGES", "MTTR", "P50", "P95", "P99", "P99 BEFORE", "NOTES")
STEP_COLUMNS = ("WHILE IN FLIGHT", "REQUESTS", "FAILED", "P99", "OF")
#: Failures that are shown one by one.
SHOWN = 10
#: So long after its last line a meter is called silent, in seconds.
_SILENT = 15.0
#: States of requests that are told beside a row.
_NOTED = STATES[2:]


def availability_lines(found: Availability) -> tuple[str, ...]:
    """How it was measured, and what came of it."""
    lasted = duration(timedelta(seconds=found.end - found.begin))
    before = found.baseline
    since = f"baseline {clock(_at(before[0]))} to {clock(_at(before[1]))}" if before else "no baseline yet"
    lost = "none failed" if not found.failed else f"{found.failed:,} failed"
    return (
        f"measured for {lasted} at {found.rate:g} requests a second, {since}",
        f"{count_of(found.requests)} of users since then, {lost}",
        *([f"{count(found.dropped, 'line')} could not be written: the disk was full"] if found.dropped else []),
    )


def count_of(requests: int) -> str:
    """A number of requests."""
    return f"{requests:,} request{'' if requests == 1 else 's'}"


def figure_rows(figures: Iterable[Figures]) -> list[tuple[str, ...]]:
    """One row per API or backend, as `COLUMNS` name it."""
    return [_row(one) for one in figures]


def _row(one: Figures) -> tuple[str, ...]:
    mttr = "" if one.mttr is None else f"{one.mttr:.1f}s"
    times = (_milliseconds(one.latency[share]) for share in SHARES)
    outages = str(len(one.outages) or "")
    downtime = f"{one.downtime:.1f}s" if one.outages else ""
    before = _milliseconds(one.before[SHARES[-1]])
    return one.name, str(one.requests), str(one.failed or ""), downtime, outages, mttr, *times, before, _notes(one)


def _notes(one: Figures) -> str:
    said = [f"{one.numbers[state]} {state}" for state in _NOTED if one.numbers.get(state)]
    said += [f"no data for {one.no_data:.0f}s"] if one.no_data else []
    said += [] if one.charged else ["failed before already"]
    return ", ".join(said)


def _milliseconds(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}ms"


def step_rows(steps: Iterable[StepFigures]) -> list[tuple[str, ...]]:
    """One row for each step while which users lost something, as `STEP_COLUMNS` name it."""
    return [
        (
            one.step or "(no step)",
            str(one.requests),
            str(sum(one.failed.values())),
            _milliseconds(one.slowest),
            ", ".join(f"{api} {number}" for api, number in sorted(one.failed.items())),
        )
        for one in steps
        if one.failed
    ]


def failure_lines(failures: Sequence[Failure]) -> tuple[str, ...]:
    """The newest failures, one by one."""
    lines = [f"{clock(_at(f.at))} {f.target}: {f.why} after {f.took:.1f}s" for f in failures[-SHOWN:]]
    left = len(failures) - SHOWN
    return (*([f"... and {left} before"] if left > 0 else []), *lines)


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


# For programs


def availability_document(run: str, found: Availability) -> dict[str, Any]:
    """The whole as a JSON object."""
    before = found.baseline
    return {
        "schema": SCHEMA,
        "run": run,
        "begin": stamp(_at(found.begin)),
        "end": stamp(_at(found.end)),
        "rate": found.rate,
        "baseline": {"begin": stamp(_at(before[0])), "end": stamp(_at(before[1]))} if before else None,
        "requests": found.requests,
        "failed": found.failed,
        "dropped": found.dropped,
        "apis": [_figures(one) for one in found.apis],
        "backends": [_figures(one) for one in found.backends],
        "steps": [_step(one) for one in found.steps],
        "failures": [_failure(one) for one in found.failures],
    }


def _figures(one: Figures) -> dict[str, Any]:
    return {
        "name": one.name,
        "api": one.api,
        "via": one.via,
        "charged": one.charged,
        "requests": one.requests,
        "states": dict(one.numbers),
        "downtime": round(one.downtime, 3),
        "mttr": None if one.mttr is None else round(one.mttr, 3),
        "no_data": round(one.no_data, 3),
        "outages": [_outage(outage) for outage in one.outages],
        "latency": {f"p{share:.0%}".rstrip("%"): _degradation(one, share) for share in SHARES},
    }


def _outage(outage: Outage) -> dict[str, Any]:
    recovered = None if outage.recovered is None else stamp(_at(outage.recovered))
    ends = {"first": stamp(_at(outage.first)), "last": stamp(_at(outage.last)), "recovered": recovered}
    return {**ends, "failed": outage.failed, "downtime": round(outage.downtime, 3)}


def _degradation(one: Figures, share: float) -> dict[str, float | None]:
    absolute, relative = one.degradation(share)
    found = {"before": one.before[share], "since": one.latency[share], "absolute": absolute, "relative": relative}
    return {key: None if value is None else round(value, 3) for key, value in found.items()}


def _step(one: StepFigures) -> dict[str, Any]:
    slowest = None if one.slowest is None else round(one.slowest, 3)
    return {"step": one.step or None, "requests": one.requests, "failed": dict(one.failed), "p99": slowest}


def _failure(one: Failure) -> dict[str, Any]:
    return {"at": stamp(_at(one.at)), "target": one.target, "took": round(one.took, 3), "why": one.why}


# Beside a run


def meter_line(totals: Totals, run: str, now: datetime, *, under_way: bool) -> str:
    """Where a meter stands, in a line of the status."""
    requests, failed = sum(totals.requests.values()), sum(totals.failed.values())
    apis = ", ".join(f"{api} {number}" for api, number in sorted(totals.failed.items()) if number)
    lost = f"{failed:,} failed ({apis}); see: stairlift availability {run}" if failed else "none failed"
    age = now.timestamp() - totals.at
    silent = f"; silent for {duration(timedelta(seconds=age))}" if under_way and age > _SILENT else ""
    return f"  meter     {count_of(requests)} of users, {lost}{silent}"


def meter_document(totals: Totals) -> dict[str, Any]:
    """The same for programs."""
    apis = {api: {"requests": n, "failed": totals.failed.get(api, 0)} for api, n in sorted(totals.requests.items())}
    return {
        "at": stamp(_at(totals.at)),
        "requests": sum(totals.requests.values()),
        "failed": sum(totals.failed.values()),
        "dropped": totals.dropped,
        "apis": apis,
    }
