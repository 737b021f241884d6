"""The stages of one hop, each handing a gate to the next: what must be done, and what must at least have ended."""

from collections.abc import Sequence
from dataclasses import replace

from stairlift.model.cloud import Service
from stairlift.model.plan import Step
from stairlift.plan.approvals import approval_id, start_approval
from stairlift.plan.around import fenced
from stairlift.plan.batches import behind_canary
from stairlift.plan.cold import standstills
from stairlift.plan.crews import Crew
from stairlift.plan.databases import databases_first, finish
from stairlift.plan.fleet import on_networks
from stairlift.plan.hop import Gate, Hop, Kind, crew_steps, ends
from stairlift.plan.infrastructure import infrastructure
from stairlift.plan.manners import control_plane, with_notes
from stairlift.plan.matching import asked_for
from stairlift.plan.network_nodes import looked_after
from stairlift.plan.openings import openings
from stairlift.plan.ovn import ovn_steps
from stairlift.plan.queues import with_queues
from stairlift.plan.rolling import rolled
from stairlift.plan.windows import PREPARING


def hop_steps(hop: Hop, start: Gate) -> tuple[list[Step], Gate]:
    """All steps of a hop in the order of their stages, and the gate behind the last."""
    prepare = _prepare(hop, start)
    hop = replace(hop, prepared={host: step.id for step in prepare for host in step.hosts})
    changing, end = (_approved if "start" in hop.approve else _changing)(hop, start, ends(prepare))
    changing, end = fenced(hop, changing, end)
    return with_queues(hop, with_notes([*prepare, *changing], hop.bindings)), end


def _approved(hop: Hop, start: Gate, ready: tuple[str, ...]) -> tuple[list[Step], Gate]:
    """All that changes something, behind a person's word on it and so behind all that prepares."""
    steps, end = _changing(hop, Gate((approval_id(hop, "start"),)), ())
    if not steps:
        return _changing(hop, start, ready)
    return [start_approval(hop, steps, Gate(start.needs, (*start.after, *ready))), *steps], end


def _changing(hop: Hop, start: Gate, ready: tuple[str, ...]) -> tuple[list[Step], Gate]:
    """The stages behind `prepare`, whose last steps are `ready`."""
    infra, behind_infra = infrastructure(hop, Gate(start.needs, (*start.after, *ready)))
    ovn, gate = ovn_steps(hop, behind_infra if infra else start)
    control, behind_control = _control(hop, Gate(gate.needs, (*gate.after, *ready)))
    gate = behind_control if control else gate
    network, behind_network = _network(hop, gate)
    resources = [*network, *_compute(hop, behind_network)]
    working = [step for step in resources if step.action != "approve"]
    everything = (*gate.needs, *gate.after, *ends(working)) or ready
    last, end = finish(hop, Gate(tuple(dict.fromkeys(everything))))
    return [*infra, *ovn, *control, *resources, *last], end


def _prepare(hop: Hop, gate: Gate) -> list[Step]:
    """Fetching and checking ahead, which takes no host out: only for who has an entry that names this stage.

    Hosts that are prepared one by one share a window of their own, for the sake of the machine that starts a process
    for each. What else happens on a host waits for its own preparation, and the control plane until all others have
    ended.
    """
    if "prepare" not in hop.stages or not asked_for("prepare", hop.bindings):
        return []
    crews = hop.assembly("prepare", "prepare", hop.ranks.control).crews(hop.machines(hop.behind))
    reason = f"what can be made ready for {hop.target} before the first change; nothing stops: safe in working hours"
    crews = [crew if len(crew.hosts) > 1 else replace(crew, slots=(PREPARING,)) for crew in crews]
    return crew_steps(hop, crews, gate, Kind("prepare", "prepare", reason))


def _control(hop: Hop, gate: Gate) -> tuple[list[Step], Gate]:
    """Databases once and first, with target code; then node by node, service by service, or as a deployer does it."""
    services = control_plane(hop)
    if "control" not in hop.stages or not services:
        return [], gate
    opening, gate = openings(hop, services, gate)
    own = [s for s in services if s.plane == "control"]
    still = standstills(hop, own)
    databases, gate = databases_first(hop, own, still, gate)
    reason = "a control node at a time: its services share what is installed there"
    steps, gate = rolled(hop, services, gate, Kind("control", "upgrade", reason), still)
    return [*opening, *databases, *steps], gate


def _network(hop: Hop, gate: Gate) -> tuple[list[Step], Gate]:
    """Network nodes, one at a time. What follows waits until each has ended, well or set aside."""
    if "network" not in hop.stages:
        return [], gate
    crews = hop.assembly("network", "upgrade", hop.ranks.resource).crews(hop.machines(_resources(hop, compute=False)))
    reason = "a network node: its agents speak to Neutron servers that run the target already"
    steps = looked_after(hop, crew_steps(hop, crews, gate, Kind("network", "upgrade", reason)))
    return steps, Gate(gate.needs, (*gate.after, *ends(steps)))


def _compute(hop: Hop, gate: Gate) -> list[Step]:
    """A canary shows on few hypervisors what all others will do; then as many at a time as the windows let."""
    if "compute" not in hop.stages:
        return []
    machines = hop.machines(_resources(hop, compute=True))
    crews = hop.assembly("compute", "upgrade", hop.ranks.resource).crews(machines, first=hop.canary)
    shown = _crews_of_canary(crews, hop.canary)
    first = "the canary: it shows on a few hosts what the others will do"
    canary = crew_steps(hop, crews[:shown], gate, Kind("compute", "upgrade", first))
    gate = Gate(ends(canary)) if canary else gate
    return [*canary, *behind_canary(hop, crews[shown:], canary, gate, _kind_of)]


def _kind_of(crew: Crew) -> Kind:
    hypervisor = any("nova-compute" in run.names for run in crew.runs)
    together = "L2 agent and nova-compute back to back, so that guests keep their network"
    others = "a node without guests: its services come after the control plane that they serve"
    return Kind("compute", "upgrade", together if hypervisor else others)


def _crews_of_canary(crews: Sequence[Crew], canary: int) -> int:
    hosts = 0
    for count, crew in enumerate(crews):
        if hosts >= canary:
            return count
        hosts += len(crew.hosts)
    return len(crews)


def _resources(hop: Hop, *, compute: bool) -> list[Service]:
    """The resource services of hypervisors and storage nodes, or those of the hosts that only carry networks."""
    mine = [s for s in hop.behind if s.plane == "resource" and s.project != "ovn"]
    networks = on_networks(hop.fleet.services)
    return [s for s in mine if (s.host in networks) != compute and (s.binary, s.host) not in hop.along]
