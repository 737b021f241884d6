"""Whether a cloud is still the one that a plan was made for, as far as the planner does not judge that itself."""

from collections.abc import Iterable, Sequence

from stairlift.model.cloud import RunningRelease
from stairlift.model.finding import Finding, unwaived_errors
from stairlift.model.plan import Plan
from stairlift.model.run import SETTLED, StepStatus


def other_cloud(plan: Plan, found: str) -> list[Finding]:
    """The credentials lead somewhere else."""
    if found == plan.cloud:
        return []
    message = f"the plan is for {plan.cloud}, the credentials here lead to {found}"
    return [Finding("drift.cloud", "error", found, message, "set OS_CLOUD, or source the right openrc file")]


def other_release(plan: Plan, running: RunningRelease) -> list[Finding]:
    """The cloud left the release that the plan starts from: somebody has upgraded it, or a part of it, since.

    A plan for a part of an upgrade was made while the rest was at its target already, and carries a finding of that.
    """
    possible = [start for start, _ in running.unfinished] or list(running.candidates)
    expected = any(f.code == "release.contradicted" for f in plan.findings)
    if not possible or plan.source in possible or expected:
        return []
    named = " or ".join(map(str, running.candidates))
    message = f"the plan starts from {plan.source}, and the cloud shows {named} by now"
    resolution = "`stairlift resume` goes on where a run has stopped; else make a new plan for what remains"
    return [Finding("drift.release", "error", named, message, resolution)]


def shows_target(plan: Plan, running: RunningRelease) -> bool:
    """Whether nothing speaks against all of the plan being done; a cloud put back from a backup speaks against it."""
    return not running.candidates or plan.target in running.candidates


def new_errors(plan: Plan, findings: Iterable[Finding]) -> list[Finding]:
    """Errors that nobody knew of, and nobody waived, when the plan was made."""
    known = {(f.code, f.subject) for f in plan.findings}
    return [f for f in unwaived_errors(findings, plan.waivers) if (f.code, f.subject) not in known]


def behind(plan: Plan, drifted: Sequence[Finding], findings: Iterable[Finding]) -> list[Finding]:
    """What was a warning at most, and may be why services are gone: sources that answered when the plan was made."""
    if all(f.code != "drift.gone" for f in drifted):
        return []
    known = {f.subject for f in plan.findings if f.code.startswith("source.")}
    silent = [f for f in findings if f.code.startswith("source.") and f.severity == "warning"]
    return [f for f in silent if f.subject not in known]


def half_done(plan: Plan, statuses: Iterable[StepStatus]) -> bool:
    """Whether a step of the control plane was begun and is not at its end: then it is our doing if APIs are away."""
    begun = {s.id for s in statuses if s.attempt and s.state not in SETTLED}
    return any(step.plane == "control" for step in plan.steps if step.id in begun)
