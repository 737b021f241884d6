"""Where a server goes, from what placement says at that moment: to upgraded hosts by preference."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from stairlift.model.errors import SourceTrouble
from stairlift.model.workload import ComputeHost, Server, ServerGroup, Workload
from stairlift.plan.draining.places import Place, kept_away, places
from stairlift.strategy.nova.desk import Desk

_APART = "anti-affinity"
_NO_NEW = "its host is upgraded already, and no other that is can be named"


@dataclass(frozen=True, slots=True)
class Choice:
    """The host that a server is sent to; None leaves it to Nova's scheduler. Or why no host takes it."""

    host: str | None = None
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Chooser:
    """Chooses for one drain. `new` are hosts that run the target already: who is there moves to no other host."""

    desk: Desk
    source: str
    new: Collection[str]

    def choose(self, server: Server, tried: Collection[str], group: ServerGroup | None) -> Choice:
        """The best host but for those that were `tried` in vain.

        Where placement cannot be asked, any upgraded host is tried once, then Nova's scheduler chooses. From a host
        that is upgraded itself nobody goes back to an old one, where its machine type may be unknown.
        """
        try:
            found = [place for place in self._open_to(server, group) if not self._leads_back(place.host)]
        except SourceTrouble:
            host = None if tried else self._any_new(server)
            return Choice(why_not=_NO_NEW) if host is None and self._leads_back("") else Choice(host)
        if not found:
            return Choice(why_not="no host has the room that it needs and may take it")
        left = [place for place in found if place.host not in tried]
        if not left:
            return Choice(why_not=f"it was tried on {', '.join(sorted(tried))}, and no other host takes it")
        return Choice(min(left, key=self._rank).host)

    def _leads_back(self, host: str) -> bool:
        return self.source in self.new and host not in self.new

    def _any_new(self, server: Server) -> str | None:
        """An upgraded host of the server's zone; nobody knows whether it has the room, and Nova checks it."""
        zones = {server.zone if server.pinned == "" else server.pinned, None}
        others = {*self.new} - {self.source}
        ready = (one for one in self.desk.computes() if one.enabled and one.up and one.name in others)
        return next((one.name for one in ready if one.zone in zones or zones == {None}), None)

    def _rank(self, place: Place) -> tuple[bool, int, str]:
        return place.host not in self.new, place.free.get("MEMORY_MB", 0), place.host

    def _open_to(self, server: Server, group: ServerGroup | None) -> list[Place]:
        room = self.desk.candidates(server.id)
        computes = self.desk.computes()
        known = {provider.name for provider in room}
        there = tuple(one for one in computes if one.node in known and one.name != self.source)
        found = places(Workload(computes=there, providers=room, aggregates=self.desk.aggregates()))
        full = self._taken(group, server) if group and group.policy == _APART else frozenset()
        roomy = replace(server, vcpus=0, ram=0, disk=0, specs=_rules_only(server))  # its room is known to be there
        return [place for place in found.values() if place.host not in full and not kept_away(roomy, place)]

    def _taken(self, group: ServerGroup, server: Server) -> frozenset[str]:
        """The hosts that have as many of its group as may be there."""
        others = [self.desk.server(member) for member in group.members if member != server.id]
        hosts = [other.host for other in others if other and other.host]
        return frozenset(host for host in hosts if hosts.count(host) >= group.most)


def _rules_only(server: Server) -> tuple[tuple[str, str], ...]:
    return tuple((key, value) for key, value in server.specs if not key.startswith("resources"))


def own_name(names: Sequence[str], computes: Sequence[ComputeHost]) -> ComputeHost | None:
    """The nova-compute that goes by one of these names, its own or its hypervisor's; else the only one called alike."""
    alike = [one for one in computes if {_first(one.name), _first(one.node)} & set(map(_first, names))]
    exact = (one for one in computes if one.name in names or one.node in names)
    return next(exact, alike[0] if len(alike) == 1 else None)


def _first(name: str) -> str:
    return name.partition(".")[0]
