"""A plan as a script to read: what each strategy would type."""

from collections.abc import Iterable

from stairlift.model.plan import Plan
from stairlift.report.runbook import runbook
from stairlift.wiring.around import commands_around
from stairlift.wiring.planning import commands_of, strategies_of


def runbook_lines(plan: Plan) -> Iterable[str]:
    """Its lines. Raises UsageError (strategy.*) where a strategy of the plan is not installed, or cannot say."""
    strategies = strategies_of(plan)
    return runbook(plan, lambda step: commands_of(step, strategies), lambda one: commands_around(one, plan))
