"""How far a run may go for now: kept with the run, so that it holds whoever carries it on."""

from dataclasses import dataclass, replace
from typing import Any

from stairlift.model.plan import STAGES, Stage
from stairlift.model.run import Run

#: Changes nothing in the cloud, so it needs nobody's approval.
HARMLESS: Stage = "prepare"


@dataclass(frozen=True, slots=True)
class Scope:
    """Steps of other stages than these do not start; none named is all of them.

    `approved`: whether somebody has approved the plan. Until then nothing starts that could change the cloud.
    `stop_after` is the last stage of a hop in which anything starts, where one is named.
    """

    stages: tuple[str, ...] = ()
    approved: bool = True
    stop_after: str = ""

    @classmethod
    def of(cls, run: Run) -> "Scope":
        """That of a run; one that says nothing of it may go to its end."""
        stages, approved = run.options.get("stages", ()), run.options.get("approved", True)
        return cls(tuple(stages), bool(approved), run.options.get("stop_after", ""))

    def on(self, run: Run) -> Run:
        """The run with this scope."""
        return replace(run, options={**run.options, **self.options()})

    def options(self) -> dict[str, Any]:
        """What the options of a run keep of it."""
        return {"stages": list(self.stages), "approved": self.approved, "stop_after": self.stop_after}

    @property
    def open(self) -> frozenset[str]:
        """The stages whose steps may start; empty means all."""
        if not self.approved:
            return frozenset({HARMLESS})
        return frozenset(self.stages) if not self.stop_after else frozenset(self.within)

    @property
    def within(self) -> tuple[str, ...]:
        """The stages that were named, or else all, as far as the one to stop after."""
        last = STAGES.index(self.stop_after) if self.stop_after in STAGES else len(STAGES)
        return tuple(stage for stage in STAGES[: last + 1] if not self.stages or stage in self.stages)
