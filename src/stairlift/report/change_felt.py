"""Of the report on a run: what users of the cloud felt, and what of the downtime budget that took."""

from collections.abc import Mapping

from stairlift.model.availability import METER
from stairlift.model.plan import Plan
from stairlift.model.run import Run
from stairlift.report.availability_words import COLUMNS, STEP_COLUMNS, availability_lines, figure_rows, step_rows
from stairlift.report.figures import Availability
from stairlift.report.paper import Section, grid, section, words

#: The keys of a budget that are no API.
_REQUESTS, _EACH = "requests", "*"


def felt(plan: Plan, run: Run, found: Availability | None) -> Section:
    """What was measured, per API and per step, and the budget beside it."""
    title = "What users of the APIs felt"
    if found is None:
        was = "The meter's file is not on this machine." if METER in run.options else "It was not measured."
        return section("felt", title, words(f"{was} Nobody knows what users felt."))
    return section(
        "felt",
        title,
        words("; ".join(availability_lines(found)) + "."),
        grid(COLUMNS, figure_rows(found.apis)),
        grid(STEP_COLUMNS, step_rows(found.steps)),
        grid(("Budget for", "Allowed", "Used", ""), budget_rows(plan.policy.get("downtime_budget") or {}, found)),
    )


def budget_rows(budget: Mapping[str, float], found: Availability) -> list[tuple[str, ...]]:
    """What each line of the budget allowed, and what of it was used."""
    rows: list[tuple[str, ...]] = []
    for one in found.apis:
        allowed = budget.get(one.name, budget.get(_EACH))
        if allowed is not None:
            rows.append((one.name, f"{allowed:g}s", f"{one.downtime:.1f}s", _kept(one.downtime, allowed)))
    if _REQUESTS in budget:
        rows.append(("requests", f"{budget[_REQUESTS]:g}", str(found.failed), _kept(found.failed, budget[_REQUESTS])))
    return rows


def _kept(used: float, allowed: float) -> str:
    return "kept" if used <= allowed else "exceeded"
