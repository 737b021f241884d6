"""The servers behind an HAProxy: where the APIs run, which register nowhere else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from stairlift.inventory.context import SourceContext
from stairlift.inventory.haproxy_stats import Stats, checked, local, over_http, over_ssh, servers
from stairlift.inventory.haproxy_versions import Ask, ask_all, version_document
from stairlift.inventory.rows import Row, listed, records, required, sensible
from stairlift.inventory.version_documents import WITHOUT_DOCUMENT, newest
from stairlift.knowledge.binaries import binary
from stairlift.knowledge.proxies import binary_of_port, binary_of_proxy
from stairlift.knowledge.service_types import all_service_types
from stairlift.model.errors import SourceTrouble, Trouble, UsageError
from stairlift.model.observation import ApiVersion, BackendRecord, Fact, State, Status
from stairlift.openstack.endpoints import host_and_port
from stairlift.ports import Answer

_OPTION = "?versions="


@dataclass(frozen=True, slots=True)
class Where:
    """What is behind `haproxy:`."""

    place: str
    versions: bool = True

    @classmethod
    def of(cls, argument: str) -> "Where":
        """Read `PATH`, `ssh://...` or `http(s)://...`, with `?versions=no` behind it. UsageError."""
        place, mark, wanted = argument.partition(_OPTION)
        if not place or (mark and wanted not in ("yes", "no")):
            raise UsageError(
                code="usage.haproxy-spec",
                brief=f"haproxy:{argument} is not understood.",
                resolution="Give haproxy:PATH, or haproxy:PATH?versions=no to ask no backend for its version.",
            )
        return cls(place, versions=wanted != "no")

    @property
    def elsewhere(self) -> bool:
        """Whether it runs on another machine, so that an address of its loopback is not one of ours."""
        host = urlsplit(self.place).hostname if "://" in self.place else "localhost"
        return host not in ("localhost", "127.0.0.1", "::1")


class HAProxyInventory:
    """The servers of an HAProxy, and what each server of an API answers by its own address.

    `stats` gives HAProxy's statistics; `ask` is None where backends are not to be contacted. No other addresses than
    those of the statistics are, and no credentials are sent.
    """

    def __init__(self, where: Where, stats: Stats, ask: Ask | None = version_document) -> None:
        self.name = f"haproxy:{where.place}"
        self._where = where
        self._stats = stats
        self._ask = ask if where.versions else None

    @classmethod
    def from_spec(cls, argument: str, context: SourceContext) -> "HAProxyInventory":
        """Built from `haproxy:PATH`. UsageError where there is no such file, or the address is none."""
        where = Where.of(argument)
        if where.place.startswith("ssh://"):
            return cls(where, over_ssh(checked(where.place), context.remote))
        if where.place.startswith(("http://", "https://")):
            return cls(where, over_http(checked(where.place)))
        path = Path(where.place)
        if context.live and not path.exists():
            raise UsageError(
                code="usage.haproxy-path",
                brief=f"There is no {path}.",
                resolution="Give the path of HAProxy's stats socket, or of a file with what `show stat` printed.",
            )
        return cls(where, local(path))

    def fetch(self) -> Answer:
        rows = servers(self._stats())
        with sensible(self.name):
            found = [_backend(row) for row in rows]
        asked = {(one.address, one.port) for one in found if one.port and one.address and self._may_ask(one)}
        versions = ask_all(((a, p) for a, p in asked if p), self._ask) if self._ask else {}
        return Answer({"servers": rows, "versions": versions})

    def _may_ask(self, backend: BackendRecord) -> bool:
        mine = self._where.elsewhere and ip_address(backend.address).is_loopback
        return _service_type(backend.binary) is not None and not mine

    def read(self, answer: Answer) -> tuple[Fact, ...]:
        with sensible(self.name):
            backends = records(_backend, listed(answer.documents, "servers"))
            versions = answer.documents["versions"]
            told = dict.fromkeys(version for one in backends for version in _version(one, versions))
        if not backends:
            raise SourceTrouble(Trouble.EMPTY, f"HAProxy at {self._where.place} has no server behind it")
        return (*backends, *told)


def _backend(row: Row) -> BackendRecord:
    proxy, status = required(row, "pxname"), required(row, "status")
    address, port = _address(str(row.get("addr") or ""))
    named = binary_of_proxy(proxy)
    guessed = binary_of_port(port) if named is None and port and row.get("mode") == "http" else None
    return BackendRecord(
        proxy=proxy,
        server=required(row, "svname"),
        address=address,
        binary=named or guessed,
        state=_state(status, str(row.get("check_status") or "")),
        status=_status(status),
        port=port,
        by_port=guessed is not None,
    )


def _address(text: str) -> tuple[str, int | None]:
    """`10.0.0.1:80` and `[fd00::1]:80` as they are meant; ("", None) for a socket, and where HAProxy tells none."""
    host, _, port = text.rpartition(":")
    try:
        return str(ip_address(host.strip("[]"))), int(port)
    except ValueError:
        return "", None


def _state(status: str, check: str) -> State:
    """Up or down as the check has it; a server in maintenance, or one that is not checked, is neither."""
    word = status.partition(" ")[0]
    if word in ("UP", "NOLB"):
        return "up"
    if word == "DRAIN":
        return "up" if check.endswith("OK") else "unknown"
    return "down" if word == "DOWN" else "unknown"


def _status(status: str) -> Status:
    return "disabled" if status.partition(" ")[0] in ("MAINT", "DRAIN") else "enabled"


def _version(backend: BackendRecord, versions: Mapping[str, Row]) -> Iterator[ApiVersion]:
    """The version of a server, where it told one."""
    kind, answer = _service_type(backend.binary), versions.get(host_and_port(backend.address, backend.port))
    if kind and answer and "entries" in answer:
        yield from newest(kind, listed(answer, "entries"), (backend.server, required(answer, "url")))


@cache
def _service_type(name: str | None) -> str | None:
    """The service of the catalog that a program answers for; None where it has no version document at its root."""
    known = binary(name) if name else None
    if known is None or known.kind != "api":
        return None
    found = (one.name for one in all_service_types() if known.name in one.apis)
    return next((kind for kind in found if kind not in WITHOUT_DOCUMENT), None)
