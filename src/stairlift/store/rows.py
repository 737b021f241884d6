"""Nouns, made rows; `plain` is the way back."""

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from stairlift.model.effect import Effect
from stairlift.model.run import Attempt, Command, Event, Run, StepState, StepStatus

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Values = dict[str, Any]
#: The values of a row that is written in bulk, in the order that is named beside what makes it.
Ordered = tuple[Any, ...]

#: The columns that each kind of write sets, and the parameters by which it finds its row.
STATUS_KEY = ("key_run", "key_id", "key_state")
ATTEMPT_KEY = ("key_run", "key_step", "key_number")
STATUS = ("state", "attempt", "approved", "started_at", "worked_at", "ended_at", "reason", "retries")
ATTEMPT_END = ("ended_at", "result", "returncode", "reason", "facts")
ATTEMPT = ("run", "step", "number", "started_at", "undo", *ATTEMPT_END)
EVENT = ("run", "seq", "at", "kind", "step", "attempt", "data")


def values_of(noun: "DataclassInstance") -> Values:
    """The row of a noun whose fields are its columns."""
    return {field.name: getattr(noun, field.name) for field in fields(noun)}


def run_row(run: Run) -> Values:
    """A row of `run`."""
    return {
        "id": run.id,
        "cloud": run.cloud,
        "plan_hash": run.plan_hash,
        "source": run.source,
        "target": run.target,
        "state": run.state.value,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "approve_all": run.approve_all,
        "actor": run.actor,
        "reason": run.reason,
        "options": dict(run.options),
        "intent": run.intent,
    }


def status_values(run_id: str, status: StepStatus, was: StepState | None) -> Ordered:
    """What the update of a step binds: STATUS_KEY (the state is that which it must still have), then STATUS."""
    state = status.state._value_
    return (
        run_id,
        status.id,
        was._value_ if was else state,
        state,
        status.attempt,
        status.approved,
        status.started_at,
        status.worked_at,
        status.ended_at,
        status.reason,
        status.retries,
    )


def attempt_row(attempt: Attempt) -> Ordered:
    """A row of `attempt` that begins: ATTEMPT."""
    named = attempt.id
    return (named.run, named.step, named.number, attempt.started_at, attempt.undo, *_end(attempt))


def attempt_values(attempt: Attempt) -> Ordered:
    """What the closing of an attempt binds: ATTEMPT_KEY, then ATTEMPT_END."""
    named = attempt.id
    return (named.run, named.step, named.number, *_end(attempt))


def _end(attempt: Attempt) -> Ordered:
    return (attempt.ended_at, attempt.result, attempt.returncode, attempt.reason, dict(attempt.facts))


def event_row(event: Event) -> Ordered:
    """A row of `event`: EVENT."""
    return (event.run, event.seq, event.at, event.kind, event.step, event.attempt, event.data)


def command_row(command: Command) -> Values:
    """A row of `command`."""
    return {
        "id": command.id,
        "run": command.run,
        "kind": command.kind,
        "step": command.step,
        "actor": command.actor,
        "reason": command.reason,
        "at": command.at,
        "result": command.result,
        "answer": command.answer,
        "details": dict(command.details),
    }


def effect_row(run_id: str, effect: Effect) -> Values:
    """A row of `effect`."""
    return {
        "run": run_id,
        "id": effect.id,
        "kind": effect.kind,
        "subject": effect.subject,
        "step": effect.step,
        "binding": effect.binding,
        "state": effect.state,
        "at": effect.at,
        "details": dict(effect.details),
        "ended_at": effect.ended_at,
        "note": effect.note,
    }
