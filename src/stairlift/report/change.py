"""The report on a change: before, from a plan, for those who decide on it; after, from its run, with what happened."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from stairlift.knowledge.releases import describe
from stairlift.model.plan import Plan
from stairlift.report import change_course, change_guests, change_people, change_scope
from stairlift.report.estimates import Estimate
from stairlift.report.outlook import outlooks
from stairlift.report.paper import Paper
from stairlift.report.text import count, day


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan that is to be decided on, at a time. `made_by` and `made_at` are what is on record about its making."""

    plan: Plan
    at: datetime
    estimate: Estimate
    made_by: str = ""
    made_at: datetime | None = None


def before(proposal: Proposal) -> Paper:
    """What the plan is about to do: about a page, whatever the size of the cloud."""
    plan, estimate = proposal.plan, proposal.estimate
    sections = (
        change_scope.scope(plan),
        change_course.course(plan, estimate),
        change_course.expected(plan, estimate),
        change_scope.expected_outages(outlooks(plan, estimate)),
        change_guests.servers(plan),
        change_course.one_way(plan),
        change_course.stops(plan),
        change_course.back(plan),
        change_people.approvals(plan),
        change_people.findings(plan),
        change_people.origin(plan),
    )
    return Paper("before", title(plan), _facts(proposal), sections, numbers(plan, estimate))


def title(plan: Plan) -> str:
    """What the change is called."""
    return f"Upgrade of {plan.cloud} from {describe(plan.source)} to {describe(plan.target)}"


def _facts(proposal: Proposal) -> tuple[tuple[str, str], ...]:
    plan = proposal.plan
    hosts = {host for step in plan.steps for host in step.hosts}
    return (
        ("State", "proposed"),
        ("Cloud", plan.cloud),
        ("Way", " -> ".join((describe(plan.source), *map(describe, plan.hops)))),
        ("Size", f"{count(len(plan.steps), 'step')} on {count(len(hosts), 'host')}"),
        ("Expected to take", change_course.whole(proposal.estimate)),
        ("Plan", plan.hash),
        ("Made by", made(proposal)),
        ("Written", day(proposal.at)),
    )


def made(proposal: Proposal) -> str:
    """By whom and when the plan was made, as far as that is on record."""
    when = f", {day(proposal.made_at)}" if proposal.made_at else ""
    return f"{proposal.made_by}{when}" if proposal.made_by else "not on record: a file says what, and not by whom"


def numbers(plan: Plan, estimate: Estimate) -> Mapping[str, float | int | None]:
    """What programs count with; lengths are in seconds."""
    return {
        "steps": len(plan.steps),
        "hosts": len({host for step in plan.steps for host in step.hosts}),
        "hops": len(plan.hops),
        "one_way": sum(step.one_way for step in plan.steps),
        "approvals": len(change_people.asked(plan)),
        "waivers": len(plan.waivers),
        "expected_p50": estimate.whole.p50 if estimate.whole else None,
        "expected_p90": estimate.whole.p90 if estimate.whole else None,
    }
