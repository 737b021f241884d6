"""How long attempts took before: the newest of those that ended well, of the same sort, in the runs of one cloud."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from stairlift.store import tables

_run, _attempt, _step = tables.run, tables.attempt, tables.plan_step
#: So many runs before a run tell how long its steps may take.
_RUNS = 5


def took(connection: Connection, run_id: str, step: str, most: int) -> tuple[timedelta, ...]:
    """The newest first: of the run itself those before the step, then those of earlier runs, `most` in all.

    From the step backwards nearly everything is done, so that hardly more rows are looked at than are given.
    """
    query = select(_run.c.cloud, _run.c.created_at, _step.c.plan, _step.c.sort, _step.c.position)
    query = query.join(_step, _step.c.plan == _run.c.plan_hash).where(_run.c.id == run_id, _step.c.id == step)
    mine = connection.execute(query).first()
    if mine is None:
        return ()
    found: list[timedelta] = []
    for run in _with_earlier(connection, run_id, mine):
        before = mine.position if run == run_id else None
        found += _of(connection, run, mine.sort, before, most - len(found))
        if len(found) >= most:
            break
    return tuple(found)


def _with_earlier(connection: Connection, run_id: str, mine: Row[Any, Any, Any, Any, Any]) -> Iterator[str]:
    yield run_id
    earlier = select(_run.c.id).where(_run.c.cloud == mine.cloud, _run.c.created_at < mine.created_at)
    yield from connection.execute(earlier.order_by(_run.c.created_at.desc()).limit(_RUNS)).scalars().all()


def _of(connection: Connection, run_id: str, sort: str, before: int | None, most: int) -> list[timedelta]:
    query = (
        select(_attempt.c.started_at, _attempt.c.ended_at)
        .select_from(_run)
        .join(_step, _step.c.plan == _run.c.plan_hash)
        .join(_attempt, (_attempt.c.run == _run.c.id) & (_attempt.c.step == _step.c.id))
        .where(_run.c.id == run_id, _step.c.sort == sort, _attempt.c.result == "done", _attempt.c.undo.is_(False))
        .order_by(_step.c.position.desc())
        .limit(most)
    )
    if before is not None:
        query = query.where(_step.c.position < before)
    return [row.ended_at - row.started_at for row in connection.execute(query)]
