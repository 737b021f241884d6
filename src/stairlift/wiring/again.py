"""The second look: before anything runs or goes on, the cloud must still be the one that was approved."""

from collections.abc import Sequence

from stairlift.check.again import behind, half_done, new_errors, other_cloud, other_release
from stairlift.model.errors import Refusal
from stairlift.model.finding import Finding
from stairlift.model.plan import Plan
from stairlift.model.run import SETTLED, StepStatus
from stairlift.plan import refuse
from stairlift.plan.drift import drift
from stairlift.report.text import count
from stairlift.strategy.around import changed_since
from stairlift.strategy.freezing import changed_files
from stairlift.wiring.look import Look


def check_plan(plan: Plan) -> None:
    """Refuse what no look at the cloud could make right.

    Raises Refusal: plan.refused, plan.no_strategy, plan.recorded, plan.files_changed.
    """
    refuse(plan)
    bare = [s for s in plan.steps if s.strategy is None and s.action != "approve"]
    if bare:
        raise Refusal(
            code="plan.no_strategy",
            brief=f"{count(len(bare), 'step')} of the plan have no strategy, the first is {bare[0].id}",
            resolution="add a matching [[strategy]] to stairlift.toml and make a new plan",
        )
    if any(spec.startswith("recording:") for spec in plan.sources):
        raise Refusal(
            code="plan.recorded",
            brief="this plan was made from a recording, and a recording cannot be upgraded",
            resolution="make a plan of the cloud itself",
        )
    changed = [text for binding in plan.bindings for text in changed_files(binding)]
    changed += [text for around in plan.around for text in changed_since(around)]
    if changed:
        raise Refusal(
            code="plan.files_changed",
            brief="what the plan froze has changed since",
            details="\n  ".join(changed),
            resolution="put it back, or plan again (`stairlift replan` for a run that was begun)",
        )


def demand_original(plan: Plan) -> None:
    """Refusal (plan.replaces) for a plan that goes on with a run: begun by itself, it would do again what is done."""
    if plan.replaces:
        raise Refusal(
            code="plan.replaces",
            brief=f"this plan takes the place of run {plan.replaces}, and would do again what that has done",
            resolution=f"`stairlift replan {plan.replaces} --approve {plan.hash}`, or make a new plan",
        )


def judge_start(plan: Plan, seen: Look) -> None:
    """Refuse to begin where anything has changed since the plan was made. Raises Refusal (plan.drift)."""
    cloud, findings = seen.reconciled.cloud, seen.reconciled.findings
    drifted = drift(plan, cloud, plan.steps)
    refuse_drift(
        *other_cloud(plan, cloud.name),
        *other_release(plan, cloud.release),
        *new_errors(plan, findings),
        *behind(plan, drifted, findings),
        *drifted,
    )


def judge_resumption(plan: Plan, seen: Look, statuses: Sequence[StepStatus]) -> None:
    """Refuse to go on where what remains cannot be done any more. Raises Refusal (plan.drift), NoAnswer.

    What the run itself has brought about is no drift: a host that died on the way is there all the same, and while a
    step of the control plane is half done a silent API is no reason to leave it so; then nothing can be compared.
    """
    cloud = seen.reconciled.cloud
    refuse_drift(*other_cloud(plan, cloud.name))
    if seen.silent and half_done(plan, statuses):
        return
    seen.demand_answer()
    settled = {s.id for s in statuses if s.state in SETTLED}
    findings = seen.reconciled.findings
    silent = [f for f in new_errors(plan, findings) if f.code.startswith("source.")]
    drifted = drift(plan, cloud, [s for s in plan.steps if s.id not in settled])
    refuse_drift(*silent, *behind(plan, drifted, findings), *drifted)


def judge_retreat(plan: Plan, seen: Look) -> None:
    """Refuse to take back what is another cloud. Raises Refusal (plan.drift)."""
    refuse_drift(*other_cloud(plan, seen.reconciled.cloud.name))


def refuse_drift(*findings: Finding) -> None:
    """Raise Refusal (plan.drift) with these findings, where there are any."""
    if findings:
        raise Refusal(
            code="plan.drift",
            brief="the cloud is not as it was when the plan was made",
            resolution="see to what is named, or plan again (`stairlift replan` for a run that was begun)",
            findings=findings,
        )
