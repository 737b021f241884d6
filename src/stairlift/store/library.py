"""Plans that were made and looks at clouds, in SQLite or PostgreSQL. The document of a plan is kept as a run's is."""

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, Table, Text, cast, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from stairlift.model.errors import UsageError
from stairlift.model.shelf import KeptPlan, Sighting
from stairlift.store import plans, tables
from stairlift.store.opening import transaction
from stairlift.store.plain import noun_of
from stairlift.store.rows import values_of

_kept, _sighting = tables.kept_plan, tables.sighting
#: So many looks at a cloud stay.
_LOOKS = 100


class SqlLibrary:
    """Fills ports.Library."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep_plan(self, plan: KeptPlan, document: Mapping[str, Any]) -> None:
        """See ports.Library."""
        with transaction(self._engine) as connection:
            plans.keep(connection, plan.hash, document)
            adding = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
            connection.execute(adding(_kept).values(values_of(plan)).on_conflict_do_nothing())

    def plans(self, *, cloud: str | None = None, before: str | None = None, limit: int = 100) -> tuple[KeptPlan, ...]:
        """See ports.Library."""
        with transaction(self._engine, writes=False) as connection:
            found = connection.execute(_page(connection, _kept, ("hash", "made_at"), cloud, before).limit(limit))
            return tuple(noun_of(KeptPlan, row) for row in found)

    def kept(self, plan_hash: str) -> KeptPlan:
        """See ports.Library."""
        with transaction(self._engine, writes=False) as connection:
            return _the_plan(connection, plan_hash)

    def plan(self, plan_hash: str) -> tuple[KeptPlan, Mapping[str, Any]]:
        """See ports.Library."""
        with transaction(self._engine, writes=False) as connection:
            return _the_plan(connection, plan_hash), _document(connection, plan_hash)

    def keep_sighting(self, sighting: Sighting, document: Mapping[str, Any]) -> None:
        """See ports.Library."""
        with transaction(self._engine) as connection:
            connection.execute(insert(_sighting).values({**values_of(sighting), "document": dict(document)}))
            mine = select(_sighting.c.id).where(_sighting.c.cloud == sighting.cloud)
            newest = mine.order_by(_sighting.c.at.desc(), _sighting.c.id.desc()).limit(_LOOKS)
            connection.execute(
                delete(_sighting).where(_sighting.c.cloud == sighting.cloud, _sighting.c.id.not_in(newest))
            )

    def sightings(
        self, *, cloud: str | None = None, before: str | None = None, limit: int = 100
    ) -> tuple[Sighting, ...]:
        """See ports.Library."""
        with transaction(self._engine, writes=False) as connection:
            found = connection.execute(_page(connection, _sighting, ("id", "at"), cloud, before).limit(limit))
            return tuple(noun_of(Sighting, row) for row in found)

    def sighting(self, sighting_id: str) -> tuple[Sighting, Mapping[str, Any]]:
        """See ports.Library."""
        with transaction(self._engine, writes=False) as connection:
            found = connection.execute(select(_sighting).where(_sighting.c.id == sighting_id)).first()
        if found is None:
            raise _no_sighting(sighting_id)
        return noun_of(Sighting, found), found.document


def _page(
    connection: Connection, table: Table, by: tuple[str, str], cloud: str | None, before: str | None
) -> Select[Any]:
    """The newest first, behind the marker; what has the same time is in the order of its id."""
    name, at = (table.c[column] for column in by)
    query = select(*(column for column in table.c if column.name != "document")).order_by(at.desc(), name.desc())
    if cloud is not None:
        query = query.where(table.c.cloud == cloud)
    if before is None:
        return query
    mark = _row(connection, table, name == before)
    if mark is None:
        raise _no_marker(before)
    then = mark._mapping[at.name]  # noqa: SLF001  # SQLAlchemy's own name for it
    return query.where((at < then) | ((at == then) & (name < before)))


def _row(connection: Connection, table: Table, where: ColumnElement[bool]) -> Row[Any] | None:
    """Without the document."""
    return connection.execute(select(*(c for c in table.c if c.name != "document")).where(where)).first()


def _the_plan(connection: Connection, plan_hash: str) -> KeptPlan:
    found = _row(connection, _kept, _kept.c.hash == plan_hash)
    if found is None:
        raise _no_plan(plan_hash)
    return noun_of(KeptPlan, found)


def _document(connection: Connection, plan_hash: str) -> dict[str, Any]:
    """With its steps, which are parsed in one go."""
    head = connection.execute(select(tables.plan.c.document).where(tables.plan.c.hash == plan_hash)).scalar_one()
    step = tables.plan_step
    query = select(cast(step.c.document, Text)).where(step.c.plan == plan_hash).order_by(step.c.position)
    return {**head, "steps": orjson.loads(f"[{','.join(connection.execute(query).scalars())}]")}


def _no_plan(plan_hash: str) -> UsageError:
    return UsageError(
        code="plan.unknown",
        brief=f"no plan {plan_hash!r} is kept here",
        resolution="GET /v1/plans names those that are; POST /v1/plans makes one.",
    )


def _no_sighting(sighting_id: str) -> UsageError:
    return UsageError(
        code="observation.unknown",
        brief=f"there is no look at a cloud {sighting_id!r}",
        resolution="GET /v1/observations names them; of each cloud the newest hundred stay.",
    )


def _no_marker(before: str) -> UsageError:
    return UsageError(
        code="page.unknown_marker",
        brief=f"there is nothing {before!r} behind which to go on",
        resolution="Begin again without a marker: what it named may be gone.",
    )
