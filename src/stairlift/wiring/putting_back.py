"""Who puts back what a run has changed beside the upgrade: the strategies of its plan, and who knows its own."""

from collections.abc import Mapping

from stairlift.model.plan import Plan
from stairlift.model.run import Run
from stairlift.ports import UpgradeStrategy
from stairlift.wiring.around import with_surroundings
from stairlift.wiring.meter import with_leftovers
from stairlift.wiring.office import Office
from stairlift.wiring.planning import strategies_of


def who_puts_back(plan: Plan, run: Run, office: Office) -> Mapping[str, UpgradeStrategy]:
    """By the binding that an effect names: those that carry out steps, the write probe's, that of what surrounds it."""
    strategies = with_leftovers(strategies_of(plan), run, office.state_dir)
    return with_surroundings(strategies, plan, run, office.executor)
