"""Plans: the steps are rows of their own, so that whoever asks about a few of 40,000 does not read them all."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, insert
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
