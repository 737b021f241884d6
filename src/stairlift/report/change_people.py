"""Of the report on a change: what people answer for. Findings, waivers, approvals, and where the plan comes from."""

from collections.abc import Sequence
from itertools import groupby

from stairlift.model.finding import Finding, Waiver, in_order
from stairlift.model.plan import Binding, Plan, Step
from stairlift.report.paper import Section, Typed, grid, section, words
from stairlift.report.text import count

#: Of findings of one kind so many subjects are named.
_NAMED = 5


def asked(plan: Plan) -> tuple[Step, ...]:
    """The steps at which the run waits for a person: gates, and what nothing leads back from and no gate covers."""
    return tuple(step for step in plan.steps if step.action == "approve" or (step.one_way and not step.gate))


def approvals(plan: Plan) -> Section:
    """What is asked of people, before the run and during it."""
    waiting = asked(plan)
    rows = [("the plan as a whole", "before anything is changed", f"plan {plan.hash}")]
    rows += [(step.id, f"{step.stage}, {step.target}", step.reason) for step in waiting if step.action == "approve"]
    rows += _one_way([step for step in waiting if step.action != "approve"])
    return section("approvals", "Approvals that will be asked for", grid(("What", "When", "What it is about"), rows))


def _one_way(steps: Sequence[Step]) -> list[tuple[str, str, str]]:
    """Those of a stage together: each is asked for by itself, and the section on them has their reasons."""
    groups: dict[tuple[str, str], list[Step]] = {}
    for step in steps:
        groups.setdefault((step.stage, str(step.target)), []).append(step)
    return [
        (count(len(mine), "one-way step"), f"{stage}, {hop}", "each by itself: " + ", ".join(step.id for step in mine))
        for (stage, hop), mine in groups.items()
    ]


def findings(plan: Plan) -> Section:
    """What was found, and what somebody answers for."""
    found = in_order(plan.findings)
    groups = groupby(found, key=lambda f: (_weight(f, plan.waivers), f.code))
    rows = [(weight, code, *_of_a_kind(list(group))) for (weight, code), group in groups]
    waivers = [(str(w), w.who or "the command line", w.why, str(w.until or "no end")) for w in plan.waivers]
    numbers = [(sum(f.severity == kind for f in found), kind) for kind in ("error", "warning", "info")]
    told = ", ".join(count(number, kind) for number, kind in numbers if number) or "nothing"
    return section(
        "findings",
        "Checks, findings and waivers",
        words(f"Found when the plan was made: {told}. The checks before an upgrade are asked again as the run begins."),
        grid(("Severity", "Code", "About", "What"), rows),
        grid(("Waived", "By", "Why", "Until"), waivers),
    )


def _of_a_kind(found: Sequence[Finding]) -> tuple[str, str]:
    """What they are about, and what the first of them says."""
    subjects = [f.subject for f in found]
    left = len(subjects) - _NAMED
    about = ", ".join(subjects[:_NAMED]) + (f" and {left} more" if left > 0 else "")
    return about, found[0].message + (f" (and {len(found) - 1} of the kind)" if len(found) > 1 else "")


def _weight(finding: Finding, waivers: Sequence[Waiver]) -> str:
    waived = finding.severity == "error" and any(waiver.covers(finding) for waiver in waivers)
    return "waived" if waived else finding.severity


def origin(plan: Plan) -> Section:
    """What carries the plan out, what it was made from, and how to run just this one."""
    rows = [_binding(binding) for binding in plan.bindings]
    return section(
        "origin",
        "What carries it out",
        grid(("Strategy", "Of kind", "Versions", "Files frozen"), rows),
        words(f"Sources: {', '.join(plan.sources) or 'not on record'}."),
        words("What was approved is what runs: the hash covers every decision, and files that changed since stop it."),
        Typed((f"stairlift run PLAN.json --approve {plan.hash}",)),
    )


def _binding(binding: Binding) -> tuple[str, ...]:
    versions = ", ".join(f"{name} {version}" for name, version in sorted(binding.versions.items()))
    return binding.id, binding.use, versions or "-", str(len(binding.files))
