"""What a deployer's own way of working makes of a hop: whole projects, whole nodes, what it does by itself."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from stairlift.knowledge.binaries import binary
from stairlift.knowledge.order import project_order
from stairlift.knowledge.procedures import Procedure, procedure
from stairlift.model.cloud import Service
from stairlift.model.plan import Action, Binding, Stage, Step
from stairlift.plan.fleet import on_networks
from stairlift.plan.hop import Hop


@dataclass(frozen=True, slots=True)
class Share:
    """The services of a project that a deployer takes as a whole."""

    binding: Binding
    project: str
    services: tuple[Service, ...]


def shares(hop: Hop, services: Iterable[Service], stage: Stage) -> list[Share]:
    """What of these services goes project by project; empty where every strategy does just what a step says."""
    if not any(b.manner.projects for b in hop.bindings):
        return []
    found: dict[tuple[str, str], list[Service]] = {}
    takers: dict[str, Binding] = {}
    for service in services:
        taker = hop.along.get((service.binary, service.host)) or hop.chosen(service, stage, "upgrade")
        if taker and taker.manner.projects:
            takers[taker.id] = taker
            found.setdefault((service.project, taker.id), []).append(service)
    return [Share(takers[taker], project, tuple(mine)) for (project, taker), mine in found.items()]


def taken_along(hop: Hop) -> dict[tuple[str, str], Binding]:
    """Resource services that go with the control plane of their hosts, since their strategy takes a node as a whole.

    The entry that would do their own step must be the same: who has another one for them means it.
    """
    if not any(b.manner.whole_node for b in hop.bindings):
        return {}
    nodes = _whole_nodes(hop)
    without = {s.project for s in hop.fleet.services} - {s.project for s in hop.fleet.services if _of_control(s)}
    networks = on_networks(hop.fleet.services)
    found: dict[tuple[str, str], Binding] = {}
    for service in (s for s in hop.behind if s.plane == "resource" and s.project != "ovn"):
        taker = hop.chosen(service, "network" if service.host in networks else "compute", "upgrade")
        if taker and _goes_along(taker, service, nodes, without):
            found[service.binary, service.host] = taker
    return found


#: By the id of a binding, the projects whose control plane it upgrades on a host.
_Nodes = Mapping[tuple[str, str], AbstractSet[str]]


def _whole_nodes(hop: Hop) -> _Nodes:
    found: dict[tuple[str, str], set[str]] = {}
    for service in (s for s in hop.fleet.services if _of_control(s)):
        taker = hop.chosen(service, "control", "upgrade")
        if taker and taker.manner.whole_node:
            found.setdefault((taker.id, service.host), set()).add(service.project)
    return found


def _goes_along(taker: Binding, service: Service, nodes: _Nodes, without: AbstractSet[str]) -> bool:
    """With its project; or with the node, where that goes as one or no control plane of the project is known at all.

    A hypervisor that also runs cinder-volume must not go with nova's control plane.
    """
    there = nodes.get((taker.id, service.host))
    return there is not None and (not taker.manner.projects or service.project in there | without)


def control_plane(hop: Hop) -> list[Service]:
    """What the control stage upgrades: the control plane, and what goes along with it."""
    own = [s for s in hop.behind if _of_control(s)]
    return [*own, *(s for s in hop.behind if (s.binary, s.host) in hop.along)]


def _of_control(service: Service) -> bool:
    return service.plane == "control" and service.project != "ovn"


def absorbs(binding: Binding | None, project: str, action: Action) -> bool:
    """Whether the strategy does this by itself when it upgrades the project."""
    if binding is None:
        return False
    return action in binding.manner.absorbs.get(project, binding.manner.absorbs.get("*", ()))


def absorbed(hop: Hop, owner: Service, stage: Stage, action: Action) -> bool:
    """Whether a once-only step of the owner's project needs no step: who would do it upgrades the project, too."""
    taker = hop.chosen(owner, stage, action)
    if taker is None or not absorbs(taker, owner.project, action):
        return False
    mine = (s for s in hop.fleet.services if s.project == owner.project and s.plane == "control")
    return any(hop.chosen(s, "control", "upgrade") is taker for s in mine)


def with_absorbed(step: Step, binding: Binding | None) -> Step:
    """The step, saying what it does besides; what leads nowhere back makes it one-way."""
    if binding is None or not binding.manner.absorbs:
        return step
    projects = project_order({one.project for name in step.services if (one := binary(name))})
    ways = [known for project in projects if (known := procedure(project))]
    grows = [clause for known in ways if (clause := _growth(binding, known))]
    back = list(dict.fromkeys(words for known in ways for words in _no_way_back(binding, known)))
    if back:
        step = replace(step, reversibility="no-return")
    told = (*grows, *((f"nothing leads back, since it also {' and '.join(back)}",) if back else ()))
    return replace(step, reason="; ".join((step.reason, *told)))


def _growth(binding: Binding, known: Procedure) -> str:
    if not known.db_expand or not absorbs(binding, known.project, "db-expand"):
        return ""
    cold = f", and no old code of it should be left by then ({known.cold_reason})" if known.cold else ""
    return f"{known.project}'s schema grows inside this step{cold}"


def _no_way_back(binding: Binding, known: Procedure) -> list[str]:
    parts: tuple[tuple[Action, object, str], ...] = (
        ("db-migrate", known.db_migrate, "rewrites rows"),
        ("db-contract", known.db_contract, "sheds what only the old code needed"),
        ("unpin", known.unpin, "drops the old versions of messages"),
    )
    cold = known.cold and known.db_expand and absorbs(binding, known.project, "db-expand")
    meets = [f"changes {known.project}'s schema, on which the old code may not run"] if cold else []
    return meets + [words for action, there, words in parts if there and absorbs(binding, known.project, action)]


def with_notes(steps: Sequence[Step], bindings: Iterable[Binding]) -> list[Step]:
    """The steps, where a deployer has a note on what they upgrade with that note in their reason."""
    noted = {b.id: b.manner.notes for b in bindings if b.manner.notes}
    return [_with_notes(step, noted[step.strategy]) if step.strategy in noted else step for step in steps]


def _with_notes(step: Step, notes: Mapping[str, str]) -> Step:
    """What is said of a project belongs to steps of that project, and to its control plane where a node goes as one.

    What is said of another action belongs to all its steps, but to no opening: that has a reason of its own.
    """
    if step.action != "upgrade":
        opening = step.action == "prepare" and step.stage != "prepare"
        told_of = None if opening else notes.get(step.action)
        return replace(step, reason=f"{step.reason}; {told_of}") if told_of else step
    mixed = (known.project for name in step.services if step.stage == "control" and (known := binary(name)))
    keys = dict.fromkeys((step.project or "", *mixed, *step.services))
    told = dict.fromkeys(notes[key] for key in keys if key in notes)
    return replace(step, reason="; ".join((step.reason, *told)))
