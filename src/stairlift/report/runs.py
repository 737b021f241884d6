"""All runs at a glance."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from stairlift.model.run import Run
from stairlift.report.text import day, duration, stamp

COLUMNS = ("RUN", "STATE", "CLOUD", "FROM", "TO", "STARTED", "TOOK", "BY")


def run_documents(runs: Iterable[Run]) -> list[dict[str, Any]]:
    """Each run as a JSON object."""
    return [
        {
            "run": run.id,
            "state": str(run.state),
            "cloud": run.cloud,
            "from": run.source,
            "to": run.target,
            "plan": run.plan_hash,
            "created_at": stamp(run.created_at),
            "started_at": stamp(run.started_at),
            "ended_at": stamp(run.ended_at),
            "actor": run.actor,
        }
        for run in runs
    ]


def run_rows(runs: Iterable[Run], now: datetime) -> Sequence[tuple[str, ...]]:
    """One row per run, as `COLUMNS` name it."""
    return [
        (run.id, run.state.value, run.cloud, run.source, run.target, day(run.started_at), _took(run, now), run.actor)
        for run in runs
    ]


def _took(run: Run, now: datetime) -> str:
    return duration((run.ended_at or now) - run.started_at) if run.started_at else ""
