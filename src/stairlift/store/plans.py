"""Plans: the steps are rows of their own, so that whoever asks about a few of 40,000 does not read them all."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, insert, select

from stairlift.store import tables
from stairlift.store.alike import sort_of
from stairlift.store.rows import Values

_plan, _step = tables.plan, tables.plan_step


def keep(connection: Connection, plan_hash: str, document: Mapping[str, Any]) -> None:
    """Put a plan on record; one that two runs share is kept once."""
    known = connection.execute(select(_plan.c.hash).where(_plan.c.hash == plan_hash)).first()
    if known is not None:
        return
    steps = document.get("steps", ())
    head = {key: len(steps) if key == "steps" else value for key, value in document.items()}
    connection.execute(insert(_plan).values(hash=plan_hash, document=head))
    if steps:
        connection.execute(insert(_step), list(step_rows(plan_hash, steps)))


def step_rows(plan_hash: str, steps: Iterable[Mapping[str, Any]]) -> Iterable[Values]:
    """A row for each step of a plan."""
    return (
        {"plan": plan_hash, "position": position, "id": step["id"], "sort": sort_of(step), "document": dict(step)}
        for position, step in enumerate(steps)
    )


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
    """The documents of a plan's steps, of all or of these, in the order of the plan."""
    query = select(_step.c.document).join(tables.run, tables.run.c.plan_hash == _step.c.plan)
    query = query.where(tables.run.c.id == run_id)
    if ids is not None:
        query = query.where(_step.c.id.in_(list(ids)))
    return tuple(connection.execute(query.order_by(_step.c.position)).scalars())
