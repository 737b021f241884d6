"""Projects whose old code must not meet the new schema: they stop on all hosts, and start again when upgraded."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from stairlift.knowledge.order import project_order
from stairlift.knowledge.procedures import Procedure, procedure
from stairlift.model.cloud import Service
from stairlift.model.finding import Finding
from stairlift.model.plan import Action, Binding, Step
from stairlift.plan.approvals import approval
from stairlift.plan.crews import Crew
from stairlift.plan.fleet import named
from stairlift.plan.hop import Gate, Hop, Kind, crew_steps, ends, once
from stairlift.plan.manners import absorbed
from stairlift.plan.matching import Work, choose, fences_only, names_action

_WORD = "ONE-WAY: {projects} next: stopped on all hosts until upgraded, and nothing leads back behind the new schema"
_STOP = "{project} stops everywhere before its schema changes, and is down from here until its upgrade; {why}"
_STOPPED = "{project}'s schema changes once, with the code of {target} and nothing of {source} running; {back}"
_RUNNING = "{project}'s schema changes once, with the code of {target}; the code of {source} may not run on it: {why}"
_BACK = "only its own database's copy and the programs of {source} lead back"


@dataclass(frozen=True, slots=True)
class Standstill:
    """A project that has to stand still around a database step of one hop, the component that owns it, and why.

    `stopped` are its services that an entry stops, each behind those before; `running` are those that nobody does.
    """

    project: str
    owner: Service
    action: Action
    why: str
    stopped: tuple[Service, ...]
    running: tuple[Service, ...]

    @property
    def is_complete(self) -> bool:
        """Whether nothing of the old code is left when the schema changes."""
        return not self.running


def standstills(hop: Hop, services: Sequence[Service]) -> tuple[Standstill, ...]:
    """The projects of these services that stand still in this hop; what a deployer sees to itself is not among them."""
    found = (procedure(project) for project in project_order({s.project for s in services}))
    return tuple(one for known in found if known and (one := _standstill(hop, known, services)))


def _standstill(hop: Hop, known: Procedure, services: Sequence[Service]) -> Standstill | None:
    mine = [s for s in services if s.project == known.project]
    owner = known.owner_among(mine)
    early = contracts_first(hop, known)
    if owner is None or (not (known.cold and known.db_expand) and not early):
        return None
    if any(absorbed(hop, owner, "control", action) for action in ("db-expand", "db-contract")):
        return None
    offline = known.offline if early else None
    ordered = _in_order(hop, offline.stop if offline else known.stop, mine)
    return Standstill(
        project=known.project,
        owner=owner,
        action="db-contract" if offline else "db-expand",
        why=offline.reason if offline else known.cold_reason,
        stopped=tuple(s for s in ordered if _stopper(hop, s, asked=offline is not None)),
        running=tuple(s for s in ordered if not _stopper(hop, s, asked=offline is not None)),
    )


def contracts_first(hop: Hop, known: Procedure) -> bool:
    """Whether the contraction comes before the new code, with everything stopped: only where entries stop all of it.

    A release may ask for it; so may an operator, who has a plug-in that does, by an entry that stops the project.
    Under servers that run it would break them, so without such entries it stays where every contraction is: last.
    """
    mine = _stopping(hop, known)
    return bool(mine) and all(_stopper(hop, s, asked=True) for s in mine)


def _stopping(hop: Hop, known: Procedure) -> list[Service]:
    """What stops around a contraction that is done offline."""
    return [s for s in hop.behind if s.binary in known.offline.stop] if known.offline else []


def _contracts_late(hop: Hop, known: Procedure) -> bool:
    """Whether the release asks for a contraction with everything stopped, and nobody stops it."""
    demanded = known.offline is not None and hop.target <= known.offline.until
    return demanded and bool(_stopping(hop, known)) and not contracts_first(hop, known)


def _in_order(hop: Hop, order: Sequence[str], mine: Iterable[Service]) -> list[Service]:
    """In the order in which the project stops: its own, else the reverse of that in which it starts."""
    ranked = [s for s in reversed(hop.ranks.control(list(mine))) if not order or s.binary in order]
    return sorted(ranked, key=lambda s: order.index(s.binary)) if order else ranked


def _stoppers(hop: Hop) -> tuple[Binding, ...]:
    """The entries that stop what they match: they name the action, and do more than take requests away for a while."""
    return tuple(b for b in hop.bindings if not fences_only(b) and names_action(b, "drain"))


def _stopper(hop: Hop, service: Service, *, asked: bool) -> Binding | None:
    """The entry that stops a service; with `asked`, one that names what it stops, and not just the action."""
    taker = choose(Work(service, hop.hosts[service.host], "control", "drain"), _stoppers(hop))
    return taker if taker and (not asked or {"project", "service"} & set(taker.match)) else None


def changed_while_down(hop: Hop, still: Sequence[Standstill], gate: Gate) -> tuple[list[Step], Gate]:
    """A person's word, then project by project what stops it and the database step behind.

    The word comes first: nobody's API should be down for as long as a question waits.
    """
    if not still:
        return [], gate
    projects = [one.project for one in still]
    more = f"+{len(projects) - 1}" if len(projects) > 1 else ""
    reason = _WORD.format(projects=" and ".join(projects))
    word = approval(hop, Kind("control", "approve", reason, f"{projects[0]}{more}"), gate)
    steps, gate = [word], Gate((word.id,))
    for one in still:
        down, gate = _while_down(hop, one, gate)
        steps += [replace(step, gate=word.id) if step.one_way else step for step in down]
    return steps, gate


def _while_down(hop: Hop, one: Standstill, gate: Gate) -> tuple[list[Step], Gate]:
    """What stops the project, program by program on all hosts, and the database step behind."""
    steps: list[Step] = []
    for crews in _waves(hop, one):
        reason = _STOP.format(project=one.project, why=one.why)
        label = crews[0].runs[0].names[0]
        made = crew_steps(hop, crews, gate, Kind("control", "drain", reason, label))
        steps += made
        gate = Gate(ends(made))
    made = database_step(hop, one, gate)
    return [*steps, *made], Gate(ends(made))


def _waves(hop: Hop, one: Standstill) -> list[list[Crew]]:
    """All hosts of a program at once: the whole project goes down, so no window has to be kept."""
    waves = []
    for name in dict.fromkeys(s.binary for s in one.stopped):
        mine = [s for s in one.stopped if s.binary == name]
        assembly = hop.assembly("control", "drain", hop.ranks.control)
        assembly = replace(assembly, bindings=_stoppers(hop), windowed=False)
        waves.append(assembly.crews(hop.machines(mine)))
    return waves


def database_step(hop: Hop, one: Standstill, gate: Gate) -> list[Step]:
    """The database step of a project that stands still, or should."""
    words = _STOPPED if one.is_complete else _RUNNING
    back = _BACK.format(source=hop.source)
    told = words.format(project=one.project, source=hop.source, target=hop.target, why=one.why, back=back)
    return once(hop, one.owner, Kind("control", one.action, told, one.project, "no-return"), gate)


def about_standstills(found: Mapping[str, Sequence[tuple[Hop, Standstill]]]) -> list[Finding]:
    """Who keeps running where the plan's hops change a schema under him; one finding for each project."""
    return [_still_running(project, hops) for project, hops in sorted(found.items())]


def left_running(hops: Sequence[Hop]) -> dict[str, list[tuple[Hop, Standstill]]]:
    """By project, the hops in which an entry is missing that stops it."""
    found: dict[str, list[tuple[Hop, Standstill]]] = {}
    for hop in (hop for hop in hops if "control" in hop.stages):
        mine = [s for s in hop.behind if s.plane == "control"]
        for one in (*(one for one in standstills(hop, mine) if not one.is_complete), *_late(hop, mine)):
            found.setdefault(one.project, []).append((hop, one))
    return found


def _late(hop: Hop, services: Sequence[Service]) -> Iterable[Standstill]:
    """Projects of which the contraction finds services that nobody has stopped."""
    for known in (procedure(project) for project in project_order({s.project for s in services})):
        owner = known.owner_among([s for s in services if s.project == known.project]) if known else None
        if known and known.offline and owner and _contracts_late(hop, known):
            running = tuple(_stopping(hop, known))
            yield Standstill(known.project, owner, "db-contract", known.offline.reason, (), running)


def _still_running(project: str, hops: Sequence[tuple[Hop, Standstill]]) -> Finding:
    _, one = hops[0]
    names = named(list(dict.fromkeys(s.binary for _, each in hops for s in each.running)))
    ways = ", ".join(f"{hop.source} to {hop.target}" for hop, _ in hops)
    known = procedure(project)
    note = f"; {known.note}" if known and known.note else ""
    return Finding(
        code="plan.cold",
        severity="warning",
        subject=project,
        message=f"nobody stops {names} while the schema changes under the old code ({ways}): {one.why}",
        resolution=f'an entry with match = {{ project = "{project}", action = "drain" }} stops it on all hosts{note}',
    )
