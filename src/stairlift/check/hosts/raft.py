"""What a server of a clustered OVSDB says of its cluster (ovsdb-server(1), cluster/status), made readable."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stairlift.check.answers import Unanswered
from stairlift.check.hosts.reading import few

_SERVER = re.compile(r"^ +(?P<id>\w+) \(\w+ at (?P<address>\S+)\)(?P<rest>.*)$")
_NUMBER = {name: re.compile(rf"{name}[ =](\d+)") for name in ("match_index", "last msg")}


@dataclass(frozen=True, slots=True)
class Peer:
    """A server as another one sees it: `entries` is how far it has come, `heard` how many ms ago it said so."""

    id: str
    address: str
    itself: bool
    entries: int | None
    heard: int | None


@dataclass(frozen=True, slots=True)
class Member:
    """What a member says of its cluster (ovsdb-server(1), cluster/status). `patience` is its election timer, in ms."""

    fields: Mapping[str, str]
    peers: tuple[Peer, ...]

    @classmethod
    def of(cls, lines: Sequence[str]) -> "Member":
        """Raises Unanswered for lines that are no status."""
        fields = dict(pair for line in lines if (pair := _field(line)))
        if not {"Cluster ID", "Server ID", "Status", "Role", "Leader"} <= set(fields):
            raise Unanswered(f"it does not tell the state of its cluster: {few(lines[:1])}")
        return cls(fields, tuple(_peer(found) for line in lines if (found := _SERVER.match(line))))

    @property
    def leads(self) -> bool:
        """Whether it is the leader; it alone hears of all others."""
        return self.fields["Role"] == "leader"

    @property
    def leader(self) -> str:
        """The server that it takes for the leader, by the first digits of its id."""
        return self.id if self.fields["Leader"] == "self" else self.fields["Leader"]

    @property
    def id(self) -> str:
        """The first digits of its own, as the others call it."""
        return (self.fields["Server ID"].split() or [""])[0]

    @property
    def patience(self) -> int:
        """How long it waits for a word of the leader before it wants another one."""
        return int(self.fields.get("Election timer") or 1000)


def _field(line: str) -> tuple[str, str] | None:
    name, colon, value = line.partition(":")
    return (name.strip(), value.strip()) if colon and not line.startswith(" ") else None


def _peer(found: re.Match[str]) -> Peer:
    rest = found["rest"]
    numbers = {name: int(hit[1]) if (hit := one.search(rest)) else None for name, one in _NUMBER.items()}
    return Peer(found["id"], found["address"], "(self)" in rest, numbers["match_index"], numbers["last msg"])
