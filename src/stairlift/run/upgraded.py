"""Which hosts run the target of a hop already, for steps that send something from one host to others."""

from collections.abc import Iterable

from stairlift.model.plan import Plan, Step
from stairlift.model.run import StepState, StepStatus


def upgraded(plan: Plan, statuses: Iterable[StepStatus], step: Step) -> tuple[str, ...]:
    """The hosts with the step's services on which every upgrade of these is done in its hop; () for other steps.

    A host without an upgrade in a plan for the whole cloud had it before. In a plan for a part nobody knows.
    """
    if step.action != "drain":
        return ()
    wanted = set(step.services)
    upgrades = {s.id: s for s in plan.steps if s.action == "upgrade" and s.target == step.target}
    behind: set[str] = set()
    done: set[str] = set()
    for status in statuses:
        mine = upgrades.get(status.id)
        if mine and wanted & set(mine.services):
            (done if status.state is StepState.DONE else behind).update(mine.hosts)
    whole = not (plan.asked.hosts or plan.asked.exclude or plan.asked.stages)
    before = {host for host, names in plan.placement.items() if wanted <= set(names)} if whole else set()
    return tuple(sorted((done | before) - behind))
