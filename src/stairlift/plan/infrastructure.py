"""What a cloud stands on, upgraded by the deployer's own commands: only for who asked for it, and after an approval."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from stairlift.knowledge.binaries import binary
from stairlift.knowledge.order import component_order, why
from stairlift.model.cloud import Service
from stairlift.model.plan import Binding, Reversibility, Step
from stairlift.plan.approvals import approval
from stairlift.plan.fleet import named
from stairlift.plan.hop import Gate, Hop, Kind, in_a_row, place
from stairlift.plan.matching import names_stage

#: Kinds of programs that a deployer upgrades in one go.
_TOGETHER = frozenset({"balancer"})
#: Kinds whose files are of the new version from its first start on.
_ONE_WAY = frozenset({"database", "broker"})
_FILES = "nothing leads back, since the new version changes the files that it keeps its data in"
_CUT = "last, since the networks of guests are cut on each host while its ovs-vswitchd restarts"


@dataclass(frozen=True, slots=True)
class _Part:
    """Programs of one kind, on all their hosts, that one strategy upgrades."""

    binding: Binding
    services: tuple[Service, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return component_order({s.binary for s in self.services})

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset(_kind(name) for name in self.names)


def infrastructure(hop: Hop, gate: Gate) -> tuple[list[Step], Gate]:
    """A gate for people, then a step for each part; everything else of the hop comes behind."""
    parts = _in_order(_parts(hop)) if "infra" in hop.stages else []
    if not parts:
        return [], gate
    makers: list[partial[list[Step]]] = [partial(_approval, hop, parts)]
    for n, part in enumerate(parts):
        reason = _reason(part, [name for other in parts[:n] for name in other.names])
        makers += [partial(_cut_approval, hop, part)] if n and "switch" in part.kinds else []
        makers += [partial(_step, hop, chunk, reason) for chunk in _chunks(hop, part)]
    return in_a_row(makers, gate)


def _parts(hop: Hop) -> list[_Part]:
    """What an entry that names this stage takes; what a general one would take stays as it is."""
    asking = {b.id for b in hop.bindings if names_stage(b, "infra")}
    found: dict[tuple[str, str], list[Service]] = {}
    takers: dict[str, Binding] = {}
    for service in hop.fleet.infrastructure if asking else ():
        taker = hop.chosen(service, "infra", "upgrade")
        if taker and taker.id in asking:
            takers[taker.id] = taker
            kind = _kind(service.binary)
            found.setdefault((taker.id, kind if kind in _TOGETHER else service.binary), []).append(service)
    return [_Part(takers[taker], tuple(mine)) for (taker, _), mine in found.items()]


def _in_order(parts: Sequence[_Part]) -> list[_Part]:
    """Our order, but for parts that a deployer's own order names: these change places among themselves."""
    ours = component_order({name for part in parts for name in part.names})
    ordered = sorted(parts, key=lambda part: ours.index(part.names[0]))
    for binding in {part.binding.id: part.binding for part in ordered}.values():
        spots = [n for n, part in enumerate(ordered) if part.binding is binding and _own_place(part) is not None]
        theirs = sorted((ordered[n] for n in spots), key=lambda part: _own_place(part) or 0)
        for spot, part in zip(spots, theirs, strict=True):
            ordered[spot] = part
    return ordered


def _own_place(part: _Part) -> int | None:
    order = part.binding.manner.order
    return min((order.index(name) for name in part.names if name in order), default=None)


def _chunks(hop: Hop, part: _Part) -> Iterable[_Part]:
    """All hosts in one process, or one by one where the strategy takes no more."""
    hosts = _hosts(hop, part)
    if part.binding.concurrency != "host":
        return [part]
    return [_Part(part.binding, tuple(s for s in part.services if s.host == host)) for host in hosts]


def _hosts(hop: Hop, part: _Part) -> tuple[str, ...]:
    mine = {s.host for s in part.services}
    return tuple(name for name in hop.hosts if name in mine)


def _reason(part: _Part, earlier: Sequence[str]) -> str:
    name = part.names[0]
    known = (f"{before} precedes {name}: {text}" for before in reversed(earlier) if (text := why(before, name)))
    clauses = (
        f"what the whole cloud stands on, through {part.binding.use}",
        _CUT if "switch" in part.kinds else next(known, ""),
        _FILES if part.kinds & _ONE_WAY else "",
    )
    return "; ".join(clause for clause in clauses if clause)


def _kind(name: str) -> str:
    known = binary(name)
    return known.kind if known else ""


def _approval(hop: Hop, parts: Sequence[_Part], gate: Gate) -> list[Step]:
    names = ", ".join(name for part in parts for name in part.names)
    reason = f"what the whole cloud stands on changes next: {names}"
    return [approval(hop, Kind("infra", "approve", reason, "infra"), gate)]


def _cut_approval(hop: Hop, part: _Part, gate: Gate) -> list[Step]:
    """Whoever approves the rest of what the cloud stands on has not yet agreed that guests lose their network."""
    reason = f"guests on {named(_hosts(hop, part))} are without network while the ovs-vswitchd of their host restarts"
    return [approval(hop, Kind("infra", "approve", reason, f"infra-{part.names[0]}"), gate)]


def _step(hop: Hop, part: _Part, reason: str, gate: Gate) -> list[Step]:
    hosts, projects = _hosts(hop, part), {s.project for s in part.services}
    waits = hop.waits(hosts, gate)
    back: Reversibility = "undo" if part.binding.can_undo else "parking"
    step_id = f"{hop.target}-infra-{part.names[0]}@{place(hosts)}"
    return [
        Step(
            id=step_id,
            action="upgrade",
            stage="infra",
            plane=part.services[0].plane,
            project=projects.pop() if len(projects) == 1 else None,
            services=part.names,
            hosts=hosts,
            strategy=part.binding.id,
            needs=waits.needs,
            after=waits.after,
            reason=reason,
            reversibility="no-return" if part.kinds & _ONE_WAY else back,
            source=hop.source,
            target=hop.target,
            unit=step_id,
            budgets=_budgets(hop, part),
        )
    ]


def _budgets(hop: Hop, part: _Part) -> tuple[str, ...]:
    found = {key for s in part.services for key in hop.limits.budgets_of(hop.hosts[s.host], s.plane)}
    return tuple(sorted(found))
