"""Whether a run can be taken back, what that would undo, and what else is possible.

No OpenStack project takes a schema back. So a rollback undoes what a strategy vouches for, within one hop, before its
first one-way step; everything else is refused with what it would cost to do it by hand.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from stairlift.knowledge.binaries import binary
from stairlift.knowledge.procedures import procedure
from stairlift.model.errors import Refusal
from stairlift.model.finding import Finding
from stairlift.model.plan import DATABASE_ACTIONS, Plan, Step
from stairlift.model.rollback import Kept, WayBack, current_hop, must_go_back
from stairlift.model.run import UNWELL, Run, RunState, StepState, StepStatus

_NAMED = 3
#: What each one-way step has done to the old release.
_GONE = {
    "db-contract": "the code of {source} cannot start on {project}'s contracted schema",
    "db-migrate": "{project}'s records are rewritten for {target}",
    "unpin": "{project} speaks {target} since, in messages and in its records",
}


def way_back(plan: Plan, statuses: Sequence[StepStatus]) -> WayBack:
    """What a rollback would do now."""
    hop = current_hop(plan.steps, statuses)
    pairs = [(step, status) for step, status in zip(plan.steps, statuses, strict=True) if step.target == hop]
    undo = [step for step, status in pairs if must_go_back(step, status)]
    kept = (Kept(step, why) for step, status in pairs if (why := _why_kept(step, status)))
    source = next((step.source for step, _ in pairs), plan.source)
    return WayBack(source, tuple(reversed(undo)), tuple(kept), (*_one_way(pairs), *_not_vouched_for(plan, undo)))


def _why_kept(step: Step, status: StepStatus) -> str:
    """Why a step that was carried out stays as it is; empty for what goes back, or was never begun."""
    if not status.attempt or must_go_back(step, status) or status.state is StepState.UNDONE:
        return ""
    if status.state is StepState.SKIPPED:
        return "it was skipped, so it stays as it was left"
    if step.action == "db-expand":
        return _parked(step)
    return "it changes nothing that runs"


def _parked(step: Step) -> str:
    known = procedure(step.project or "")
    if known is not None and known.cold:
        return (
            f"the schema stays; that the code of {step.source} runs on it is not promised: {known.cold_reason}; only "
            f"{step.project}'s own database, restored by hand, leads back, and what was written to it since is lost"
        )
    return f"the schema stays expanded, and the code of {step.source} runs on it"


def how_it_ended(plan: Plan, statuses: Sequence[StepStatus]) -> str:
    """How a run stands once everything is undone, in words."""
    way = way_back(plan, statuses)
    earlier = "; the hops before it stay" if way.release != plan.source else ""
    left = [kept.step.id for kept in way.kept if kept.step.stage != "prepare"]
    stays = f"; as they were left: {_some(left)}" if left else ""
    return f"taken back to {way.release}{earlier}{stays}"


# What stands against it


def _one_way(pairs: Iterable[tuple[Step, StepStatus]]) -> list[Finding]:
    """The one-way steps that were begun, with what restoring by hand would cost.

    The schema of a project that is upgraded cold stands in nobody else's way: it is told what stays of it.
    """
    return [_point_of_no_return(step, status) for step, status in pairs if _bars(step) and status.attempt]


def _bars(step: Step) -> bool:
    return step.one_way and step.action != "db-expand"


def _point_of_no_return(step: Step, status: StepStatus) -> Finding:
    since = _at(status.started_at)
    projects = _projects(step)
    told = _GONE.get(step.action, "nothing leads back from it: {reason}").format(
        source=step.source, target=step.target, project=" and ".join(projects) or step.id, reason=step.reason
    )
    data = f"the database{'s' if len(projects) > 1 else ''} of {', '.join(projects)}" if projects else "what it keeps"
    resolution = (
        f"by hand only: restore {data} from a backup made before {since}, with the programs of {step.source}; all "
        f"that was written to it since then is lost"
    )
    return Finding("rollback.one_way", "error", step.id, f"begun at {since}; {told}", resolution)


def _projects(step: Step) -> list[str]:
    named = (one.project for name in step.services if (one := binary(name)))
    return [step.project] if step.project else sorted(set(named))


def _at(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}Z" if moment else "its begin"


def _not_vouched_for(plan: Plan, undo: Iterable[Step]) -> list[Finding]:
    """The strategies that have changed something and have no way back, each with its steps."""
    helpless: dict[str, list[str]] = defaultdict(list)
    able = {binding.id for binding in plan.bindings if binding.can_undo}
    for step in undo:
        if step.strategy not in able and not step.one_way:
            helpless[step.strategy or "none"].append(step.id)
    return [_helpless(strategy, steps) for strategy, steps in sorted(helpless.items())]


def _helpless(strategy: str, steps: Sequence[str]) -> Finding:
    message = f"it has no way back, and has begun {_some(steps)}"
    resolution = "by hand only, or by a strategy that was given an undo before the plan was made"
    return Finding("rollback.no_undo", "error", strategy, message, resolution)


def rollback_refusal(plan: Plan, run: Run, statuses: Sequence[StepStatus]) -> Refusal | None:
    """Why a run cannot be taken back, and what is possible instead; None where it can."""
    way = way_back(plan, statuses)
    if not way.against:
        return None
    return Refusal(
        code="run.rollback_refused",
        brief=f"run {run.id} cannot be taken back to {way.release}: {_briefly(way.against)}",
        resolution="\n  ".join(("What is possible:", *_possible(run, plan, statuses))),
        findings=way.against,
    )


def superseded(run: Run, runs: Iterable[Run]) -> Refusal | None:
    """Why a run cannot be taken back any more: another one has begun since, and builds on what it did."""
    others = (other for other in runs if other.cloud == run.cloud and other.created_at > run.created_at)
    later = next((o for o in others if o.started_at and o.state is not RunState.ROLLED_BACK), None)
    if later is None:
        return None
    return Refusal(
        code="run.rollback_refused",
        brief=f"run {run.id} cannot be taken back: run {later.id} has begun since, and builds on it",
        resolution=f"`stairlift rollback {later.id}` first, if that can be taken back (it is {later.state})",
    )


def _briefly(against: Sequence[Finding]) -> str:
    one_way = [finding.subject for finding in against if finding.code == "rollback.one_way"]
    if one_way:
        return f"nothing leads back from {_some(one_way)}, which {'has' if len(one_way) == 1 else 'have'} begun"
    return f"{_some([finding.subject for finding in against])} cannot undo what was begun"


def _possible(run: Run, plan: Plan, statuses: Sequence[StepStatus]) -> list[str]:
    """To stay, to go on, to restore: each in a line."""
    hop = current_hop(plan.steps, statuses)
    pairs = zip(plan.steps, statuses, strict=True)
    begun = [step for step, status in pairs if step.target == hop and status.attempt]
    unwell = [status.id for status in statuses if status.state in UNWELL]
    first = f" (see to {_some(unwell)} first)" if unwell else ""
    retry = f"`stairlift retry {run.id} STEP`, then " if unwell else ""
    lines = [f"- stay{first}: {_side_by_side(begun)}", f"- go on: {retry}`stairlift resume {run.id}`"]
    if any(step.action in DATABASE_ACTIONS or step.one_way for step in begun):
        lines.append(f"- go back by hand: {_BY_HAND}")
    return lines


_BY_HAND = (
    "restore databases from your backups. Nova, placement, neutron and cinder keep each other's ids, so one that is "
    "restored alone no longer fits the others. Stairlift never does it"
)


def _side_by_side(begun: Sequence[Step]) -> str:
    """Why nobody has to hurry where a run stands."""
    stages = {step.stage for step in begun}
    source, target = (begun[-1].source, begun[-1].target) if begun else ("", "")
    if "finish" in stages:
        return f"services run {target}; only what comes last is left, and nothing fails for the lack of it"
    if stages & {"network", "compute"}:
        return (
            f"a control plane of {target} serves hosts of {source} for as long as their projects support the mix; "
            f"guests do not move from a new host to an old one"
        )
    still = sorted({step.project or "" for step in begun if step.one_way and step.action == "db-expand"})
    but = f"; not those of {_some(still)}, which wait for their upgrade" if still else ""
    return f"schemas have grown and version pins hold, so services of {source} run beside those of {target}{but}"


def _some(names: Sequence[str]) -> str:
    left = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {left} more" if left > 0 else "")
