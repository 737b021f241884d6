"""What people should know of the projects in a plan: what nobody promises, what is theirs to do, what takes long."""

from collections.abc import Iterable, Mapping, Sequence

from stairlift.knowledge.binaries import binary
from stairlift.knowledge.order import project_order
from stairlift.knowledge.procedures import Skips, procedure
from stairlift.knowledge.releases import is_slurp_skip
from stairlift.model.finding import Finding
from stairlift.model.plan import Step
from stairlift.plan.hop import Hop

#: Whose hosts or databases are upgraded by somebody else.
_OTHERS = frozenset({"ovn", "infra", "unknown"})
_PROMISED: Mapping[Skips, str] = {
    "one-release": "its guide or its own tests go from one release to the next only",
    "": "no upgrade test of its own is known",
}


def about_projects(hops: Sequence[Hop]) -> list[Finding]:
    """What is not promised on a hop over a release, and what people do by hand before one."""
    return [*_skipping(hops), *_before(hops)]


def _skipping(hops: Sequence[Hop]) -> Iterable[Finding]:
    ways: dict[str, list[str]] = {}
    for hop in (hop for hop in hops if is_slurp_skip(hop.source, hop.target)):
        for project in _projects(hop):
            ways.setdefault(project, []).append(f"{hop.source} to {hop.target}")
    for project, skipped in ways.items():
        known = procedure(project)
        skips: Skips = known.skips if known else ""
        if skips != "tested":
            yield Finding(
                code="project.skip",
                severity="warning",
                subject=project,
                message=f"a release of {project} is skipped ({', '.join(skipped)}): {_PROMISED[skips]}",
                resolution=f"rehearse it with a copy of {project}'s database; expect its API to be down on such a hop",
            )


def _before(hops: Sequence[Hop]) -> Iterable[Finding]:
    """Once in a plan: it is the same in every hop."""
    for project in project_order({name for hop in hops for name in _projects(hop)}):
        known = procedure(project)
        if known and known.before:
            message = f"{project} leaves to people, around each hop: {known.before}"
            yield Finding(
                "project.before",
                "warning",
                project,
                message,
                "see to it before the run; `stop_after` and approvals leave time between hops",
            )


def _projects(hop: Hop) -> tuple[str, ...]:
    mine = {s.project for s in hop.behind if s.plane == "control"} - _OTHERS
    return project_order(mine) if "control" in hop.stages else ()


def about_stopping(steps: Sequence[Step], windows: Mapping[str, int]) -> list[Finding]:
    """How long services wait before they end, all in all, and whether a deadline is shorter than that."""
    waits = {step.id: wait for step in steps if (wait := _wait(step))}
    slow = [step for step in steps if step.id in waits]
    if not slow:
        return []
    minutes = sum(waits[s.id] / _at_once(s, windows) for s in slow) / 60
    names = sorted({name for s in slow for name in s.services if _seconds(s, name)})
    verb = "stop" if len(names) > 1 else "stops"
    message = (
        f"for {max(waits.values())} s nothing happens where {' and '.join(names)} {verb}: about "
        f"{max(1, round(minutes))} min of this plan, in {len(slow)} step{'s' if len(slow) > 1 else ''}"
    )
    resolution = "see that systemd or the containers let them end: a stop time-out that is shorter kills them"
    return [
        Finding("plan.slow_stop", "info", names[0], message, resolution),
        *_too_short([s for s in slow if s.deadline is not None and s.deadline <= waits[s.id]], waits),
    ]


def _too_short(steps: Sequence[Step], waits: Mapping[str, int]) -> list[Finding]:
    if not steps:
        return []
    worst = max(steps, key=lambda s: waits[s.id])
    message = (
        f"the policy's deadline is shorter than services take to stop, in {len(steps)} "
        f"step{'s' if len(steps) > 1 else ''}: {worst.id} has {worst.deadline} s, stopping takes {waits[worst.id]} s"
    )
    resolution = "raise [policy] deadline, or lower [DEFAULT]manager_shutdown_timeout of these services"
    return [Finding("plan.deadline", "warning", worst.id, message, resolution)]


def _wait(step: Step) -> int:
    stops = step.action in ("upgrade", "unpin") or (step.action == "drain" and step.plane == "control")
    return sum(_seconds(step, name) for name in step.services) if stops else 0


def _seconds(step: Step, name: str) -> int:
    """What stops is of the old release, but at the end of a hop."""
    known = binary(name)
    way = procedure(known.project) if known else None
    return way.wait_to_stop(name, step.target if step.action == "unpin" else step.source) if way else 0


def _at_once(step: Step, windows: Mapping[str, int]) -> int:
    return max(1, min((windows[key] for key in step.slots), default=1))
