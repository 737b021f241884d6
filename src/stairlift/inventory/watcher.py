"""Watcher's registry: its decision engines and appliers."""

from collections.abc import Mapping
from datetime import datetime

from stairlift.inventory.paging import Paging, by_next
from stairlift.inventory.registry import Question, Registry
from stairlift.inventory.rows import Row, required, stamp
from stairlift.model.observation import ServiceRecord, State

_STATE: Mapping[str, State] = {"ACTIVE": "up", "FAILED": "down"}


def _service(row: Row, _now: datetime | None) -> ServiceRecord:
    return ServiceRecord(
        binary=required(row, "name"),
        host=required(row, "host"),
        status="enabled",  # a service cannot be disabled
        state=_STATE.get(row.get("status", ""), "unknown"),
        updated_at=stamp(row.get("last_seen_up")),
    )


#: `GET /v1/services/detail`; the list without detail has no heartbeats.
WATCHER = Registry(
    name="watcher-services",
    service_type="resource-optimization",
    question=Question("/v1/services/detail", "services", Paging(by_next)),
    record=_service,
)
