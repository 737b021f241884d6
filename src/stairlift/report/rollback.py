"""What a rollback would do, before it does it."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from stairlift.model.plan import Plan
from stairlift.model.rollback import Kept, WayBack
from stairlift.report.text import count, span

_SHOWN = 10


def way_back_lines(plan: Plan, way: WayBack, *, whole: bool) -> tuple[str, ...]:
    """What is undone in which order, what stays and why; `whole` names every step, else the first few."""
    steps = way.undo if whole else way.undo[:_SHOWN]
    left = len(way.undo) - len(steps)
    return (
        f"{plan.cloud}: back to {way.release}, {count(len(way.undo), 'step')} to undo"
        + (", the last of the plan first" if len(way.undo) > 1 else ""),
        *(f"  undo   {step.id} ({step.action} on {span(step.hosts)}, by {step.strategy})" for step in steps),
        *([f"  ... and {left} more"] if left else []),
        *_kept_lines(way.kept, whole=whole),
        "  no database is restored",
    )


def _kept_lines(kept: Iterable[Kept], *, whole: bool) -> Sequence[str]:
    """One for each reason, with the steps that it is the reason of."""
    lines = []
    for why, group in groupby(sorted(kept, key=lambda one: one.why), key=lambda one: one.why):
        names = [one.step.id for one in group]
        lines.append(f"  stays  {', '.join(names) if whole else span(names)}: {why}")
    return lines


def way_back_document(way: WayBack) -> dict[str, Any]:
    """The same as JSON, with what stands against it."""
    return {
        "back_to": str(way.release),
        "undo": [
            {"id": step.id, "action": step.action, "hosts": list(step.hosts), "strategy": step.strategy}
            for step in way.undo
        ],
        "kept": [{"id": kept.step.id, "why": kept.why} for kept in way.kept],
        "findings": [finding.document() for finding in way.against],
    }
