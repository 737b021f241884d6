"""The control plane, wave after wave: node by node, service by service, or project by project as a deployer does it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from stairlift.knowledge.order import why
from stairlift.knowledge.procedures import procedure
from stairlift.model.cloud import Host, Service
from stairlift.model.naming import natural
from stairlift.model.plan import Step
from stairlift.plan.cold import Standstill, changed_while_down
from stairlift.plan.crews import Crew, Run
from stairlift.plan.hop import Gate, Hop, Kind, crew_steps, ends
from stairlift.plan.manners import Share, shares, with_absorbed
from stairlift.plan.sequence import against_ours, sequence

#: What is done at the same time, behind all that came before.
Wave = tuple[Kind, list[Crew]]


def rolled(
    hop: Hop, services: Sequence[Service], gate: Gate, node: Kind, still: Iterable[Standstill] = ()
) -> tuple[list[Step], Gate]:
    """Wave after wave, each behind the one before; `node` is the kind of the steps that take a node as a whole.

    A project that is to stand still stops right before the first wave that upgrades any of it.
    """
    steps: list[Step] = []
    entries = {b.id: b for b in hop.bindings}
    taken = shares(hop, services, node.stage)
    waves = _by_project(hop, services, taken, node) if taken else _plain(hop, services, node)
    left = {one.project: one for one in still if one.stopped}
    for kind, crews in waves:
        down, gate = changed_while_down(hop, [left.pop(p) for p in tuple(left) if p in _projects(crews)], gate)
        steps += down
        made = [with_absorbed(step, entries.get(step.strategy or "")) for step in crew_steps(hop, crews, gate, kind)]
        steps += made
        gate = Gate(ends(made))
    return steps, gate


def _projects(crews: Iterable[Crew]) -> set[str]:
    return {s.project for crew in crews for run in crew.runs for s in run.services}


def _plain(hop: Hop, services: Sequence[Service], node: Kind) -> Iterator[Wave]:
    """In the order of the policy, but node by node where a strategy takes a node as a whole."""
    by_node = hop.order == "node" or any((s.binary, s.host) in hop.along for s in services)
    for kind, wave in _by_node(hop, services, node) if by_node else _by_service(hop, services, node):
        yield kind, hop.assembly(kind.stage, kind.action, hop.ranks.control).crews(hop.machines(wave))


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
    return _known_precedence(earlier, name) or f"{name} on every host before the next service"


def _known_precedence(earlier: Sequence[str], name: str) -> str:
    reasons = (f"{before} precedes {name}: {reason}" for before in reversed(earlier) if (reason := why(before, name)))
    return next(reasons, "")


@dataclass(frozen=True, slots=True)
class _Part:
    """Services of one project: a deployer's share, or what others do in the order of the policy."""

    services: tuple[Service, ...]
    share: Share | None = None


def _by_project(hop: Hop, services: Sequence[Service], taken: Sequence[Share], node: Kind) -> Iterator[Wave]:
    """Project after project; of one that several strategies share, the part with the earliest service first."""
    projects = sequence({s.project for s in services}, taken).projects
    for n, project in enumerate(projects):
        parts = _parts(hop, [s for s in services if s.project == project], [t for t in taken if t.project == project])
        for part in parts:
            label = node.label or project
            if part.share is None:
                yield from _plain(hop, part.services, replace(node, label=label))
                continue
            own = label if len(parts) == 1 else f"{label}-{part.share.binding.id}"
            around = (projects[:n], projects[n + 1 :])
            yield from _whole(hop, part.share, replace(node, label=own), around)


def _parts(hop: Hop, services: Sequence[Service], taken: Sequence[Share]) -> list[_Part]:
    gone = {s for share in taken for s in share.services}
    rest = tuple(s for s in services if s not in gone)
    parts = [*(_Part(share.services, share) for share in taken), *([_Part(rest)] if rest else [])]
    return sorted(parts, key=lambda part: min(hop.ranks.places(s.binary for s in part.services)))


def _whole(hop: Hop, share: Share, kind: Kind, around: tuple[Sequence[str], Sequence[str]]) -> Iterator[Wave]:
    """A project on all hosts in one step, or on one host first and then on all others."""
    use = share.binding.use
    hosts = tuple(host for host, _ in hop.machines(share.services))
    if share.binding.manner.projects == "together" or len(hosts) == 1:
        how = f"{share.project} in one go, as {use} upgrades it"
        for part in _apart(hop, share, kind, hosts):
            yield _wave(hop, share, kind, (part, _reason(share, how, around)))
        return
    first = _first(hop, share)
    alone = f"{share.project} on one host alone, where {use} does what happens once"
    yield _wave(hop, share, kind, ((first,), _reason(share, alone, around)))
    others = tuple(host for host in hosts if host is not first)
    behind = f"{share.project} on the other hosts, now that the first has it"
    for part in _apart(hop, share, kind, others):
        yield _wave(hop, share, kind, (part, _reason(share, behind, ((), ()))))


def _apart(hop: Hop, share: Share, kind: Kind, hosts: Sequence[Host]) -> list[tuple[Host, ...]]:
    """Those that an earlier run has done, and those that are left."""
    done = {
        host.name
        for host in hosts
        if hop.settled(kind.stage, kind.action, [s for s in share.services if s.host == host.name])
    }
    parts = (tuple(h for h in hosts if h.name in done), tuple(h for h in hosts if h.name not in done))
    return [part for part in parts if part]


def _first(hop: Hop, share: Share) -> Host:
    """The host that goes alone: the owner's of the database, as for steps that happen once, or the first by name."""
    known = procedure(share.project)
    owner = known.owner_among(share.services) if known else None
    return hop.hosts[owner.host if owner else min((s.host for s in share.services), key=natural)]


def _reason(share: Share, how: str, around: tuple[Sequence[str], Sequence[str]]) -> str:
    earlier, later = around
    place = (_known_precedence(earlier, share.project), against_ours(share, later))
    return "; ".join(clause for clause in (how, *place) if clause)


def _wave(hop: Hop, share: Share, kind: Kind, what: tuple[tuple[Host, ...], str]) -> Wave:
    """One step: the deployer rolls through its hosts by itself, so it takes no slots."""
    hosts, reason = what
    names = {host.name for host in hosts}
    mine = [s for s in share.services if s.host in names]
    binaries = {s.binary: s for s in hop.ranks.control(sorted(mine, key=lambda s: s.plane))}
    in_order = sorted(binaries.values(), key=lambda s: s.plane)
    budgets = {
        key for host in hosts for s in mine if s.host == host.name for key in hop.limits.budgets_of(host, s.plane)
    }
    crew = Crew(hosts, (Run(share.binding, tuple(in_order)),), (), tuple(sorted(budgets)))
    return replace(kind, reason=reason), [crew]
