"""What would be typed, step by step, by somebody who did it by hand."""

import shlex
from collections.abc import Callable, Iterable

from stairlift.knowledge.successors import successors
from stairlift.model.plan import Around, Plan, Step
from stairlift.report.plan_tree import MARKS
from stairlift.report.text import span


def runbook(
    plan: Plan,
    commands: Callable[[Step], tuple[str, ...]],
    around: Callable[[Around], tuple[str, str]] = lambda _: ("", ""),
) -> Iterable[str]:
    """A shell script to read: each step's reason as a comment, then its commands, between what surrounds the run."""
    yield f"# {plan.cloud}: {plan.source} -> {plan.target}, plan {plan.hash}"
    for one in plan.around:
        yield from ("", f"# around the run: {one.name}", around(one)[0])
    for number, step in enumerate(plan.steps, 1):
        yield ""
        where = f" on {span(step.hosts)}" if step.hosts else ""
        yield f"# {number}. {step.id}: {step.action}{where} ({MARKS[step.reversibility]})"
        yield f"#    {step.reason}"
        yield from (f"#    {old} ends here: {', '.join(new)} take over" for old, new in successors(plan, step).items())
        yield from commands(step) or (_nothing(step),)
    for one in reversed(plan.around):
        yield from ("", f"# the end of {one.name}", around(one)[1])


def _nothing(step: Step) -> str:
    """A shell's empty command, which says why there is none."""
    why = "a person approves what follows" if step.action == "approve" else f"no strategy matches {step.id}"
    return f": {shlex.quote(why)}"
