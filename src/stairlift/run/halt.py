"""Why nothing more of a run starts, and where that leads."""

from dataclasses import dataclass

from stairlift.model.cause import Cause
from stairlift.model.run import Run, RunState


@dataclass(frozen=True, slots=True)
class Halt:
    """No step starts any more; once none is in flight the run comes to rest in `state`, with this reason.

    `now`: what is in flight is not waited for, but ended. `cause` is what a run rests for that could go on.
    """

    state: RunState
    reason: str
    now: bool = False
    cause: Cause | None = None

    @classmethod
    def of(cls, run: Run) -> "Halt | None":
        """That of a run which was cancelled or is to be taken back: it holds whoever takes the run up.

        While it is rolling back a run is not halted by that any more.
        """
        if run.intent == "rollback" and run.state is not RunState.ROLLING_BACK:
            return cls(RunState.ROLLING_BACK, "")
        if run.intent != "cancel":
            return None
        told = run.options.get("cancel", {})
        return cls(RunState.CANCELLED, str(told.get("reason", "cancelled")), bool(told.get("now")))

    @property
    def over_failure(self) -> bool:
        """Whether it matters more than that the failure budget is spent: who cancels does not mean to go on."""
        return self.state is not RunState.PAUSED
