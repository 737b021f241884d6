"""What old and new services have to bear of each other, where the order of a plan cannot keep them apart."""

from collections.abc import Iterable, Sequence

from stairlift.knowledge.binaries import binary
from stairlift.knowledge.order import Edge, edges
from stairlift.model.finding import Finding
from stairlift.model.plan import Step
from stairlift.plan.fleet import named
from stairlift.plan.hop import Hop


def about_mixing(hops: Sequence[Hop], steps: Sequence[Step]) -> list[Finding]:
    """Node by node, what of one node is newer than a service of another that should have gone first."""
    found: dict[str, Finding] = {}
    for hop in hops:
        for edge, one, two in _reversed(_by_policy(hop, steps)):
            found.setdefault(_project(edge.after), _mixed(edge, one, two))
    return list(found.values())


def _by_policy(hop: Hop, steps: Sequence[Step]) -> list[Step]:
    """The upgrades of the control plane whose order is the policy's and not a deployer's."""
    theirs = {b.id for b in hop.bindings if b.manner.projects}
    mine = [s for s in steps if s.target == hop.target and s.stage == "control" and s.action == "upgrade"]
    return [s for s in mine if s.strategy not in theirs]


def _reversed(control: Sequence[Step]) -> Iterable[tuple[Edge, Step, Step]]:
    """Barriers that the plan does not keep, those before an API first, with what should come first and what does."""
    last = {name: step for step in control for name in step.services}
    first = {name: step for step in reversed(control) for name in step.services}
    place = {step.id: n for n, step in enumerate(control)}
    barriers = (e for e in edges() if e.level == "component" and (e.strength, e.scope) == ("hard", "cloud"))
    for edge in sorted(barriers, key=_behind_api):
        one, two = last.get(edge.before), first.get(edge.after)
        if one and two and place[two.id] < place[one.id]:
            yield edge, one, two


def _behind_api(edge: Edge) -> bool:
    known = binary(edge.after)
    return known is None or known.kind != "api"


def _project(name: str) -> str:
    known = binary(name)
    return known.project if known else ""


def _mixed(edge: Edge, one: Step, two: Step) -> Finding:
    message = (
        f"{edge.after} of {named(two.hosts)} is upgraded before {edge.before} of {named(one.hosts)}, although "
        f"{edge.reason}"
    )
    resolution = (
        'order = "service" keeps the barrier, where services share no libraries; else do not stay between these nodes: '
        "no stop_after, no pause, and nothing asked of the new API that only the target knows"
    )
    return Finding("order.mixed", "info", _project(edge.after), message, resolution)
