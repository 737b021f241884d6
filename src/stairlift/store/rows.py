"""Rows to nouns and nouns to rows."""

from typing import Any

from sqlalchemy import Row

from stairlift.model.run import Attempt, AttemptId, Command, Event, Run, RunState, StepState, StepStatus

Values = dict[str, Any]

_STATES = {state.value: state for state in StepState}

#: The columns that each kind of write sets.
STATUS = ("state", "attempt", "approved", "started_at", "worked_at", "ended_at", "reason", "retries")
ATTEMPT_END = ("ended_at", "result", "returncode", "reason", "facts")
ATTEMPT = ("run", "step", "number", "started_at", "undo", *ATTEMPT_END)
EVENT = ("run", "seq", "at", "kind", "step", "attempt", "data")


def run_of(row: Row[Any]) -> Run:
    """A row of `run`."""
    return Run(**{**row._asdict(), "state": RunState(row.state)})


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


def status_of(row: Row[Any]) -> StepStatus:
    """A row of `step` that holds its id and the columns of STATUS."""
    values = tuple(row)
    return StepStatus(values[0], _STATES[values[1]], *values[2:])


def status_values(run_id: str, status: StepStatus, was: StepState | None) -> Values:
    """What the update of a step binds: its key and the state that it must still have, then what it gets."""
    return {
        "key_run": run_id,
        "key_id": status.id,
        "key_state": was._value_ if was else status.state._value_,
        "state": status.state._value_,
        "attempt": status.attempt,
        "approved": status.approved,
        "started_at": status.started_at,
        "worked_at": status.worked_at,
        "ended_at": status.ended_at,
        "reason": status.reason,
        "retries": status.retries,
    }


def attempt_of(row: Row[Any]) -> Attempt:
    """A row of `attempt`."""
    return Attempt(
        id=AttemptId(row.run, row.step, row.number),
        started_at=row.started_at,
        ended_at=row.ended_at,
        result=row.result,
        returncode=row.returncode,
        reason=row.reason,
        facts=row.facts,
        undo=row.undo,
    )


def attempt_row(attempt: Attempt) -> Values:
    """A row of `attempt` that begins."""
    return {
        "run": attempt.id.run,
        "step": attempt.id.step,
        "number": attempt.id.number,
        "started_at": attempt.started_at,
        "ended_at": attempt.ended_at,
        "result": attempt.result,
        "returncode": attempt.returncode,
        "reason": attempt.reason,
        "facts": dict(attempt.facts),
        "undo": attempt.undo,
    }


def attempt_values(attempt: Attempt) -> Values:
    """What the closing of an attempt binds."""
    return {
        "key_run": attempt.id.run,
        "key_step": attempt.id.step,
        "key_number": attempt.id.number,
        "ended_at": attempt.ended_at,
        "result": attempt.result,
        "returncode": attempt.returncode,
        "reason": attempt.reason,
        "facts": dict(attempt.facts),
    }


def event_of(row: Row[Any]) -> Event:
    """A row of `event`."""
    return Event(run=row.run, seq=row.seq, at=row.at, kind=row.kind, step=row.step, attempt=row.attempt, data=row.data)


def event_row(event: Event) -> Values:
    """A row of `event`."""
    return {
        "run": event.run,
        "seq": event.seq,
        "at": event.at,
        "kind": event.kind,
        "step": event.step,
        "attempt": event.attempt,
        "data": event.data,
    }


def command_of(row: Row[Any]) -> Command:
    """A row of `command`."""
    return Command(**row._asdict())


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
