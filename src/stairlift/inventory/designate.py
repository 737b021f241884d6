"""Designate's services with their heartbeats."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from stairlift.inventory.paging import Paging, by_inner_next
from stairlift.inventory.registry import Question, Registry
from stairlift.inventory.rows import Row, required, stamp
from stairlift.model.observation import ServiceRecord, State

#: Heartbeats come every 5 seconds (`heartbeat_interval`). Nobody sets the status of a service that died: it stays UP.
_SILENT_AFTER = timedelta(seconds=60)
_STATE: Mapping[str, State] = {"UP": "up", "WARNING": "up", "DOWN": "down", "STOPPED": "down"}


def _service(row: Row, now: datetime | None) -> ServiceRecord:
    reported = stamp(row.get("heartbeated_at"))
    told = _STATE.get(row.get("status", ""), "unknown")
    late = now is not None and (reported is None or now - reported > _SILENT_AFTER)
    return ServiceRecord(
        binary=f"designate-{required(row, 'service_name').replace('_', '-')}",
        host=required(row, "hostname"),
        status="enabled",  # a service cannot be disabled
        state="down" if late and told == "up" else told,
        updated_at=reported,
    )


#: `GET /v2/service_statuses`, of which a page has 20 rows if nobody asks for more.
DESIGNATE = Registry(
    name="designate-services",
    service_type="dns",
    question=Question("/v2/service_statuses", "service_statuses", Paging(by_inner_next)),
    record=_service,
)
