"""The stages of one hop, each handing a gate to the next: what must be done, and what must at least have ended."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from stairlift.knowledge.order import project_order, why
from stairlift.knowledge.procedures import Procedure, procedure
from stairlift.model.cloud import Service
from stairlift.model.plan import Action, Step
from stairlift.plan.crews import Crew, Ordering
from stairlift.plan.fleet import runs
from stairlift.plan.hop import Gate, Hop, Kind, crew_steps, ends, in_a_row, once
from stairlift.plan.matching import asked_for

_BACKUP = "a copy of {project}'s database as it was on {source}"
_EXPAND = "{project}'s schema grows once, with the code of {target}; the code of {source} keeps running on it"
_COLD = "{project}'s schema changes once, with the code of {target}; its services are down around it: {why}"
_MIGRATE = "{project}'s rows are rewritten now that every process runs {target}"
_CONTRACT = "{project}'s schema sheds what only the code of {source} needed"


def hop_steps(hop: Hop, start: Gate) -> tuple[list[Step], Gate]:
    """All steps of a hop in the order of their stages, and the gate behind the last."""
    prepare = _prepare(hop, start)
    hop = replace(hop, prepared={host: step.id for step in prepare for host in step.hosts})
    ovn, gate = _ovn(hop, start)
    control, behind_control = _control(hop, Gate(gate.needs, (*gate.after, *ends(prepare))))
    gate = behind_control if control else gate
    network, behind_network = _network(hop, gate)
    resources = [*network, *_compute(hop, behind_network)]
    everything = (*gate.needs, *gate.after, *ends(resources)) or ends(prepare)
    finish, end = _finish(hop, Gate(tuple(dict.fromkeys(everything))))
    return [*prepare, *ovn, *control, *resources, *finish], end


def _prepare(hop: Hop, gate: Gate) -> list[Step]:
    """Fetching and checking ahead, without a window: only for who has an entry that names this stage.

    What else happens on a host waits for its own preparation, and the control plane until all others have ended.
    """
    if "prepare" not in hop.stages or not asked_for("prepare", hop.bindings):
        return []
    crews = hop.assembly("prepare", "prepare", hop.ranks.control).crews(hop.machines(hop.behind))
    reason = f"everything that {hop.target} needs is on the host before the first change"
    return crew_steps(hop, crews, gate, Kind("prepare", "prepare", reason))


def _ovn(hop: Hop, gate: Gate) -> tuple[list[Step], Gate]:
    """OVN's own order: every ovn-controller, then the databases and northd (OVN upgrade guide)."""
    mine = [s for s in hop.behind if s.project == "ovn"]
    if "ovn" not in hop.stages:
        return [], gate
    crews = hop.assembly("ovn", "upgrade", hop.ranks.control).crews(hop.machines(s for s in mine if _on_chassis(s)))
    first = "every ovn-controller comes before the databases and northd that speak to it"
    steps = crew_steps(hop, crews, gate, Kind("ovn", "upgrade", first))
    gate = Gate(gate.needs, ends(steps)) if steps else gate
    last = "OVN's databases and northd come after the last ovn-controller, and before Neutron"
    central, gate = _rolled(hop, [s for s in mine if not _on_chassis(s)], gate, Kind("ovn", "upgrade", last, "central"))
    return [*steps, *central], gate


def _on_chassis(service: Service) -> bool:
    return service.binary == "ovn-controller"


def _control(hop: Hop, gate: Gate) -> tuple[list[Step], Gate]:
    """Databases once and first, with target code; then node by node, or service by service."""
    services = [s for s in hop.behind if s.plane == "control" and s.project != "ovn"]
    if "control" not in hop.stages or not services:
        return [], gate
    databases, gate = _databases_first(hop, services, gate)
    reason = "a control node at a time: its services share what is installed there"
    steps, gate = _rolled(hop, services, gate, Kind("control", "upgrade", reason))
    return [*databases, *steps], gate


def _rolled(hop: Hop, services: Sequence[Service], gate: Gate, node: Kind) -> tuple[list[Step], Gate]:
    """Wave after wave, each behind the one before; `node` is the kind of the steps that take a node as a whole."""
    steps: list[Step] = []
    for kind, wave in _by_node(hop, services, node) if hop.order == "node" else _by_service(hop, services, node):
        crews = hop.assembly(kind.stage, kind.action, hop.ranks.control).crews(hop.machines(wave))
        made = crew_steps(hop, crews, gate, kind)
        steps += made
        gate = Gate(ends(made))
    return steps, gate


def _by_node(hop: Hop, services: Sequence[Service], kind: Kind) -> list[tuple[Kind, Sequence[Service]]]:
    """Nodes with the same services together; a node of its own for keystone or cinder-volume has its place, too."""
    alike: dict[tuple[str, ...], list[Service]] = defaultdict(list)
    for _, mine in hop.machines(services):
        alike[tuple(s.binary for s in hop.ranks.control(mine))] += mine
    return [(kind, alike[names]) for names in sorted(alike, key=hop.ranks.places)]


def _by_service(hop: Hop, services: Sequence[Service], kind: Kind) -> list[tuple[Kind, Sequence[Service]]]:
    names = list(dict.fromkeys(s.binary for s in hop.ranks.control(services)))
    return [
        (replace(kind, reason=_precedence(names[:n], name), label=name), [s for s in services if s.binary == name])
        for n, name in enumerate(names)
    ]


def _precedence(earlier: Sequence[str], name: str) -> str:
    """The nearest known reason for a service's place."""
    reasons = (f"{before} precedes {name}: {reason}" for before in reversed(earlier) if (reason := why(before, name)))
    return next(reasons, f"{name} on every host before the next service")


def _databases_first(hop: Hop, services: Sequence[Service], gate: Gate) -> tuple[list[Step], Gate]:
    owners = [known for known in _procedures(services) if known.has_database]
    backup = [m for known in owners for m in _database(hop, known, services, ("backup", _BACKUP))]
    growing = [known for known in owners if known.db_expand]
    expand = [m for k in growing for m in _database(hop, k, services, ("db-expand", _COLD if k.cold else _EXPAND))]
    return in_a_row([*(backup if asked_for("backup", hop.bindings) else []), *expand], gate)


def _database(
    hop: Hop, known: Procedure, services: Sequence[Service], what: tuple[Action, str]
) -> list[partial[list[Step]]]:
    """How to make a once-only step of a project, if a host is known that could do it."""
    mine = [s for s in services if s.binary in known.owner]
    if not mine:
        return []
    action, reason = what
    told = reason.format(project=known.project, source=hop.source, target=hop.target, why=known.cold_reason)
    last = action in ("db-migrate", "db-contract")
    kind = Kind("finish" if last else "control", action, told, known.project, "no-return" if last else None)
    owner = min(mine, key=lambda s: (known.owner.index(s.binary), s.host))
    return [partial(once, hop, owner, kind)]


def _procedures(services: Iterable[Service]) -> list[Procedure]:
    found = (procedure(p) for p in project_order({s.project for s in services}))
    return [known for known in found if known]


def _network(hop: Hop, gate: Gate) -> tuple[list[Step], Gate]:
    """Network nodes, one at a time. What follows waits until each has ended, well or set aside."""
    if "network" not in hop.stages:
        return [], gate
    crews = hop.assembly("network", "upgrade", hop.ranks.resource).crews(hop.machines(_resources(hop, compute=False)))
    reason = "a network node: its agents speak to Neutron servers that run the target already"
    steps = crew_steps(hop, crews, gate, Kind("network", "upgrade", reason))
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
    return [*canary, *(step for crew in crews[shown:] for step in crew_steps(hop, [crew], gate, _kind_of(crew)))]


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
    mine = [s for s in hop.fleet.services if s.plane == "resource" and s.project != "ovn"]
    networks = {s.host for s in mine if s.project == "neutron"} - {s.host for s in mine if s.binary == "nova-compute"}
    return [s for s in mine if (s.host in networks) != compute and not runs(s, hop.target)]


def _finish(hop: Hop, gate: Gate) -> tuple[list[Step], Gate]:
    """The one-way steps. They are for a cloud in which nothing old is left, so a part of one has none.

    What runs the target already takes part: whoever began an upgrade may have left just these steps undone.
    """
    if "finish" not in hop.stages or not hop.whole:
        return [], gate
    services = [s for s in hop.fleet.at(hop.target).services if s.plane == "control"]
    makers: list[partial[list[Step]]] = []
    for known in _procedures(services):
        makers += _unpin(hop, known, services)
        if known.db_migrate:
            makers += _database(hop, known, services, ("db-migrate", _MIGRATE))
        if known.db_contract:
            makers += _database(hop, known, services, ("db-contract", _CONTRACT))
    return in_a_row(makers, gate)


def _unpin(hop: Hop, known: Procedure, services: Sequence[Service]) -> list[partial[list[Step]]]:
    """A restart host by host: two schedulers restarted at once lose messages (testbed, server left in ERROR).

    Hosts of what comes last in the project's own order come last.
    """
    mine = [s for s in services if s.binary in known.unpin]
    kind = Kind("finish", "unpin", f"{known.project}: {known.unpin_how}", known.project, "no-return")
    crews = hop.assembly("finish", "unpin", _as_listed(known.unpin)).crews(hop.machines(mine))
    in_order = sorted(crews, key=lambda crew: max(known.unpin.index(n) for run in crew.runs for n in run.names))
    return [partial(_behind, hop, crew, kind) for crew in in_order]


def _behind(hop: Hop, crew: Crew, kind: Kind, gate: Gate) -> list[Step]:
    return crew_steps(hop, [crew], gate, kind)


def _as_listed(names: Sequence[str]) -> Ordering:
    return lambda services: tuple(sorted(services, key=lambda s: names.index(s.binary)))
