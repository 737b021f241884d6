"""The tables of the proof, in Markdown, from what the scenarios left."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from bench.availability.results import Result

_HEADS = (
    "what",
    "load balancer",
    "requests",
    "failed",
    "downtime of APIs",
    "slowest answer",
    "creates",
    "failed",
    "minutes",
    "as it should be",
)
_WHO = {
    "stairlift-node": "Stairlift, node by node",
    "stairlift-service": "Stairlift, service by service",
    "ansible-serial-drained": "the same playbooks, one host at a time, drained",
    "ansible-serial": "the same playbooks, one host at a time",
    "ansible-all-at-once": "the same playbooks, all hosts at once",
}
_SUMMARY = ("who upgrades", "load balancer", "upgrades", "requests", "failed", "servers created", "failed")


def summary(results: Iterable[Result]) -> str:
    """A row for each way to upgrade and each load balancer; the upgrades in which nothing was broken on purpose."""
    rows = sorted((row for row in results if _way(row) in _WHO), key=_order)
    sums = (_line(_sum(list(alike))) for _, alike in groupby(rows, key=_order))
    return "\n".join([_line(_SUMMARY), _line("---" for _ in _SUMMARY), *sums]) + "\n"


def _way(row: Result) -> str:
    return row.scenario.partition(f"-{row.balancer}")[0]


def _order(row: Result) -> tuple[int, bool]:
    return list(_WHO).index(_way(row)), row.balancer == "plain"


def _sum(rows: Sequence[Result]) -> Iterable[str]:
    failed = sum(sum(row.failed.values()) for row in rows)
    creates, lost = sum(row.creates for row in rows), sum(row.failed_creates for row in rows)
    figures = (len(rows), sum(row.requests for row in rows), failed, creates, lost)
    return (_WHO[_way(rows[0])], rows[0].balancer, *(f"{figure:,}" for figure in figures))


def markdown(results: Iterable[Result]) -> str:
    """A row for each result, and the notes below."""
    rows = sorted(results, key=lambda result: result.scenario)
    lines = [_line(_HEADS), _line("---" for _ in _HEADS), *(_line(_cells(row)) for row in rows)]
    told = ((row.scenario, note) for row in rows for note in (*row.notes, *row.reasons))
    notes = [f"- {scenario}: {_in_a_line(note)}" for scenario, note in told]
    where = sorted({f"{row.where['commit']}, {row.where['machine']}" for row in rows})
    return "\n".join([*lines, "", *notes, "", *(f"Measured on {one}." for one in where)]) + "\n"


def _cells(row: Result) -> Iterable[str]:
    return (
        row.scenario,
        row.balancer,
        f"{row.requests:,}",
        f"{sum(row.failed.values()):,}",
        _by_api(row.downtime),
        "" if row.slowest_ms is None else f"{row.slowest_ms / 1000:.1f} s",
        str(row.creates),
        str(row.failed_creates),
        f"{row.seconds / 60:.0f}",
        "yes" if row.expected else "**no**",
    )


def _in_a_line(words: str) -> str:
    """A proxy's answer has several, and would end the list."""
    return " ".join(words.split())


def _by_api(seconds: Mapping[str, float]) -> str:
    found = [f"{api} {spent:.1f} s" for api, spent in sorted(seconds.items()) if spent]
    return ", ".join(found) or "none"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
