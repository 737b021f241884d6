"""What is done around the upgrade of a host: out of use first, emptied if the policy says so, and into use again.

The steps of a unit become cordon -> drain -> upgrade... -> uncordon. They share its places, so that a host counts as
out from the first to the last, and whatever waited for its upgrade waits until it is in use again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from stairlift.knowledge.proxies import stands_behind_proxies
from stairlift.model.cloud import Service
from stairlift.model.finding import Finding
from stairlift.model.plan import Action, Binding, Stage, Step
from stairlift.model.policy import Policy
from stairlift.plan.fleet import named
from stairlift.plan.hop import Gate, Hop
from stairlift.plan.matching import Work, choose, may_fence, names_action

_HYPERVISOR = "nova-compute"
#: The strategy that takes APIs out of load balancers. A drain of any other kind is not about users' requests.
_BALANCER = "haproxy"

#: Steps of the control plane that restart what takes requests.
_RESTARTS: frozenset[tuple[Stage, Action]] = frozenset({("control", "upgrade"), ("finish", "unpin")})
_OF_HYPERVISORS: Mapping[Action, str] = {
    "cordon": "no new servers on it while its services restart",
    "uncordon": "it gets servers again, once its nova-compute is up and reports",
}
_OF_APIS: Mapping[Action, str] = {
    "drain": "out of the load balancer first, so that no request comes to it while it restarts",
    "uncordon": "into the load balancer again, once it answers with the code of {target}",
}
_DRAINS: Mapping[str, str] = {
    "live-migrate": "its servers move to other hosts while they run, to upgraded ones by preference",
    "cold": "its servers are stopped, moved to other hosts and started there",
    "wait-empty": "it waits until the owners of its servers have removed them",
}


def wanted_by(policy: Policy) -> frozenset[Action]:
    """What the policy wants around the upgrade of a hypervisor; a drain begins with a cordon."""
    if policy.drain != "never":
        return frozenset(("cordon", "drain", "uncordon"))
    return frozenset(("cordon", "uncordon")) if policy.cordon else frozenset()


@dataclass(frozen=True, slots=True)
class _Fence:
    """A step before a unit's own, or behind them: on which services, by which strategy."""

    action: Action
    services: tuple[Service, ...]
    binding: Binding | None


def fenced(hop: Hop, steps: Sequence[Step], gate: Gate) -> tuple[list[Step], Gate]:
    """The steps of a hop with what is done around its units; `gate` is behind the last of them."""
    made: list[Step] = []
    behind: dict[str, str] = {}
    for unit in _units(steps):
        before, after = _around(hop, unit)
        wrapped = _wrapped(unit, before, after, hop)
        if after:
            behind[unit[-1].id] = wrapped[-1].id
        made += wrapped
    return [_waiting(step, behind) for step in made], Gate(_renamed(gate.needs, behind), _renamed(gate.after, behind))


def about_unfenced(hop: Hop, steps: Iterable[Step]) -> list[Finding]:
    """The hypervisors that the policy wants fenced, and that a step of another kind restarts with all their node."""
    if not hop.fences:
        return []
    mine = [s for s in steps if s.target == hop.target and s.stage != "compute" and s.action == "upgrade"]
    bare = [s for s in mine if _HYPERVISOR in s.services]
    if not bare:
        return []
    hosts = list(dict.fromkeys(host for s in bare for host in s.hosts))
    message = (
        f"nova-compute of {named(hosts)} restarts with the whole node ({bare[0].id}), where neither cordon nor drain "
        f"of the policy is made"
    )
    resolution = (
        'an entry of its own for them, match = { service = "nova-compute", stage = "compute" }, or disable and drain '
        "these hosts by hand before that step"
    )
    return [Finding("plan.unfenced", "warning", hosts[0], message, resolution)]


def _units(steps: Iterable[Step]) -> list[list[Step]]:
    """Steps that follow each other and share a unit."""
    found: list[list[Step]] = []
    for step in steps:
        if found and step.unit and found[-1][-1].unit == step.unit:
            found[-1].append(step)
        else:
            found.append([step])
    return found


def _around(hop: Hop, unit: Sequence[Step]) -> tuple[list[_Fence], list[_Fence]]:
    """What comes before the steps of a unit, and what behind them."""
    first, services = unit[0], _services(hop, unit)
    if first.stage == "compute" and first.action == "upgrade":
        mine = tuple(s for s in services if s.binary == _HYPERVISOR)
        before = [_fence(hop, unit, action, mine) for action in ("cordon", "drain") if action in hop.fences and mine]
        return _unless_settled(hop, unit, before, mine)
    if (first.stage, first.action) in _RESTARTS and len(first.hosts) == 1:
        mine = tuple(s for s in services if stands_behind_proxies(s.binary) and _chosen(hop, s, first.stage, "drain"))
        return _unless_settled(hop, unit, [_fence(hop, unit, "drain", mine)] if mine else [], mine)
    return [], []


def _unless_settled(
    hop: Hop, unit: Sequence[Step], before: list[_Fence], mine: tuple[Service, ...]
) -> tuple[list[_Fence], list[_Fence]]:
    """A host that an earlier run has upgraded needs no more than what that run has begun: nobody empties a new host."""
    stage = unit[0].stage
    done = all(hop.settled(stage, step.action, _services(hop, [step])) for step in unit)
    made = [fence for fence in before if not done or hop.settled(stage, fence.action, mine)]
    return made, [_fence(hop, unit, "uncordon", mine)] if made else []


def _services(hop: Hop, unit: Iterable[Step]) -> list[Service]:
    """The services that the steps of a unit are about."""
    parts = {(name, host) for step in unit for host in step.hosts for name in step.services}
    return [s for s in hop.fleet.services if (s.binary, s.host) in parts]


def _fence(hop: Hop, unit: Sequence[Step], action: Action, services: tuple[Service, ...]) -> _Fence:
    return _Fence(action, services, _chosen(hop, services[0], unit[0].stage, action))


def _chosen(hop: Hop, service: Service, stage: Stage, action: Action) -> Binding | None:
    """The first entry that names the action; one that takes everything is not asked for it.

    What takes requests away is a load balancer's; of hypervisors, whatever may fence them.
    """
    naming = [b for b in hop.bindings if names_action(b, action) and may_fence(b, stage)]
    if stage != "compute":
        naming = [b for b in naming if b.use == _BALANCER]
    return choose(Work(service, hop.hosts[service.host], stage, action), naming)


def _wrapped(unit: Sequence[Step], before: Sequence[_Fence], after: Sequence[_Fence], hop: Hop) -> list[Step]:
    """All steps of a unit, one behind the other."""
    if not before and not after:
        return list(unit)
    first = unit[0]
    made: list[Step] = []
    for fence in before:
        gate = Gate((made[-1].id,)) if made else Gate(first.needs, first.after)
        made.append(_step(unit, fence, gate, hop))
    made += [replace(first, needs=(made[-1].id,), after=()) if made else first, *unit[1:]]
    for fence in after:
        made.append(_step(unit, fence, Gate((made[-1].id,)), hop))
    return made


def _step(unit: Sequence[Step], fence: _Fence, gate: Gate, hop: Hop) -> Step:
    first, binding = unit[0], fence.binding
    projects = {service.project for service in fence.services}
    return replace(
        first,
        id=_id(first, fence.action),
        action=fence.action,
        project=projects.pop() if len(projects) == 1 else None,
        services=tuple(dict.fromkeys(s.binary for s in hop.ranks.control(fence.services))),
        strategy=binding.id if binding else None,
        needs=gate.needs,
        after=gate.after,
        reason=_reason(first, fence, binding),
        reversibility="undo" if binding and binding.can_undo else "parking",
    )


def _id(first: Step, action: Action) -> str:
    """As the unit is called, with the action before its hosts."""
    what, at, place = first.unit.rpartition("@")
    return f"{what}-{action}{at}{place}"


def _reason(first: Step, fence: _Fence, binding: Binding | None) -> str:
    if first.stage != "compute":
        return _OF_APIS[fence.action].format(target=first.target)
    if fence.action == "drain":
        policy = str(binding.options.get("drain", "")) if binding else ""
        return _DRAINS.get(policy, "its servers go elsewhere before its services restart")
    return _OF_HYPERVISORS[fence.action]


def _waiting(step: Step, behind: Mapping[str, str]) -> Step:
    """What waited for the last upgrade of another unit waits until its host is in use again."""
    last = behind.get(step.needs[0]) if step.action == "uncordon" else None
    if last == step.id:
        return step
    return replace(step, needs=_renamed(step.needs, behind), after=_renamed(step.after, behind))


def _renamed(names: Iterable[str], behind: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(behind.get(name, name) for name in names)
