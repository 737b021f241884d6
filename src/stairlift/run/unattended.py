"""What a run needs of whoever finds that nobody orchestrates it."""

from collections.abc import Collection
from typing import Literal

from stairlift.model.run import FINAL_RUN_STATES, CommandKind, Run, RunState

#: "go on" is what `stairlift resume` does, "rest" what `pause` and `cancel` do where nobody orchestrates the run.
Need = Literal["go on", "rest"]

#: Somebody is at work on a run in one of these, or ought to be.
UNDER_WAY = frozenset({RunState.PENDING, RunState.RUNNING, RunState.ROLLING_BACK})
_ASKING = frozenset({RunState.WAITING, RunState.FAILED})
_ANSWERS: frozenset[CommandKind] = frozenset({"approve", "retry", "skip"})
_REST: frozenset[CommandKind] = frozenset({"pause", "cancel"})


def need_of(run: Run, told: Collection[CommandKind]) -> Need | None:
    """What somebody has to do about it; `told` is what it was told that nobody has acted on.

    A run that was paused is left alone: nobody but a person takes it up again, or has it taken back.
    """
    if run.state in FINAL_RUN_STATES:
        return None
    if not _REST.isdisjoint(told) or (run.intent == "cancel" and run.state in UNDER_WAY):
        return "rest"
    if run.state in UNDER_WAY or "rollback" in told:
        return "go on"
    if run.state in _ASKING and not _ANSWERS.isdisjoint(told):
        return "go on"
    return "rest" if "stop-after" in told else None
