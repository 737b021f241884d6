"""Plans that are to be decided on, with a past that tells how long their steps take."""

from datetime import timedelta

from stairlift.model.likeness import sort_of
from stairlift.model.plan import Plan
from stairlift.report.change import Proposal
from stairlift.report.estimates import Estimate, estimate, history, known, seconds
from stairlift.run.rehearsing import play
from stairlift.testing.clouds import NOON


def an_estimate(plan: Plan, *taken: float) -> Estimate:
    """By a past in which steps of every sort of the plan took one of these, in seconds."""
    sorts = {sort_of(step.action, step.services, step.strategy) for step in plan.steps}
    found = known(plan, history({sort: [timedelta(seconds=length) for length in taken] for sort in sorts}))
    courses = ({s: (one.begin, one.end) for s, one in play(plan, seconds(found, w)).items()} for w in ("p50", "p90"))
    return estimate(plan, found, tuple(courses))


def a_proposal(plan: Plan, *taken: float, **given) -> Proposal:
    return Proposal(plan, NOON, an_estimate(plan, *taken), **given)
