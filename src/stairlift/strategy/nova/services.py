"""Nova's records of its computes, and whether it may choose them for new servers."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from stairlift.model.errors import SourceTrouble, StairliftError, Trouble
from stairlift.openstack.microversion import highest
from stairlift.ports import CloudClient

#: From here on a service is changed by its UUID (Nova REST API history, 2.53).
_BY_UUID = (2, 53)
_BINARY = "nova-compute"

Row = Mapping[str, Any]


class ComputeServices:
    """The nova-computes of a cloud. Methods raise SourceTrouble, and StairliftError for a host that has none."""

    def __init__(self, client: CloudClient) -> None:
        self._client = client
        offered = highest(client.versions("compute").documents["versions"])
        self._modern = offered is not None and offered >= _BY_UUID
        self.now: datetime | None = None

    def of(self, host: str) -> Row:
        """The record of a host's nova-compute, whichever of its names Nova has; `now` is then the cloud's time."""
        answer = self._client.get("compute", f"/os-services?binary={_BINARY}", self._version)
        self.now = answer.cloud_time
        rows = answer.documents["body"]
        listed = rows.get("services") if isinstance(rows, dict) else None
        if not isinstance(listed, list):
            raise SourceTrouble(Trouble.MALFORMED, "nova's list of services makes no sense")
        return _only(host, [row for row in listed if isinstance(row, dict) and row.get("host")])

    def disable(self, row: Row, reason: str) -> None:
        """Keep new servers off; those that are there are not touched."""
        if self._modern:
            self._put(str(row["id"]), {"status": "disabled", "disabled_reason": reason})
        else:
            self._put("disable-log-reason", {**_named(row), "disabled_reason": reason})

    def enable(self, row: Row) -> None:
        """Let it have new servers."""
        if self._modern:
            self._put(str(row["id"]), {"status": "enabled"})
        else:
            self._put("enable", _named(row))

    def age(self, row: Row) -> float | None:
        """For how many seconds it has said nothing, on the cloud's clock; None where that cannot be known."""
        try:
            said = datetime.fromisoformat(str(row.get("updated_at"))).replace(tzinfo=UTC)
        except ValueError:
            return None
        return (self.now - said).total_seconds() if self.now else None

    @property
    def _version(self) -> str | None:
        return "{}.{}".format(*_BY_UUID) if self._modern else None

    def _put(self, what: str, body: Mapping[str, str]) -> None:
        self._client.send("PUT", "compute", f"/os-services/{what}", body, self._version)


def disabled(row: Row) -> bool:
    """Whether it gets no new servers."""
    return row.get("status") == "disabled"


def reason(row: Row) -> str:
    """What whoever disabled it said."""
    return str(row.get("disabled_reason") or "")


def _named(row: Row) -> dict[str, str]:
    return {"host": str(row["host"]), "binary": _BINARY}


def _only(host: str, rows: Iterable[Row]) -> Row:
    """Its record by name, else by the one record whose name begins alike."""
    listed = list(rows)
    found = [row for row in listed if row["host"] == host] or [row for row in listed if _short(row) == _first(host)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(sorted(str(row["host"]) for row in found))
    told = f"it has several: {names}" if found else "Nova lists none"
    raise StairliftError(
        code="nova.no_service",
        brief=f"which nova-compute is that of {host} cannot be told: {told}",
        resolution="See `openstack compute service list`, and delete the records of what is gone.",
    )


def _short(row: Row) -> str:
    return _first(str(row["host"]))


def _first(name: str) -> str:
    return name.partition(".")[0]
