"""Which attempts are followed by another one without a person's help, and after how long."""

from stairlift.model.plan import ONCE_ACTIONS, Plan, Step
from stairlift.model.run import StepStatus
from stairlift.model.work import Verdict


def tries_again(plan: Plan, status: StepStatus, verdict: Verdict) -> bool:
    """Whether a step goes on by itself after this verdict: it passes, and tries are left."""
    return verdict.temporary and verdict.result != "done" and status.retries < plan.retries


def pause_before(plan: Plan, retry: int) -> float:
    """Seconds before the first, second, ... try after a failure: each time twice as long."""
    return float(plan.retry_after * 2 ** (retry - 1))


def bears_repeating(step: Step) -> bool:
    """Whether a step that was cut off half-way could be begun anew, if its strategy can do so.

    Never what happens once in a hop or has no way back: how far it got is for a person to find out.
    """
    return not step.one_way and step.action not in ONCE_ACTIONS
