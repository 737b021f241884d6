"""A load balancer as its runtime API shows it: servers, what they are told to be, and what they are."""

import csv
from dataclasses import dataclass
from io import StringIO
from typing import Literal

from stairlift.model.errors import SourceTrouble, StairliftError, Trouble
from stairlift.strategy.haproxy.places import Door

Told = Literal["ready", "drain", "maint"]
#: Bits of srv_admin_state (HAProxy management guide, "show servers state"): by command, by the configuration, or
#: because the server that it follows is.
_MAINT, _DRAIN = 0x01 | 0x02 | 0x04 | 0x20, 0x08 | 0x10
_CHECK_CONFIGURED = 0x02  # of srv_check_state
_SERVER = "2"  # column `type` (HAProxy management guide, 9.1)


@dataclass(frozen=True, slots=True)
class Server:
    """A server of a section. `told` is what it is meant to be, `status` what HAProxy says of it ("UP", "no check").

    `sessions` are the requests under way; `checks` whether HAProxy looks at it by itself, `checked` what it found last,
    "" before its first look: until then a server that comes back counts as well.
    """

    section: str
    name: str
    address: str
    port: int
    told: Told
    status: str
    sessions: int
    checks: bool
    checked: str

    @property
    def path(self) -> str:
        """As commands name it."""
        return f"{self.section}/{self.name}"

    @property
    def up(self) -> bool:
        """Whether it is well as far as HAProxy knows, and may have requests."""
        return self.told == "ready" and self.well

    @property
    def well(self) -> bool:
        """Whether HAProxy's own checks find nothing against it, told to be out or not."""
        seen = not self.checks or bool(self.checked)
        return seen and (self.status.startswith(("UP", "DRAIN")) or self.status == "no check")


class Balancer:
    """One HAProxy. All methods raise SourceTrouble where it does not answer."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self.place = door.place.text

    def servers(self) -> tuple[Server, ...]:
        """All servers of all sections, as they are now."""
        told = _states(self._door.ask("show servers state"))
        rows = _rows(self._door.ask("show stat"))
        return tuple(_server(row, told[key]) for row in rows if (key := (row["pxname"], row["svname"])) in told)

    def tell(self, server: Server, state: Told) -> None:
        """Set what a server is meant to be; StairliftError (balancer.refused) where that is not allowed."""
        said = self._door.ask(f"set server {server.path} state {state}").strip()
        if said:
            raise StairliftError(
                code="balancer.refused",
                brief=f"HAProxy at {self.place} does not set {server.path} to {state}: {said}",
                resolution="The socket needs `level admin` (stats socket PATH level admin).",
            )


def _server(row: dict[str, str], state: dict[str, str]) -> Server:
    admin = int(state["srv_admin_state"])
    return Server(
        section=row["pxname"],
        name=row["svname"],
        address=state.get("srv_addr", ""),
        port=int(state.get("srv_port") or 0),
        told="maint" if admin & _MAINT else "drain" if admin & _DRAIN else "ready",
        status=row["status"],
        sessions=int(row.get("scur") or 0) + int(row.get("qcur") or 0),
        checks=bool(int(state.get("srv_check_state") or 0) & _CHECK_CONFIGURED),
        checked=row.get("check_status", ""),
    )


def _states(text: str) -> dict[tuple[str, str], dict[str, str]]:
    """`show servers state`: a version, a line of names behind #, and a line for each server."""
    lines = [line for line in text.splitlines() if line.strip()]
    names = next((line.lstrip("# ").split() for line in lines if line.startswith("#")), [])
    if not {"be_name", "srv_name", "srv_admin_state"} <= set(names):
        said = " ".join(text.split())[:120]
        raise SourceTrouble(Trouble.MALFORMED, f"`show servers state` gave no list of servers: {said or 'nothing'}")
    rows = [dict(zip(names, line.split(), strict=False)) for line in lines[1:] if not line.startswith("#")]
    return {(row["be_name"], row["srv_name"]): row for row in rows if "srv_admin_state" in row}


def _rows(text: str) -> list[dict[str, str]]:
    header, _, rest = text.lstrip().removeprefix("# ").partition("\n")
    columns = header.strip().split(",")
    if not {"pxname", "svname", "status", "scur"} <= set(columns):
        raise SourceTrouble(Trouble.MALFORMED, "`show stat` gave no statistics")
    rows = csv.DictReader(StringIO(rest), fieldnames=columns)
    return [{k: v for k, v in row.items() if k and v} for row in rows if row.get("type", _SERVER) == _SERVER]
