"""The order of projects: ours, a deployer's own where it has one, and whose counts where they contradict each other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stairlift.knowledge.order import edges, project_order, why
from stairlift.model.finding import Finding
from stairlift.model.plan import Binding
from stairlift.plan.hop import Hop
from stairlift.plan.manners import Share, control_plane, shares


@dataclass(frozen=True, slots=True)
class Overruled:
    """That a deployer would take `first` before `then`, and why that cannot be followed."""

    binding: Binding
    first: str
    then: str
    reason: str


@dataclass(frozen=True, slots=True)
class ProjectOrder:
    """Projects in the order of their upgrade, and where a deployer's own order was not followed."""

    projects: tuple[str, ...]
    overruled: tuple[Overruled, ...] = ()


def sequence(projects: Iterable[str], taken: Sequence[Share]) -> ProjectOrder:
    """All projects, by the deployers' own orders where no hard edge forbids them, and else by ours."""
    ours = project_order(projects)
    waits: dict[str, set[str]] = {name: set() for name in ours}
    for edge in edges():
        if edge.level == "project" and edge.strength == "hard":
            for before, after in edge.pairs(ours):
                waits[after].add(before)
    overruled: list[Overruled] = []
    for binding, first, then in _claims(taken):
        if _precedes(then, first, waits):
            reason = why(then, first) or "of what lies between them"
            overruled.append(Overruled(binding, first, then, reason))
        else:
            waits[then].add(first)
    return ProjectOrder(_sorted(ours, waits), tuple(overruled))


def _claims(taken: Sequence[Share]) -> Iterable[tuple[Binding, str, str]]:
    """Each pair of projects that a deployer carries, as its own order has them."""
    carried: dict[str, tuple[Binding, set[str]]] = {}
    for share in taken:
        carried.setdefault(share.binding.id, (share.binding, set()))[1].add(share.project)
    for binding, mine in (carried[name] for name in sorted(carried)):
        order = [project for project in dict.fromkeys(binding.manner.order) if project in mine]
        for n, first in enumerate(order):
            for then in order[n + 1 :]:
                yield binding, first, then


def _precedes(first: str, then: str, waits: Mapping[str, set[str]]) -> bool:
    """Whether `then` waits for `first`, directly or through others."""
    seen, left = {then}, [then]
    while left:
        new = waits[left.pop()] - seen
        if first in new:
            return True
        seen |= new
        left += new
    return False


def _sorted(preferred: Sequence[str], waits: Mapping[str, set[str]]) -> tuple[str, ...]:
    left, done = {name: set(before) for name, before in waits.items()}, list[str]()
    while left:
        ready = next(name for name in preferred if name in left and not left[name])
        done.append(ready)
        del left[ready]
        for before in left.values():
            before.discard(ready)
    return tuple(done)


def against_ours(share: Share, later: Iterable[str]) -> str:
    """A clause for what comes later only since the deployer has it so, against a preference of ours."""
    order = share.binding.manner.order
    mine = [p for p in later if share.project in order and p in order and why(p, share.project)]
    return f"before {' and '.join(mine)}, as {share.binding.use} has it" if mine else ""


def about_order(hop: Hop) -> list[Finding]:
    """Where a deployer's own order could not be followed, whose was, and why."""
    services = control_plane(hop)
    taken = shares(hop, services, "control") if "control" in hop.stages else []
    return [_overruled(one) for one in sequence({s.project for s in services}, taken).overruled] if taken else []


def _overruled(one: Overruled) -> Finding:
    return Finding(
        code="plan.order",
        severity="warning",
        subject=f"{one.binding.id}:{one.first}",
        message=(
            f"{one.binding.use} would upgrade {one.first} before {one.then}; the plan has {one.then} first, "
            f"because {one.reason}"
        ),
        resolution=f"nothing, if {one.binding.use} can upgrade {one.then} alone; else see its release notes",
    )
