"""How states are shown: a shape, a word and a tone. The tone is for doors to colour; shape and word say it too."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from stairlift.model.run import RunState, StepState

#: "good" came well, "busy" is at work, "ask" needs a person, "bad" is not well, "rest" is stopped, "idle" is to come.
Tone = Literal["good", "busy", "ask", "bad", "rest", "idle"]


@dataclass(frozen=True, slots=True)
class Sign:
    """What stands for a state."""

    glyph: str
    word: str
    tone: Tone


_RUNS: Mapping[RunState, Sign] = {
    RunState.PENDING: Sign("○", "pending", "idle"),
    RunState.RUNNING: Sign("▶", "running", "busy"),
    RunState.PAUSED: Sign("‖", "paused", "rest"),
    RunState.WAITING: Sign("?", "waiting", "ask"),
    RunState.FAILED: Sign("✘", "failed", "bad"),
    RunState.CANCELLED: Sign("⊘", "cancelled", "rest"),
    RunState.ROLLING_BACK: Sign("↶", "rolling back", "busy"),
    RunState.ROLLED_BACK: Sign("↶", "rolled back", "rest"),
    RunState.DONE: Sign("✔", "done", "good"),
}

_STEPS: Mapping[StepState, Sign] = {
    StepState.PENDING: Sign("○", "to come", "idle"),
    StepState.WAITING: Sign("?", "wants approval", "ask"),
    StepState.RUNNING: Sign("▶", "at work", "busy"),
    StepState.VERIFYING: Sign("…", "waits for its services", "busy"),
    StepState.DONE: Sign("✔", "done", "good"),
    StepState.FAILED: Sign("✘", "failed", "bad"),
    StepState.UNKNOWN: Sign("✘", "unknown", "bad"),
    StepState.SKIPPED: Sign("↷", "skipped", "rest"),
    StepState.RETRYING: Sign("↻", "begins again", "busy"),
    StepState.UNDOING: Sign("↶", "is taken back", "busy"),
    StepState.UNDONE: Sign("↶", "taken back", "rest"),
    StepState.UNDO_FAILED: Sign("✘", "not taken back", "bad"),
}

#: Of several steps together the first of these that there is tells how they stand.
FOREMOST: tuple[StepState, ...] = (
    StepState.FAILED,
    StepState.UNKNOWN,
    StepState.UNDO_FAILED,
    StepState.WAITING,
    StepState.RETRYING,
    StepState.UNDOING,
    StepState.RUNNING,
    StepState.VERIFYING,
)


def run_sign(state: RunState) -> Sign:
    """That of a run."""
    return _RUNS[state]


def step_sign(state: StepState) -> Sign:
    """That of a step."""
    return _STEPS[state]


def group_sign(counts: Mapping[StepState, int]) -> Sign:
    """That of several steps: what needs somebody first, then what is at work, then how far they have come."""
    for state in FOREMOST:
        if counts.get(state):
            return _STEPS[state]
    left = [state for state in StepState if counts.get(state)]
    if len(left) == 1:
        return _STEPS[left[0]]
    if StepState.PENDING not in left:
        return _STEPS[StepState.UNDONE if StepState.UNDONE in left else StepState.DONE]
    return Sign("◐", "begun", "busy")
