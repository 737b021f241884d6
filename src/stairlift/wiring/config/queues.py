"""The `[[queue]]` tables of stairlift.toml: which steps the workers of a queue carry out."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stairlift.model.errors import UsageError
from stairlift.model.plan import Plan, Queue
from stairlift.wiring.config.matching import read_match
from stairlift.wiring.config.toml import demand_known, invalid, places_of

#: The name of a queue is typed, stands in a database, and may name files of its workers.
QUEUE_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,39}", re.ASCII)


def read_queues(file: Path, tables: Any) -> tuple[Queue, ...]:
    """Every queue, in the order in which they are asked: the first that matches counts.

    Several tables may have one name. UsageError (config.invalid) names the file and the table that is wrong.
    """
    if not isinstance(tables, list) or not all(isinstance(table, Mapping) for table in tables):
        raise invalid(file, "queues are written [[queue]], in double brackets")
    places = places_of(file, "queue", len(tables))
    return tuple(_queue(place, table) for place, table in zip(places, tables, strict=True))


def _queue(place: str, table: Mapping[str, Any]) -> Queue:
    from stairlift.plan.matching import QUEUE_KEYS  # keeps the planner out of `stairlift --help`

    demand_known(place, table, ("name", "match"), "keys")
    name = table.get("name")
    if not isinstance(name, str) or not QUEUE_NAME.fullmatch(name):
        raise invalid(place, 'needs name = "...": up to 40 letters, digits, dots, dashes and underscores')
    if "match" not in table:
        raise invalid(place, 'needs match = { ... }, such as { zone = "az1" }; {} matches all')
    return Queue(name, read_match(place, table["match"], QUEUE_KEYS))


def demand_workers(plan: Plan, database_url: str) -> None:
    """Raise UsageError (queue.no_workers) for a plan with queues where the journal is a file, which no worker reads."""
    queues = sorted({step.queue for step in plan.steps if step.queue})
    if queues and database_url.startswith("sqlite"):
        raise UsageError(
            code="queue.no_workers",
            brief=f"the plan has steps for workers of the queue {', '.join(queues)}, and the journal is in SQLite",
            details="workers take their work from the journal's database, so it must be one that they reach",
            resolution="set STAIRLIFT_DATABASE_URL to a PostgreSQL database, or plan without [[queue]]",
        )
