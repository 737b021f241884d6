"""Which workers carry a step out: those of the first queue that all of its services and hosts match."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from stairlift.model.cloud import Service
from stairlift.model.finding import Finding
from stairlift.model.plan import Step
from stairlift.plan.hop import Hop
from stairlift.plan.matching import Work, holds

#: By (binary, host), all that a hop has to do with: before it, after it, and below it.
_Services = Mapping[tuple[str, str], Service]


def with_queues(hop: Hop, steps: list[Step]) -> list[Step]:
    """The steps with their queues. One whose parts belong to several stays on the orchestrator's own machine."""
    if not hop.queues:
        return steps
    services = _services(hop)
    return [replace(step, queue=_only(_queues(hop, step, services))) for step in steps]


def about_queues(hops: Iterable[Hop], steps: Sequence[Step], *, whole: bool) -> list[Finding]:
    """Steps that no one queue could take, and queues that no step of a `whole` plan goes to."""
    told = [found for hop in hops if hop.queues for found in _split(hop, [s for s in steps if s.target == hop.target])]
    used = {step.queue for step in steps}
    names = dict.fromkeys(queue.name for hop in hops for queue in hop.queues)
    return [*told, *(_idle(name) for name in names if whole and name not in used)]


def _services(hop: Hop) -> _Services:
    known = (*hop.fleet.at(hop.target).services, *hop.fleet.infrastructure, *hop.fleet.services)
    return {(s.binary, s.host): s for s in known}


def _queues(hop: Hop, step: Step, services: _Services) -> set[str]:
    """The queues of all its parts; "" is that of a part which no queue matches."""
    parts = (services.get((name, host)) for name in step.services for host in step.hosts)
    works = (Work(service, hop.hosts[service.host], step.stage, step.action) for service in parts if service)
    return {_first(hop, work) for work in works}


def _first(hop: Hop, work: Work) -> str:
    values = work.values()
    return next((queue.name for queue in hop.queues if holds(queue.match, values)), "")


def _only(queues: set[str]) -> str:
    return next(iter(queues)) if len(queues) == 1 else ""


def _split(hop: Hop, steps: Sequence[Step]) -> Iterable[Finding]:
    services = _services(hop)
    found = [(step, queues) for step in steps if len(queues := _queues(hop, step, services)) > 1]
    found.sort(key=lambda one: (one[0].stage, one[0].action, one[0].id))
    for (stage, action), group in groupby(found, lambda one: (one[0].stage, one[0].action)):
        yield _several(f"{stage}/{action}", list(group))


def _several(subject: str, found: Sequence[tuple[Step, set[str]]]) -> Finding:
    step, queues = found[0]
    named = " and ".join(sorted(queue or "none" for queue in queues))
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    what = f"{step.id}{more} has hosts or services of several queues ({named})"
    return Finding(
        code="queue.several",
        severity="warning",
        subject=subject,
        message=f"{what}: the orchestrator's own machine carries it out",
        resolution="see that it reaches those hosts from there, or match all of them to one [[queue]]",
    )


def _idle(name: str) -> Finding:
    return Finding(
        code="queue.unused",
        severity="warning",
        subject=name,
        message=f"no step of this plan goes to the queue {name}",
        resolution="correct its match, or the order of the [[queue]] tables: the first that matches counts",
    )
