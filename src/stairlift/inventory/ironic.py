"""Ironic's conductors."""

from datetime import datetime

from stairlift.inventory.microversion import Pair
from stairlift.inventory.paging import Paging, by_next
from stairlift.inventory.registry import Question, Registry
from stairlift.inventory.rows import Row, required, stamp
from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.model.observation import ServiceRecord, State

#: From here on conductors are listed (Ironic REST API history, 1.49, of Stein).
LISTED = (1, 49)
_STATE: dict[object, State] = {True: "up", False: "down"}
_QUESTION = Question(
    path="/v1/conductors?detail=true",
    key="conductors",
    paging=Paging(by_next, marker="hostname"),
    microversion="{}.{}".format(*LISTED),
)


def _ask(offered: Pair | None) -> Question:
    if offered is None or offered < LISTED:
        raise SourceTrouble(Trouble.NOT_DEPLOYED, "This Ironic cannot list its conductors: its API is older than 1.49")
    return _QUESTION


def _conductor(row: Row, _now: datetime | None) -> ServiceRecord:
    return ServiceRecord(
        binary="ironic-conductor",
        host=required(row, "hostname"),
        status="enabled",  # a conductor cannot be disabled
        state=_STATE.get(row.get("alive"), "unknown"),
        updated_at=stamp(row.get("updated_at")),
    )


#: `GET /v1/conductors`. Since its policies know scopes, Ironic may refuse even the administrator of a project.
IRONIC = Registry(
    name="ironic-conductors",
    service_type="baremetal",
    question=_QUESTION,
    record=_conductor,
    role="a reader of the system (role reader, system_scope: all), not the administrator of a project,",
    ask=_ask,
)
