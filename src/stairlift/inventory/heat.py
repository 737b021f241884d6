"""Heat's registry: a row for every worker process of an engine, also for those that ended."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from stairlift.inventory.registry import Question, Registry
from stairlift.inventory.rows import Row, optional, required, stamp, state
from stairlift.model.observation import ServiceRecord

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def _living(rows: Iterable[Row]) -> Iterable[Row]:
    """Per host the rows of the processes that are up, and where none is the newest.

    An engine that starts writes new rows and leaves the old ones, which never come up again; they say nothing about
    the engine. A row counts as up until it is twice `report_interval` old (heat.common.service_utils).
    """
    by_host: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if not row.get("deleted_at"):
            by_host[_host(row)].append(row)
    for found in by_host.values():
        yield from [row for row in found if _up(row)] or [max(found, key=_age)]


def _up(row: Row) -> bool:
    return row.get("status") == "up"


def _age(row: Row) -> datetime:
    return _reported(row) or _LONG_AGO


def _reported(row: Row) -> datetime | None:
    """The last report; an engine that has just started has only been created."""
    return stamp(row.get("updated_at")) or stamp(row.get("created_at"))


def _host(row: Row) -> str:
    """The machine; `host` is the engine's own word for it, which several engines may share."""
    return optional(row, "hostname") or required(row, "host")


def _service(row: Row, _now: Any) -> ServiceRecord:
    return ServiceRecord(
        binary=required(row, "binary"),
        host=_host(row),
        status="enabled",  # an engine cannot be disabled
        state=state({"state": row.get("status", "")}),
        updated_at=_reported(row),
    )


#: `GET /v1/PROJECT/services`.
HEAT = Registry(
    name="heat-services",
    service_type="orchestration",
    question=Question("/services", "services"),
    record=_service,
    sifted=_living,
)
