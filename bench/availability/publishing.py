"""The table of the proof, in Markdown, from what the scenarios left."""

from collections.abc import Iterable, Mapping

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


def markdown(results: Iterable[Result]) -> str:
    """A row for each result, and the notes below."""
    rows = sorted(results, key=lambda result: result.scenario)
    lines = [_line(_HEADS), _line("---" for _ in _HEADS), *(_line(_cells(row)) for row in rows)]
    notes = [f"- {row.scenario}: {note}" for row in rows for note in (*row.notes, *row.reasons)]
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


def _by_api(seconds: Mapping[str, float]) -> str:
    found = [f"{api} {spent:.1f} s" for api, spent in sorted(seconds.items()) if spent]
    return ", ".join(found) or "none"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
