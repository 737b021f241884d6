"""What users of each API are to expect of a plan, as far as the plan decides it; where it does not, it says so."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from stairlift.knowledge.binaries import binary
from stairlift.knowledge.order import project_order
from stairlift.model.plan import Plan, Step
from stairlift.report.estimates import Estimate
from stairlift.report.text import count, duration

#: "down": nobody answers for a while. "brief": somebody else answers, requests on their way may be lost. "none": what
#: restarts has no requests. "open": the plan alone does not tell. "untouched": it is no part of the plan.
Verdict = Literal["down", "brief", "none", "open", "untouched"]
VERDICTS: Mapping[Verdict, str] = {
    "down": "down for a while",
    "brief": "single requests may fail",
    "none": "none expected",
    "open": "not known",
    "untouched": "not touched",
}
_WORST: tuple[Verdict, ...] = ("down", "open", "brief", "none", "untouched")
#: Kinds of programs that users talk to.
_FRONT = frozenset({"api", "dashboard"})


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is to be expected of the API of a project. `lasts` is in seconds, as nine in ten of the like took."""

    project: str
    verdict: Verdict
    why: str
    lasts: float | None = None

    @property
    def told(self) -> str:
        """How long, where that is known."""
        return duration(timedelta(seconds=self.lasts)) if self.lasts is not None else ""


@dataclass(frozen=True, slots=True)
class _Front:
    """The programs of a project that users talk to, in a plan; `estimate` tells how long what takes, where it does."""

    plan: Plan
    project: str
    names: frozenset[str]
    estimate: Estimate | None

    def about(self, verdict: Verdict, why: str, lasts: float | None = None) -> Outlook:
        return Outlook(self.project, verdict, why, lasts)

    def upgrades(self, hop: str) -> list[Step]:
        return [s for s in self.plan.steps if str(s.target) == hop and s.action == "upgrade" and self.served_by(s)]

    def served_by(self, step: Step) -> bool:
        return not self.names.isdisjoint(step.services)

    def hosts(self, steps: Iterable[Step]) -> list[str]:
        """Where it runs before, and where it is upgraded: a program may come under another name."""
        before = {host for host, there in self.plan.placement.items() if not self.names.isdisjoint(there)}
        return sorted(before | {host for step in steps for host in step.hosts})


def outlooks(plan: Plan, estimate: Estimate | None = None) -> tuple[Outlook, ...]:
    """One for each project that has an API in this cloud, and for those that nobody could place; in project order."""
    fronts = {project: _Front(plan, project, names, estimate) for project, names in _fronts(plan).items()}
    found = {project: _of_project(front) for project, front in fronts.items()}
    unplaced = {_project(f.subject): f.message for f in plan.findings if f.code == "api.unplaced"}
    lost = {name: Outlook(name, "open", f"{why}; nothing is planned for it") for name, why in unplaced.items()}
    every = {**lost, **found}
    return tuple(every[name] for name in project_order(every))


def _project(name: str) -> str:
    known = binary(name)
    return known.project if known else name


def _fronts(plan: Plan) -> Mapping[str, frozenset[str]]:
    """The programs that users talk to, by project."""
    there = {name for on_host in plan.placement.values() for name in on_host}
    found: dict[str, set[str]] = {}
    for name in there | {name for step in plan.steps for name in step.services}:
        one = binary(name)
        if one and one.kind in _FRONT and one.plane == "control":
            found.setdefault(one.project, set()).add(name)
    return {project: frozenset(mine) for project, mine in found.items()}


def _of_project(front: _Front) -> Outlook:
    """The worst of all hops."""
    found = [one for hop in front.plan.hops if (one := _in_hop(front, str(hop)))]
    if not found:
        return front.about("untouched", "no step of the plan restarts it")
    return min(found, key=lambda one: (_WORST.index(one.verdict), -(one.lasts or 0)))


def _in_hop(front: _Front, hop: str) -> Outlook | None:
    steps = front.upgrades(hop)
    if not steps:
        return None
    told = (f for f in front.plan.findings if f.code == "plan.outage" and f.subject == front.project)
    down = next((f.message for f in told if f"hop to {hop} " in f.message), "")
    return front.about("down", down, _stands_still(front, hop, steps)) if down else _restarted(front, steps)


def _stands_still(front: _Front, hop: str, steps: Sequence[Step]) -> float | None:
    """From the first step that stops it until its API is upgraded."""
    course = front.estimate.course if front.estimate else {}
    stops = [s for s in front.plan.steps if s.action == "drain" and s.project == front.project and str(s.target) == hop]
    if any(step.id not in course for step in (*stops, steps[0])):
        return None
    begin, end = course[(stops or steps)[0].id][0], course[steps[0].id][1]
    return end - begin


def _restarted(front: _Front, steps: Sequence[Step]) -> Outlook:
    plan, hosts = front.plan, front.hosts(steps)
    at_once = max(_at_once(plan, step) for step in steps)
    if len(hosts) == 1:
        return front.about(
            "down", f"while {steps[0].id} restarts it on its only host, {hosts[0]}", _longest(front, steps)
        )
    if any(len(step.hosts) > 1 for step in steps):
        taker = plan.binding(steps[0])
        who = taker.use if taker else "whoever does it"
        return front.about("open", f"{who} decides how it goes over the {len(hosts)} hosts inside one step")
    if at_once >= len(hosts):
        why = f"the policy lets all its {len(hosts)} hosts restart at once"
        return front.about("down", why, _longest(front, steps))
    others = f"restarted on {count(at_once, 'host')} of {len(hosts)} at a time"
    if _fenced(front, steps):
        return front.about("none", f"{others}, each taken out of the load balancer before")
    return front.about("brief", f"{others}; nothing in the plan takes them out of a load balancer before")


def _at_once(plan: Plan, step: Step) -> int:
    return min((plan.windows.get(key, 1) for key in step.slots), default=1)


def _fenced(front: _Front, steps: Sequence[Step]) -> bool:
    """Whether requests to these programs are led away from every host of the steps before."""
    away = [s for s in front.plan.steps if s.action == "drain" and s.plane == "control" and front.served_by(s)]
    drained = {(step.target, host) for step in away for host in step.hosts}
    return all((step.target, host) in drained for step in steps for host in step.hosts)


def _longest(front: _Front, steps: Sequence[Step]) -> float | None:
    """The longest of them, if all goes as with nine in ten of the like."""
    lengths = front.estimate.known.lengths if front.estimate else {}
    return max((lengths[step.id].p90 for step in steps if step.id in lengths), default=None)
