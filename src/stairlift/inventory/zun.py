"""Zun's registry of its compute agents."""

from datetime import datetime

from stairlift.inventory.registry import Question, Registry
from stairlift.inventory.rows import Row, optional, required, stamp, state
from stairlift.model.observation import ServiceRecord


def _service(row: Row, _now: datetime | None) -> ServiceRecord:
    return ServiceRecord(
        binary=required(row, "binary"),
        host=required(row, "host"),
        status="disabled" if row.get("disabled") is True else "enabled",
        state=state(row),
        updated_at=stamp(row.get("last_seen_up")),
        zone=optional(row, "availability_zone"),
        forced_down=row.get("forced_down") is True,
        disabled_reason=optional(row, "disabled_reason"),
    )


#: `GET /v1/services`.
ZUN = Registry(
    name="zun-services",
    service_type="application-container",
    question=Question("/v1/services", "services"),
    record=_service,
)
