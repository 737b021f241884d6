"""How a server leaves its host: live, cold, stopped in its place, not at all; and why."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from stairlift.knowledge.draining import How, Obstacle, draining, in_the_way
from stairlift.model.policy import Drain
from stairlift.model.workload import WISH_KEY, Server, ServerGroup, ServerPort

#: "live" and "cold" move it. "stop" stops it where it is, "skip" leaves it there, "wait" leaves it to others to take
#: it away. "none": it would have to go, and cannot.
Leaving = Literal["live", "cold", "stop", "skip", "wait", "none"]

#: In the order in which a policy would rather have a server moved.
_PREFERRED: dict[Drain, tuple[How, ...]] = {"live-migrate": ("live",), "cold": ("cold", "live")}


@dataclass(frozen=True, slots=True)
class Way:
    """How one server leaves, and why so. `care` is what may be felt or go wrong on the way."""

    how: Leaving
    why: str = ""
    care: tuple[Obstacle, ...] = ()

    @property
    def moves(self) -> bool:
        """Whether it needs room on another host."""
        return self.how in ("live", "cold")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What else there is to know of a server: its ports that are no plain cables, its group, its hypervisor's kind."""

    ports: Sequence[ServerPort] = ()
    group: ServerGroup | None = None
    kind: str = ""


def way(server: Server, policy: Drain, around: Surroundings = Surroundings()) -> Way:
    """How a server leaves its host under this policy.

    What its owner says comes first: nobody touches who wants to be left alone, nor what is locked.
    """
    said = server.wish
    if said in ("skip", "wait") or policy == "wait-empty":
        return _left_to_others(server)
    if said == "stop":
        return _stopped(server)
    if server.locked:
        return Way("none", "it is locked: somebody does not want it touched")
    return next((found for rule in _RULES if (found := rule(server, around))), None) or _moved(server, policy, around)


def _left_to_others(server: Server) -> Way:
    if server.wish == "skip":
        return Way("skip", f"{WISH_KEY}=skip is set on it")
    return Way("wait", f"{WISH_KEY}=wait is set on it" if server.wish == "wait" else "the policy is wait-empty")


def _stopped(server: Server) -> Way:
    if server.vm_state == "stopped":
        return Way("skip", f"{WISH_KEY}=stop is set on it, and it is stopped")
    if server.vm_state == "active":
        return Way("stop", f"{WISH_KEY}=stop is set on it")
    return Way("none", f"{WISH_KEY}=stop is set on it, and what is {server.vm_state} cannot be stopped")


def _of_its_own(_server: Server, around: Surroundings) -> Way | None:
    why = draining().hypervisors.get(around.kind)
    return Way("none", why) if why else None


def _kept_together(_server: Server, around: Surroundings) -> Way | None:
    """Nova would put it where the rest of its group is: on the host that it is to leave (affinity filter)."""
    group = around.group
    if group is None or group.policy != "affinity" or len(group.members) < 2:
        return None
    return Way("none", f"its group keeps {len(group.members)} servers on one host (affinity)")


def _state(server: Server, _around: Surroundings) -> Way | None:
    if server.vm_state in draining().states:
        return None
    return Way("none", f"Nova moves no server that is {server.vm_state}")


_RULES: tuple[Callable[[Server, Surroundings], Way | None], ...] = (_of_its_own, _kept_together, _state)


def _moved(server: Server, policy: Drain, around: Surroundings) -> Way:
    barred: list[str] = []
    for how in _tried(server, policy):
        found = in_the_way(server, how, around.ports)
        refused = next((one for one in found if one.bars(how) == "never"), None)
        if refused is None:
            return Way(how, care=found)
        barred.append(refused.why)
    return Way("none", barred[0] if barred else _no_way(server, policy))


def _no_way(server: Server, policy: Drain) -> str:
    return f"a server that is {server.vm_state} cannot be moved under drain = {policy}"


def _tried(server: Server, policy: Drain) -> Iterator[How]:
    """Whoever is stopped is moved cold, whatever the policy prefers: nobody feels it."""
    able = draining().states[server.vm_state]
    cold_too: tuple[How, ...] = ("cold",) if server.wish == "cold" or server.vm_state == "stopped" else ()
    for how in dict.fromkeys((*_first(server), *_PREFERRED.get(policy, ()), *cold_too)):
        if how in able:
            yield how


def _first(server: Server) -> tuple[How, ...]:
    return ("cold",) if server.wish == "cold" else ()
