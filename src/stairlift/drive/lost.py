"""An attempt that was begun and left no result: what is known of it is found out, then it may be begun anew."""

from stairlift.drive.tools import Tools
from stairlift.drive.verification import heard_once
from stairlift.model.plan import Step
from stairlift.model.run import Attempt, AttemptId, Lost
from stairlift.model.work import Verdict
from stairlift.ports import UpgradeStrategy
from stairlift.run.retries import bears_repeating

#: Where everything dies at once, such as a service's control group, the last of it may be there for a moment.
_LOOKS, _BETWEEN = 5, 1.0


async def verdict_on_lost(ending: Lost, step: Step, attempt: Attempt, tools: Tools) -> Verdict:
    """Unknown, never done. Temporary where nothing of it is left and its strategy can do it all over again.

    Services that report are no proof that they were upgraded, so what the registries say is told and decides nothing.
    """
    if left := await _remains(attempt.id, tools):
        return Verdict("unknown", f"{ending.reason}; of it still runs: {', '.join(left)}")
    told = await heard_once(step, attempt.started_at, tools)
    reason = f"{ending.reason}; {told}" if told else ending.reason
    again = not attempt.undo and bears_repeating(step) and _repeatable(tools.strategies[step.strategy or ""])
    return Verdict("unknown", reason, temporary=again)


async def _remains(attempt: AttemptId, tools: Tools) -> tuple[str, ...]:
    left = await tools.executor.remains(attempt)
    for _ in range(_LOOKS):
        if not left:
            break
        await tools.clock.sleep(_BETWEEN)
        left = await tools.executor.remains(attempt)
    return left


def _repeatable(strategy: UpgradeStrategy) -> bool:
    """It may be anybody's code: one that cannot say does not vouch for it."""
    try:
        return bool(strategy.capabilities().repeatable)
    except (Exception, SystemExit):  # noqa: BLE001
        return False
