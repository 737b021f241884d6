"""Others take over what the agents of a host do, and give it back once these report again."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stairlift.model.effect import Effect
from stairlift.model.errors import StairliftError
from stairlift.strategy.before import Before
from stairlift.strategy.neutron.desk import DHCP, L3, Desk
from stairlift.strategy.neutron.moves import Moves, is_legacy, moves, unwell
from stairlift.strategy.own_job import Notes
from stairlift.strategy.patience import Pause, in_time

KIND = "network-duties"
_BETWEEN = 2.0
_SEE = "See `openstack network agent list`, and retry the step once that is mended."


@dataclass(frozen=True, slots=True)
class Shifting:
    """One job about some hosts. `within` is how many seconds Neutron and its agents have for what they are told."""

    desk: Desk
    notes: Notes
    within: float
    sleep: Callable[[float], None] = time.sleep

    def take_over(self, hosts: tuple[str, ...], effect: Effect, before: Before, *, routers: bool) -> None:
        """Give every network a second agent, check every HA router, and move what has one copy where that is wanted.

        What is about to move is on the disk before it moves. StairliftError where users would lose something.
        """
        kept = before.known(effect)
        planned = Moves.of(kept) if kept is not None else moves(self.desk, hosts, routers=routers)
        if planned.lonely:
            raise _lost(hosts, planned.lonely)
        self._routers_are_well(hosts)
        if kept is None:
            before.keep(effect, planned.document(), time.time())
        self._shift(planned)
        state = "made" if planned.networks or planned.routers else "restored"
        self.notes.effect(effect.id, state, _told(hosts, planned))  # type: ignore[arg-type]
        if not routers:
            self._tell_of_outage(hosts)

    def _shift(self, planned: Moves) -> None:
        hosts = {agent.id: agent.host for agent in self.desk.agents()}
        for network, taker in planned.networks:
            self.notes.tell("task", task=f"{hosts.get(taker, taker)} is to serve network {network}, too")
            self.desk.serve(taker, network)
        if why := self._until(lambda: self._ports_down(planned, hosts)):
            raise StairliftError(code="neutron.dhcp_not_up", brief=why, resolution=_SEE)
        for router, old, taker in planned.routers:
            self.notes.tell("task", task=f"router {router} moves to {hosts.get(taker, taker)}")
            self.desk.release(old, router)
            self.desk.host(taker, router)

    def _tell_of_outage(self, hosts: tuple[str, ...]) -> None:
        """A router with one copy goes on forwarding while its agent restarts; nobody manages it meanwhile."""
        agents = [agent for host in hosts for agent in self.desk.agents(host=host, binary=L3)]
        alone = [router.name for agent in agents for router in self.desk.routers_of(agent.id) if is_legacy(router)]
        if alone:
            names = ", ".join(alone[:5]) + (f" and {len(alone) - 5} more" if len(alone) > 5 else "")
            self.notes.say(f"{len(alone)} routers have one copy and stay: nobody manages them meanwhile ({names})")

    def give_back(self, hosts: tuple[str, ...], effect: Effect | None) -> None:
        """Once agents are alive and routers well: take the second agents off, move routers back."""
        if why := self._until(lambda: self._dead(hosts)):
            raise StairliftError(code="neutron.agents_dead", brief=why, resolution=_SEE)
        self._routers_are_well(hosts)
        if effect is not None and effect.open:
            if stays := self.undo(effect):
                self.notes.say(stays)
            else:
                self.notes.effect(effect.id, "restored", f"{', '.join(hosts)} does its duties alone again")

    def _dead(self, hosts: tuple[str, ...]) -> tuple[str, ...]:
        agents = [agent for host in hosts for agent in self.desk.agents(host=host) if agent.binary in (DHCP, L3)]
        return tuple(f"{agent.binary} on {agent.host} is not alive" for agent in agents if not agent.alive)

    def undo(self, effect: Effect) -> str:
        """As it was before; "", or what is not, since nobody else serves it. What was not written down was not done."""
        kept = Before.of(effect).known(effect)
        planned = Moves.of(kept) if kept is not None else Moves()
        for router, old, taker in planned.routers:
            self.desk.release(taker, router)
            self.desk.host(old, router)
        return self._leave_again(planned)

    def _leave_again(self, planned: Moves) -> str:
        """The second agents, but where the first is not there yet."""
        alone = []
        for network, taker in planned.networks:
            if any(agent.serves and agent.id != taker for agent in self.desk.serving(network)):
                self.desk.leave(taker, network)
            else:
                alone.append(network)
        return f"{len(alone)} networks keep their second agent, as no other serves: {alone[0]}" if alone else ""

    def _routers_are_well(self, hosts: tuple[str, ...]) -> None:
        if why := self._until(lambda: unwell(self.desk, hosts)):
            raise StairliftError(code="neutron.router_unwell", brief=why, resolution=_SEE)

    def _ports_down(self, planned: Moves, hosts: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(
            f"the DHCP port of network {network} on {hosts.get(taker, taker)} is not up"
            for network, taker in planned.networks
            if not self.desk.port_is_up(network, hosts.get(taker, ""))
        )

    def _until(self, trouble: Callable[[], tuple[str, ...]]) -> str:
        """Wait until there is none; what there is when the time is over."""
        found = in_time(self.within, lambda: self._told(trouble()), Pause(_BETWEEN, self.sleep))
        return "; ".join(found[:3]) + (f"; and {len(found) - 3} more" if len(found) > 3 else "")

    def _told(self, found: tuple[str, ...]) -> tuple[str, ...]:
        if found:
            self.notes.tell("task", task=f"waits: {found[0]}")
        return found


def _lost(hosts: tuple[str, ...], lonely: tuple[str, ...]) -> StairliftError:
    more = f", and {len(lonely) - 3} more" if len(lonely) > 3 else ""
    return StairliftError(
        code="neutron.nobody_else",
        brief=f"nobody could do what the agents of {', '.join(hosts)} do: {'; '.join(lonely[:3])}{more}",
        resolution="Start another agent in that zone, or let the step be skipped if that outage is accepted.",
    )


def _told(hosts: tuple[str, ...], planned: Moves) -> str:
    if not planned.networks and not planned.routers:
        return f"{', '.join(hosts)}: every network has a second DHCP agent already"
    done = f"{len(planned.networks)} networks have a second agent, {len(planned.routers)} routers moved"
    return f"{', '.join(hosts)}: {done}"
