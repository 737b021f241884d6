"""The way back of a run: what a rollback undoes, what it leaves as it is, and what stands against it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stairlift.model.finding import Finding
from stairlift.model.plan import Action, Step
from stairlift.model.release import Release
from stairlift.model.run import StepState, StepStatus

#: What changes nothing that runs; old code runs on a schema that has grown, so that stays as well.
_HARMLESS: frozenset[Action] = frozenset({"prepare", "backup", "verify", "approve", "db-expand"})
_BACK = frozenset({StepState.UNDONE, StepState.SKIPPED})


@dataclass(frozen=True, slots=True)
class Kept:
    """A step that was carried out and is not undone, with the reason in a clause."""

    step: Step
    why: str


@dataclass(frozen=True, slots=True)
class WayBack:
    """What a rollback means for a run as it stands.

    `release` is what the hop that the run is in began from: no rollback leads behind it. `undo` has the steps in the
    order in which they are taken back, as far as the windows let them follow each other. `against` are the errors that
    forbid it; nothing is undone as long as there is one.
    """

    release: Release
    undo: tuple[Step, ...]
    kept: tuple[Kept, ...]
    against: tuple[Finding, ...]


def current_hop(steps: Sequence[Step], statuses: Iterable[StepStatus]) -> Release | None:
    """The target of the hop that a run is in: the last of which a step was begun, else its first."""
    begun = {status.id for status in statuses if status.attempt}
    targets = [step.target for step in steps if step.id in begun] or [step.target for step in steps[:1]]
    return targets[-1] if targets else None


def must_go_back(step: Step, status: StepStatus) -> bool:
    """Whether a rollback of the step's hop has to undo it: it was begun, and it changes what runs."""
    return status.attempt > 0 and status.state not in _BACK and _changes(step)


def _changes(step: Step) -> bool:
    return step.action not in _HARMLESS and step.stage != "prepare"


def taken_back(steps: Sequence[Step], statuses: Sequence[StepStatus]) -> tuple[int, int]:
    """How many steps a rollback has taken back, of how many; `statuses` are in the order of the steps."""
    hop = current_hop(steps, statuses)
    left = sum(step.target == hop and must_go_back(step, s) for step, s in zip(steps, statuses, strict=True))
    back = sum(status.state is StepState.UNDONE for status in statuses)
    return back, back + left
