"""Magnum's registry of its conductors."""

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
        updated_at=stamp(row.get("updated_at")),
        disabled_reason=optional(row, "disabled_reason"),
    )


#: `GET /v1/mservices`.
MAGNUM = Registry(
    name="magnum-services",
    service_type="container-infrastructure-management",
    question=Question("/v1/mservices", "mservices"),
    record=_service,
)
