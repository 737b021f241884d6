"""How much longer a run may take, from how far it has come: a guess, and told as one."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from stairlift.model.run import SETTLED, Run, RunState, StepState

#: Less than this share of the steps, and fewer steps, tell nothing.
_SHARE, _STEPS = 0.03, 5


def share(run: Run, counts: Mapping[StepState, int]) -> tuple[int, int]:
    """How many steps have come to their end, and of how many; of a run that is taken back how many were taken back."""
    if "rollback" in run.options:
        return counts.get(StepState.UNDONE, 0), int(run.options["rollback"]["steps"])
    return sum(counts.get(state, 0) for state in SETTLED), sum(counts.values())


def percent(done: int, total: int) -> int:
    """Rounded down: only what is whole is a hundred."""
    return 100 * done // total if total else 100


def left(run: Run, counts: Mapping[StepState, int], now: datetime) -> timedelta | None:
    """What remains if the rest goes as what is done; None where that tells nothing."""
    done, total = share(run, counts)
    if run.state is not RunState.RUNNING or run.started_at is None or done < max(_STEPS, _SHARE * total):
        return None
    return (now - run.started_at) * (total - done) / done
