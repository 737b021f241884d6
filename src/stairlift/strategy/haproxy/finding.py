"""Which servers of a load balancer are a service of a host."""

import re
import socket
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from stairlift.knowledge.proxies import binary_of_port, binary_of_proxy
from stairlift.model.errors import StairliftError
from stairlift.strategy.haproxy.balancer import Server

Part = tuple[str, str]


class Finder:
    """Finds servers by what the operator says outright, else by their section and by name or address of the host.

    `names` maps hosts to addresses or other names; `more` are further names of a host, of whoever knows a cloud.
    """

    def __init__(
        self,
        said: Mapping[str, Sequence[str]],
        names: Mapping[str, str],
        more: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        self._said = said
        self._names = names
        self._more = more or {}

    def of(self, part: Part, servers: Iterable[Server]) -> tuple[Server, ...]:
        """The servers of (binary, host), one per section. StairliftError (balancer.unknown) for none or several."""
        binary, host = part
        listed = tuple(servers)
        if said := self._said.get(f"{binary}@{host}"):
            return _named(part, said, listed)
        candidates = [server for server in listed if _program(server) == binary]
        names, addresses = self._known(host)
        found = [s for s in candidates if _is_called(s.name, names)] or [
            s for s in candidates if s.address in addresses
        ]
        if not found:
            raise _unknown(part, candidates, "none of its servers is called so, or has an address of it")
        sections = [server.section for server in found]
        if len(sections) != len(set(sections)):
            raise _unknown(part, found, "several of one section would do")
        return tuple(found)

    def _known(self, host: str) -> tuple[set[str], set[str]]:
        names = {host, *self._more.get(host, ()), *([self._names[host]] if host in self._names else [])}
        addresses = {name for name in names if _is_address(name)}
        with suppress(OSError):
            addresses |= {str(info[4][0]) for info in socket.getaddrinfo(self._names.get(host, host), None)}
        return {name for name in names if not _is_address(name)}, addresses


def _program(server: Server) -> str | None:
    return binary_of_proxy(server.section) or binary_of_port(server.port)


def _is_called(server: str, names: Iterable[str]) -> bool:
    """`ctl1`, `ctl1.example.com`, `nova-api-ctl1` and `ctl1_nova_api` are of ctl1; `ctl10` is not."""
    words = re.split(r"[^a-z0-9]+", server.casefold())
    for name in names:
        wanted = re.split(r"[^a-z0-9]+", name.partition(".")[0].casefold())
        if any(words[at : at + len(wanted)] == wanted for at in range(len(words) - len(wanted) + 1)):
            return True
    return False


def _is_address(name: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError):
            socket.inet_pton(family, name)
            return True
    return False


def _named(part: Part, said: Sequence[str], servers: Sequence[Server]) -> tuple[Server, ...]:
    found = tuple(server for server in servers if server.path in said)
    missing = sorted(set(said) - {server.path for server in found})
    if missing:
        raise _unknown(part, servers, f"there is no {', '.join(missing)}, which the option servers names")
    return found


def _unknown(part: Part, servers: Sequence[Server], why: str) -> StairliftError:
    binary, host = part
    listed = ", ".join(sorted(server.path for server in servers)[:4]) or "no section is known to be its own"
    return StairliftError(
        code="balancer.unknown",
        brief=f"which server of HAProxy is {binary} on {host} cannot be told: {why} ({listed})",
        resolution=f'Say so: servers = {{ "{binary}@{host}" = "SECTION/SERVER" }}',
    )
