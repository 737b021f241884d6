"""All transitions there are, in one table each. What is not in a table cannot happen."""

from collections.abc import Mapping
from typing import Any

from stairlift.model.plan import ONCE_ACTIONS, Step
from stairlift.model.run import CommandKind, RunState, StepState

R, S = RunState, StepState

#: From one state of a step to another: the kind of the event that says so.
STEP_MOVES: Mapping[tuple[StepState, StepState], str] = {
    (S.PENDING, S.WAITING): "step.waiting",  # its turn has come; it asks for approval
    (S.PENDING, S.PENDING): "step.approved",  # approved before its turn
    (S.WAITING, S.PENDING): "step.approved",  # starts as soon as there is room
    (S.PENDING, S.RUNNING): "step.started",  # on record before the work begins
    (S.PENDING, S.DONE): "step.passed",  # an approved gate: there is no work
    (S.RUNNING, S.VERIFYING): "step.verifying",  # well so far; do its services report?
    (S.RUNNING, S.DONE): "step.done",  # nothing to verify
    (S.RUNNING, S.FAILED): "step.failed",
    (S.RUNNING, S.UNKNOWN): "step.unknown",  # lost, or the strategy cannot tell
    (S.VERIFYING, S.DONE): "step.done",
    (S.VERIFYING, S.VERIFYING): "step.missing",  # what is waited for is put on record
    (S.VERIFYING, S.FAILED): "step.failed",  # its services stay silent
    (S.VERIFYING, S.UNKNOWN): "step.unknown",  # nobody waits for them any more
    (S.DONE, S.PENDING): "step.reopened",  # what it had changed was put back while the run rested
    (S.FAILED, S.PENDING): "step.retried",
    (S.UNKNOWN, S.PENDING): "step.retried",  # only once nothing of it still runs
    (S.PENDING, S.SKIPPED): "step.skipped",
    (S.WAITING, S.SKIPPED): "step.skipped",
    (S.FAILED, S.SKIPPED): "step.skipped",
    (S.UNKNOWN, S.SKIPPED): "step.skipped",  # only once nothing of it still runs
    (S.RUNNING, S.RETRYING): "step.retrying",  # for a reason that passes; the next attempt begins by itself
    (S.RETRYING, S.RUNNING): "step.started",
    (S.RETRYING, S.PENDING): "step.retried",  # a person does not want to wait
    (S.RETRYING, S.SKIPPED): "step.skipped",
    (S.RETRYING, S.FAILED): "step.failed",  # what it would take is not to be had any more
    (S.DONE, S.UNDOING): "step.undoing",
    (S.FAILED, S.UNDOING): "step.undoing",  # its host may be half upgraded
    (S.UNKNOWN, S.UNDOING): "step.undoing",  # only once nothing of it still runs
    (S.RETRYING, S.UNDOING): "step.undoing",
    (S.PENDING, S.UNDOING): "step.undoing",  # it has run, and another attempt was ordered that has not begun
    (S.UNDO_FAILED, S.PENDING): "step.retried",  # taken back as soon as there is room; nothing of it still runs
    (S.UNDO_FAILED, S.SKIPPED): "step.skipped",  # somebody has taken it back by hand, or wants it left
    (S.UNDOING, S.UNDOING): "step.undo-verifying",  # taken back; do its services report?
    (S.UNDOING, S.UNDONE): "step.undone",
    (S.UNDOING, S.UNDO_FAILED): "step.undo-failed",
}

#: The same for a run.
RUN_MOVES: Mapping[tuple[RunState, RunState], str] = {
    (R.PENDING, R.RUNNING): "run.started",
    (R.RUNNING, R.RUNNING): "run.resumed",  # its orchestrator had gone; attempts in flight are adopted
    (R.WAITING, R.RUNNING): "run.resumed",
    (R.PAUSED, R.RUNNING): "run.resumed",
    (R.FAILED, R.RUNNING): "run.resumed",
    (R.RUNNING, R.WAITING): "run.waiting",
    (R.RUNNING, R.PAUSED): "run.paused",
    (R.RUNNING, R.FAILED): "run.failed",
    (R.RUNNING, R.DONE): "run.done",
    (R.PENDING, R.PAUSED): "run.paused",
    (R.WAITING, R.PAUSED): "run.paused",
    (R.ROLLING_BACK, R.PAUSED): "run.paused",
    (R.PENDING, R.CANCELLED): "run.cancelled",
    (R.RUNNING, R.CANCELLED): "run.cancelled",
    (R.WAITING, R.CANCELLED): "run.cancelled",
    (R.PAUSED, R.CANCELLED): "run.cancelled",
    (R.FAILED, R.CANCELLED): "run.cancelled",
    (R.ROLLING_BACK, R.CANCELLED): "run.cancelled",
    (R.RUNNING, R.ROLLING_BACK): "run.rolling-back",
    (R.WAITING, R.ROLLING_BACK): "run.rolling-back",
    (R.PAUSED, R.ROLLING_BACK): "run.rolling-back",
    (R.FAILED, R.ROLLING_BACK): "run.rolling-back",
    (R.ROLLING_BACK, R.ROLLING_BACK): "run.resumed",
    (R.ROLLING_BACK, R.FAILED): "run.failed",
    (R.ROLLING_BACK, R.ROLLED_BACK): "run.rolled-back",
}

#: The states of a step in which a command means something.
COMMANDS: Mapping[CommandKind, frozenset[StepState]] = {
    "approve": frozenset({S.PENDING, S.WAITING}),
    "retry": frozenset({S.FAILED, S.UNKNOWN, S.RETRYING, S.UNDO_FAILED}),
    "skip": frozenset({S.PENDING, S.WAITING, S.FAILED, S.UNKNOWN, S.RETRYING, S.UNDO_FAILED}),
}

#: The states of a run in which a command about it as a whole means something.
RUN_COMMANDS: Mapping[CommandKind, frozenset[RunState]] = {
    "pause": frozenset({R.PENDING, R.RUNNING, R.WAITING, R.ROLLING_BACK}),
    "cancel": frozenset({R.PENDING, R.RUNNING, R.WAITING, R.PAUSED, R.FAILED, R.ROLLING_BACK}),
    "rollback": frozenset({R.RUNNING, R.WAITING, R.PAUSED, R.FAILED}),
    "stop-after": frozenset({R.PENDING, R.RUNNING, R.WAITING, R.PAUSED, R.FAILED}),
}

#: The states in which a command has already come true: told once more it changes nothing, and is no mistake.
COME_TRUE: Mapping[CommandKind, frozenset[RunState]] = {
    "pause": frozenset({R.PAUSED}),
    "cancel": frozenset({R.CANCELLED}),
    "rollback": frozenset({R.ROLLING_BACK, R.ROLLED_BACK}),
    "stop-after": frozenset(),
}

#: Where a command leads.
COMMAND_TARGETS: Mapping[CommandKind, StepState] = {
    "approve": S.PENDING,
    "retry": S.PENDING,
    "skip": S.SKIPPED,
}


class IllegalMove(Exception):
    """A transition that no table knows: a bug in Stairlift, never something that a person did."""


def step_event(source: StepState, target: StepState) -> str:
    """The kind of the event for a step's move. Raises IllegalMove."""
    try:
        return STEP_MOVES[source, target]
    except KeyError:
        raise IllegalMove(f"a step cannot go from {source} to {target}") from None


def run_event(source: RunState, target: RunState) -> str:
    """The kind of the event for a run's move. Raises IllegalMove."""
    try:
        return RUN_MOVES[source, target]
    except KeyError:
        raise IllegalMove(f"a run cannot go from {source} to {target}") from None


def needs_approval(step: Step) -> bool:
    """Whether a person has to agree first: a gate, or a step that nothing leads back from and that no gate covers."""
    return (step.one_way and not step.gate) or step.action == "approve"


def skippable(step: Step) -> bool:
    """Whether the rest of the plan can stand without this step.

    Not for a database or anything done once in a hop, and not for a gate: who lets it pass approves what it covers.
    """
    return step.action not in ONCE_ACTIONS and step.action != "approve"


def remark(**facts: Any) -> dict[str, Any]:
    """The data of an event: only what there is to say."""
    return {key: value for key, value in facts.items() if value or isinstance(value, int)}
