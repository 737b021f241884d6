"""Network nodes whose duties others take over while their agents are upgraded: only for who has an entry for that."""

from collections.abc import Sequence
from dataclasses import replace

from stairlift.model.plan import Action, Binding, Step
from stairlift.plan.hop import Hop, place
from stairlift.plan.matching import Work, choose, may_fence, names_action

#: The agents that have duties which another node could take over.
AGENTS = ("neutron-dhcp-agent", "neutron-l3-agent")
_OUT = "before its agents restart, others serve its networks, and every HA router has one active copy"
_BACK = "its agents are alive and its routers well: what others took over comes back"


def looked_after(hop: Hop, steps: Sequence[Step]) -> list[Step]:
    """The steps of network nodes, with one before and one behind those of each that an entry names these actions for.

    `admin_state_up = false` would be no cordon: by default Neutron then tells an agent to tear down all it has.
    """
    units: dict[str, list[Step]] = {}
    for step in steps:
        units.setdefault(step.unit, []).append(step)
    return [step for unit in units.values() for step in _surrounded(hop, unit)]


def _surrounded(hop: Hop, unit: Sequence[Step]) -> list[Step]:
    agents = tuple(dict.fromkeys(name for step in unit for name in step.services if name in AGENTS))
    out, back = _taker(hop, unit, agents, "drain"), _taker(hop, unit, agents, "uncordon")
    found = list(unit)
    if out:
        first = _beside(hop, unit[0], agents, (out, "drain", _OUT))
        found = [first, replace(found[0], needs=(first.id,), after=()), *found[1:]]
    if back:
        last = _beside(hop, unit[-1], agents, (back, "uncordon", _BACK))
        found.append(replace(last, needs=(unit[-1].id,), after=()))
    return found


def _taker(hop: Hop, unit: Sequence[Step], agents: Sequence[str], action: Action) -> Binding | None:
    """The entry for all of these agents; one that only takes whatever comes is not asked for it."""
    hosts = {host for step in unit for host in step.hosts}
    naming = [binding for binding in hop.bindings if names_action(binding, action) and may_fence(binding, "network")]
    mine = [s for s in hop.fleet.services if s.host in hosts and s.binary in agents]
    works = (Work(s, hop.hosts[s.host], "network", action) for s in mine)
    found = {binding.id: binding for work in works if (binding := choose(work, naming))}
    return next(iter(found.values())) if len(found) == 1 else None


def _beside(hop: Hop, step: Step, agents: tuple[str, ...], what: tuple[Binding, Action, str]) -> Step:
    binding, action, reason = what
    return replace(
        step,
        id=f"{hop.target}-{action}-network@{place(step.hosts)}",
        action=action,
        project="neutron",
        services=agents,
        strategy=binding.id,
        reason=reason,
        reversibility="undo" if binding.can_undo else "parking",
    )
