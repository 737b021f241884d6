"""What old and new services have to bear of each other, where the order of a plan cannot keep them apart."""

from collections.abc import Iterable, Sequence

from stairlift.knowledge.binaries import binary
from stairlift.knowledge.order import Edge, edges
from stairlift.model.finding import Finding
from stairlift.model.plan import Step
from stairlift.plan.fleet import named
from stairlift.plan.hop import Hop

_DATABASES = frozenset({"ovn-nb-db", "ovn-sb-db"})


def about_mixing(hops: Sequence[Hop], steps: Sequence[Step]) -> list[Finding]:
    """Node by node, what of one node is newer than a service of another that should have gone first; and OVN."""
    found: dict[str, Finding] = {}
    for hop in hops:
        for edge, one, two in _reversed(_by_policy(hop, steps)):
            found.setdefault(_project(edge.after), _mixed(edge, one, two))
    return [*found.values(), *_about_ovn(steps)]


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


def _about_ovn(steps: Sequence[Step]) -> list[Finding]:
    """No API tells who leads a Raft cluster, so the plan's order of its members is by their names."""
    members = [s for s in steps if s.stage == "ovn" and _DATABASES & set(s.services)]
    hosts = list(dict.fromkeys(host for s in members for host in s.hosts))
    if len(hosts) < 2:
        return []
    message = (
        f"OVN's databases are upgraded on {named(hosts)} in this order; a Raft cluster wants its followers before its "
        f"leader, and no API tells which host that is"
    )
    resolution = (
        "`ovn-appctl -t /var/run/ovn/ovnsb_db.ctl cluster/status OVN_Southbound` tells, as does ovnnb_db.ctl with "
        f"OVN_Northbound: let {hosts[-1]} lead; from OVN before 22.03, set ovn-match-northd-version=true on every "
        "chassis first"
    )
    return [Finding("ovn.order", "warning", "ovn", message, resolution)]
