"""Plans: the steps are rows of their own, so that whoever asks about a few of 40,000 does not read them all."""

from collections.abc import Collection, Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, Text, bindparam, cast, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from stairlift.store import tables
from stairlift.store.alike import sort_of
from stairlift.store.bulk import Bulk

_plan, _step = tables.plan, tables.plan_step
_COLUMNS = ("plan", "position", "id", "sort", "document")
_ADD_STEP = insert(_step).values({name: bindparam(name) for name in _COLUMNS})


def keep(connection: Connection, plan_hash: str, document: Mapping[str, Any]) -> None:
    """Put a plan on record; one that two runs share is kept once, also where they begin at the same moment."""
    steps = document.get("steps", ())
    head = {key: len(steps) if key == "steps" else value for key, value in document.items()}
    if connection.execute(_adding(connection.dialect.name, plan_hash, head)).first() is None:
        return
    rows = ((plan_hash, position, step["id"], sort_of(step), step) for position, step in enumerate(steps))
    Bulk(_ADD_STEP, _COLUMNS, connection.dialect).execute(connection, rows)


def _adding(dialect: str, plan_hash: str, head: Mapping[str, Any]) -> ReturningInsert[tuple[str]]:
    """Does nothing where it is known; a server waits until a transaction that adds it has ended."""
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return insert(_plan).values(hash=plan_hash, document=head).on_conflict_do_nothing().returning(_plan.c.hash)


def head(connection: Connection, run_id: str) -> dict[str, Any] | None:
    """The document of a run's plan with the number of its steps in their place; None where there is no such run."""
    query = select(_plan.c.document).join(tables.run).where(tables.run.c.id == run_id)
    found: dict[str, Any] | None = connection.execute(query).scalar()
    return found


def whole(connection: Connection, run_id: str) -> dict[str, Any] | None:
    """The document of a run's plan as it was given."""
    document = head(connection, run_id)
    if document and "steps" in document:
        document["steps"] = list(some(connection, run_id))
    return document


def some(connection: Connection, run_id: str, ids: Collection[str] | None = None) -> tuple[dict[str, Any], ...]:
    """The documents of a plan's steps, of all or of these, in the order of the plan; all are parsed in one go."""
    query = select(cast(_step.c.document, Text)).join(tables.run, tables.run.c.plan_hash == _step.c.plan)
    query = query.where(tables.run.c.id == run_id)
    if ids is not None:
        query = query.where(_step.c.id.in_(list(ids)))
    texts = connection.execute(query.order_by(_step.c.position)).scalars()
    return tuple(orjson.loads(f"[{','.join(texts)}]"))
