"""What a run asks of the whole cloud: before it begins, and again before the steps that nothing leads back from."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from stairlift.check.again import new_errors
from stairlift.drive.check_registry import installed
from stairlift.drive.checks import run_checks
from stairlift.drive.gates.settings import BEFORE
from stairlift.knowledge.binaries import in_quorum
from stairlift.knowledge.checks import catalogue
from stairlift.model.availability import Canary
from stairlift.model.check import CheckResult
from stairlift.model.errors import Refusal
from stairlift.model.finding import Finding, Waiver, in_order, unwaived_errors
from stairlift.model.plan import Asked, Plan, Step
from stairlift.model.run import Run
from stairlift.model.scope import HARMLESS, Scope
from stairlift.ports import Assent, Check, Records
from stairlift.report.text import count
from stairlift.run.standstill import standstill
from stairlift.wiring.before import before
from stairlift.wiring.clock import now, today
from stairlift.wiring.config.waivers import demand_in_force, in_force
from stairlift.wiring.look import Look, Where, glance
from stairlift.wiring.questions import Way, asking

#: What was found before a run holds for so long; then the first change waits for another look.
YOUNG = timedelta(minutes=30)
_CHECKED = "checked_at"
_NAMED = 3
_EVERY_TIME = frozenset({"notes.unread", "freeze.unconfirmed", "backup.unconfirmed", "check.skipped"})


def demand_ready(plan: Plan, seen: Look, where: Where, scope: Scope, note: Callable[[str], None]) -> dict[str, Any]:
    """What a run keeps of the checks before it. Raises Refusal (run.not_ready), UsageError (waiver.expired).

    Nothing is asked where only such steps may start that change nothing.
    """
    if not _changes(plan, scope):
        return {}
    demand_in_force(plan.waivers, today())
    found = in_order(_found(plan, seen, where))
    errors = unwaived_errors(found, plan.waivers)
    if errors:
        raise Refusal(
            code="run.not_ready",
            brief=f"{count(len(errors), 'finding')} of the checks before the first change speak against it",
            resolution=f"mend what is named (`stairlift check --to {plan.target}` asks again), or plan with a waiver",
            findings=errors,
        )
    warnings = [f for f in found if _is_news(f) and not any(w.covers(f) for w in plan.waivers)]
    if warnings:
        note(f"the checks warn of {_named(warnings)}: `stairlift check --to {plan.target}` has all of it")
    return {_CHECKED: now().isoformat()}


def waived(plan: Plan) -> dict[str, Any]:
    """What a run keeps of the plan's waivers, so that its status can name them."""
    return {"waivers": [waiver.told for waiver in plan.waivers]} if plan.waivers else {}


def _changes(plan: Plan, scope: Scope) -> bool:
    may_start = scope.open or {step.stage for step in plan.steps}
    return any(s.action != "approve" and s.stage != HARMLESS and s.stage in may_start for s in plan.steps)


def _found(plan: Plan, seen: Look, where: Where) -> Iterator[Finding]:
    planned = [finding for finding in plan.findings if finding.code.startswith("drain.")]
    results, about = before(asking(seen, where, Way(plan.source, plan.target, plan), planned), plan.waivers)
    yield from about
    for result in results:
        yield from result.findings


def _is_news(finding: Finding) -> bool:
    """A warning of what was seen; what nobody answers for or could ask is so every time."""
    return finding.severity == "warning" and finding.code not in _EVERY_TIME


def _named(findings: Sequence[Finding]) -> str:
    codes = list(dict.fromkeys(finding.code for finding in findings))
    more = f" and {len(codes) - _NAMED} more" if len(codes) > _NAMED else ""
    return ", ".join(codes[:_NAMED]) + more


@dataclass
class RunKeeper:
    """Fills ports.Gatekeeper for a run. `begun` says that it has changed something already.

    The look before the first change is taken again where the last one is older than `YOUNG`.
    """

    plan: Plan
    run: Run
    where: Where
    records: Records
    begun: bool

    def watches(self, step: Step) -> bool:
        """See ports.Gatekeeper. What is let pass begins, and from then on the run has changed something."""
        if self._one_way(step) is not None or self._opens(step) or _restarts_member(step):
            return True
        self.begun = self.begun or (step.action != "approve" and step.stage != HARMLESS)
        return False

    def judge(self, step: Step) -> Assent:
        """See ports.Gatekeeper."""
        seen = glance(self.where)
        silent = [f for f in new_errors(self.plan, seen.reconciled.findings) if f.code.startswith("source.")]
        results = self._asked(step, seen)
        found = in_order([*silent, *(finding for result in results for finding in result.findings)])
        still = standstill(self.plan, self.records.steps(self.run.id))
        errors = [f for f in unwaived_errors(found, self.waivers) if not still.explains(f)]
        self.begun = self.begun or not errors
        return Assent(_objection(errors), _evidence(results), tuple(result.info.code for result in results))

    def _one_way(self, step: Step) -> Step | None:
        """What nothing leads back from, and what of it is looked at here: before the gate that covers it, if one does.

        Behind that gate its project stands still, on purpose.
        """
        covered = next((s for s in self.plan.steps if s.gate == step.id), None) if step.action == "approve" else None
        return covered or (step if step.one_way and not step.gate else None)

    def _opens(self, step: Step) -> bool:
        if self.begun or step.action == "approve" or step.stage == HARMLESS:
            return False
        at = self.run.options.get(_CHECKED)
        return at is not None and now() - datetime.fromisoformat(at) > YOUNG

    @property
    def waivers(self) -> tuple[Waiver, ...]:
        """Those of the plan whose time is not over."""
        return in_force(self.plan.waivers, today())

    def _asked(self, step: Step, seen: Look) -> tuple[CheckResult, ...]:
        asked = asking(seen, self.where, Way(step.source, step.target, self.plan))
        one_way = self._one_way(step)
        if one_way is None and self._opens(step):
            return before(asked, self.waivers)[0]
        effects = self.records.effects(self.run.id)
        scene = replace(asked.scene, about=one_way or step, baseline=self.baseline, effects=effects)
        matters = _matters if one_way else _of_members
        checks = [check for check in installed().checks if matters(check)]
        return run_checks(checks, scene, asked.ways, phase="gate", waivers=self.waivers)

    @property
    def baseline(self) -> Mapping[str, Mapping[str, Any]]:
        """What the checks that compare found before the run."""
        kept = self.run.options.get(BEFORE, {}).values()
        return {code: facts for one in kept for code, facts in one["facts"].items()}


def at_the_end(keeper: RunKeeper, canary: Canary | None = None) -> tuple[str, ...]:
    """What the checks of the end say of a cloud that a run has brought to its target, one sentence each.

    What runs there now is the target's code. Nothing of a plan for a part: the rest of the cloud is as it was.
    """
    plan = keeper.plan
    if plan.asked != Asked():
        return ()
    asked = asking(glance(keeper.where), keeper.where, Way(plan.target, plan.target))
    scene = replace(asked.scene, baseline=keeper.baseline, effects=keeper.records.effects(keeper.run.id), canary=canary)
    results = run_checks(installed().checks, scene, asked.ways, phase="end", waivers=keeper.waivers)
    found = in_order(finding for result in results for finding in result.findings)
    grave = [f for f in found if f.severity != "info" and not any(w.covers(f) for w in keeper.waivers)]
    return tuple(f"{f.code} {f.subject}: {f.message}; {f.resolution}" for f in grave)


def _matters(check: Check) -> bool:
    """Whether it is asked before a one-way step; a check of somebody else's says so by its phase."""
    known = catalogue().get(check.info.code)
    return known.one_way if known else "gate" in check.info.phases


def _of_members(check: Check) -> bool:
    """Whether it is asked before a member of a quorum restarts."""
    known = catalogue().get(check.info.code)
    return known is not None and known.member


def _restarts_member(step: Step) -> bool:
    """Whether others of its cluster must be there meanwhile. Who leads them is asked then, since that moves."""
    return step.action == "upgrade" and any(map(in_quorum, step.services))


def _objection(errors: Sequence[Finding]) -> str:
    told = "; ".join(f"{f.code} {f.subject}: {f.message}" for f in errors[:_NAMED])
    return told + (f"; and {len(errors) - _NAMED} more" if len(errors) > _NAMED else "")


def _evidence(results: Sequence[CheckResult]) -> tuple[str, ...]:
    return tuple(f"{r.info.code} {r.state}: {r.judgement.evidence or r.judgement.unknown}" for r in results)
