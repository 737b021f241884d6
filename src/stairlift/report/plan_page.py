"""A plan as a page shows it: its marks and numbers, its tree, and its steps a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from stairlift.model.finding import Finding, Waiver, in_order
from stairlift.model.plan import Plan, Step
from stairlift.report.plan_tree import MARKS, Branch, plan_tree
from stairlift.report.text import span

#: So many steps are on a page.
STEPS = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One step of a plan."""

    id: str
    stage: str
    action: str
    hosts: str
    services: str
    strategy: str
    reason: str
    mark: str
    one_way: bool
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding, and whoever answers for going on in spite of it."""

    finding: Finding
    waiver: Waiver | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that the page of a plan says before anybody asks for single steps."""

    plan: Plan
    tree: Branch
    hosts: int
    one_way: tuple[str, ...]
    stops: int
    findings: tuple[Judged, ...]
    stages: tuple[tuple[str, str, int], ...]
    bare: int

    @property
    def refused(self) -> int:
        """How many findings forbid to begin it."""
        return sum(one.finding.severity == "error" and one.waiver is None for one in self.findings)


def sheet(plan: Plan) -> Sheet:
    """The page of a plan. Each stage is named with its hop and the number of its steps."""
    stages: dict[tuple[str, str], int] = {}
    for step in plan.steps:
        key = (str(step.target), step.stage)
        stages[key] = stages.get(key, 0) + 1
    return Sheet(
        plan=plan,
        tree=plan_tree(plan),
        hosts=len({host for step in plan.steps for host in step.hosts}),
        one_way=tuple(step.id for step in plan.steps if step.one_way),
        stops=sum(step.reversibility == "parking" for step in plan.steps),
        findings=tuple(Judged(f, _waiver(f, plan)) for f in in_order(plan.findings)),
        stages=tuple((hop, stage, number) for (hop, stage), number in stages.items()),
        bare=sum(step.strategy is None and step.action != "approve" for step in plan.steps),
    )


def _waiver(finding: Finding, plan: Plan) -> Waiver | None:
    return next((w for w in plan.waivers if finding.severity == "error" and w.covers(finding)), None)


def rows(plan: Plan, hop: str, stage: str, host: str, *, page: int = 1) -> tuple[tuple[Row, ...], int]:
    """The steps of a stage or of a host, one page of them, and how many there are in all."""
    meant = [step for step in plan.steps if _fits(step, hop, stage, host)]
    return tuple(map(_row, meant[(page - 1) * STEPS : page * STEPS])), len(meant)


def _fits(step: Step, hop: str, stage: str, host: str) -> bool:
    return hop in ("", str(step.target)) and stage in ("", step.stage) and (not host or host in step.hosts)


def _row(step: Step) -> Row:
    return Row(
        id=step.id,
        stage=step.stage,
        action=step.action,
        hosts=span(step.hosts),
        services=_some(step.services),
        strategy="a person" if step.action == "approve" else step.strategy or "NO STRATEGY",
        reason=step.reason,
        mark=MARKS[step.reversibility],
        one_way=step.one_way,
        needs=(*step.needs, *step.after),
    )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
