"""Which APIs do not answer from when to when, as far as the plan itself decides it."""

from collections import Counter
from collections.abc import Iterable, Sequence

from stairlift.knowledge.binaries import binary
from stairlift.knowledge.order import project_order
from stairlift.knowledge.procedures import procedure
from stairlift.model.cloud import Service
from stairlift.model.finding import Finding
from stairlift.model.plan import DATABASE_ACTIONS, Binding, Step
from stairlift.plan.fleet import named
from stairlift.plan.hop import Hop
from stairlift.plan.manners import absorbs

#: Kinds of programs that users talk to.
_FRONT = frozenset({"api", "dashboard"})


def about_outages(hops: Iterable[Hop], steps: Sequence[Step]) -> list[Finding]:
    """A finding for each project that goes down as a whole in a hop, and one for what only one host serves."""
    return [one for hop in hops for one in _in_hop(hop, [s for s in steps if s.target == hop.target])]


def _in_hop(hop: Hop, steps: Sequence[Step]) -> list[Finding]:
    control = [s for s in steps if s.stage == "control"]
    fronts = [s for s in hop.behind if s.plane == "control" and _is_front(s.binary)]
    found = {project: _down(hop, project, control) for project in project_order({s.project for s in fronts})}
    down = [one for one in found.values() if one]
    alone = _alone(hop, [s for s in fronts if not found[s.project]], control)
    return [*down, *([_only_host(hop, alone)] if alone else [])]


def _is_front(name: str) -> bool:
    known = binary(name)
    return known is not None and known.kind in _FRONT


def _down(hop: Hop, project: str, control: Sequence[Step]) -> Finding | None:
    """Stopped by steps of its own, or inside the step of a deployer, which should stop it."""
    upgrades = [s for s in control if s.action == "upgrade" and _is_about(s, project)]
    stops = _stops(project, control)
    if not upgrades:
        return None
    if stops:
        back = next((s for s in upgrades if any(_is_front(name) for name in _of(s, project))), upgrades[-1])
        whole = f", on all its hosts after {upgrades[-1].id}" if back is not upgrades[-1] else ""
        return _outage(hop, project, f"is down from {stops[0].id} until {back.id} is done{whole}")
    if _should_stop(hop, project, upgrades[0]):
        return _outage(hop, project, f"may be down while {upgrades[0].id} runs, which changes its schema")
    return None


def _stops(project: str, control: Sequence[Step]) -> list[Step]:
    """What stops the project before its schema changes; a load balancer lets go of its APIs later, one by one."""
    mine = [s for s in control if s.project == project]
    changes = [n for n, s in enumerate(mine) if s.action in DATABASE_ACTIONS]
    return [s for s in mine[: min(changes, default=0)] if s.action == "drain"]


def _should_stop(hop: Hop, project: str, step: Step) -> bool:
    known, taker = procedure(project), _taker(hop, step)
    return known is not None and known.cold and absorbs(taker, project, "db-expand")


def _taker(hop: Hop, step: Step) -> Binding | None:
    return next((b for b in hop.bindings if b.id == step.strategy), None)


def _is_about(step: Step, project: str) -> bool:
    return bool(_of(step, project))


def _of(step: Step, project: str) -> list[str]:
    return [name for name in step.services if (known := binary(name)) and known.project == project]


def _alone(hop: Hop, fronts: Sequence[Service], control: Sequence[Step]) -> list[str]:
    """What one host serves by itself, with the step that restarts it."""
    hosts = Counter(s.binary for s in hop.fleet.services)
    steps = {name: step.id for step in control if step.action == "upgrade" for name in step.services}
    names = dict.fromkeys(s.binary for s in fronts)
    return [f"{name} ({steps[name]})" for name in names if hosts[name] == 1 and name in steps]


def _outage(hop: Hop, project: str, when: str) -> Finding:
    message = f"on the hop to {hop.target} the API of {project} {when}"
    return Finding("plan.outage", "info", project, message, f"tell the users of {project}")


def _only_host(hop: Hop, alone: Sequence[str]) -> Finding:
    message = f"on the hop to {hop.target} these are down while they restart, each on its only host: {named(alone)}"
    return Finding("plan.outage", "info", str(hop.target), message, "a second host behind the load balancer avoids it")
