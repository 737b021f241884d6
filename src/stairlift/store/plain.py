"""Rows as a driver gives them, made nouns.

SQLite knows neither times nor documents: there they are text. PostgreSQL's driver gives them as what they are.
"""

import json
from dataclasses import fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from stairlift.model.effect import Effect
from stairlift.model.run import Attempt, AttemptId, Command, Event, Run, RunState, StepState, StepStatus

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Noun = TypeVar("Noun", bound="DataclassInstance")
_STATES = {state.value: state for state in StepState}

#: The columns of which each noun is made, in their order.
RUN = (
    *("id", "cloud", "plan_hash", "source", "target", "state", "created_at", "started_at", "ended_at"),
    *("approve_all", "actor", "reason", "options", "intent"),
)
STATUS = ("id", "state", "attempt", "approved", "started_at", "worked_at", "ended_at", "reason", "retries")
ATTEMPT = (*("run", "step", "number", "started_at", "ended_at", "result", "returncode", "reason", "facts", "undo"),)
EVENT = ("run", "seq", "at", "kind", "step", "attempt", "data")
COMMAND = ("id", "run", "kind", "step", "actor", "reason", "at", "result", "answer", "details")
EFFECT = ("id", "kind", "subject", "step", "binding", "state", "at", "details", "ended_at", "note")


def noun_of(kind: type[Noun], row: Any) -> Noun:
    """What `rows.values_of` has made a row of, as SQLAlchemy gives it."""
    return kind(**{field.name: getattr(row, field.name) for field in fields(kind)})


def run_of(row: Any) -> Run:
    """A row of RUN."""
    named: tuple[str, str, str, str, str] = row[:5]
    state, created, started, ended, approve_all, actor, reason, options, intent = row[5:]
    times = (_time(created), _moment(started), _moment(ended))
    return Run(*named, RunState(state), *times, bool(approve_all), actor, reason, _document(options), intent)


def status_of(row: Any) -> StepStatus:
    """A row of STATUS."""
    name, state, attempt, approved, started, worked, ended, reason, retries = row
    times = (_moment(started), _moment(worked), _moment(ended))
    return StepStatus(name, _STATES[state], attempt, bool(approved), *times, reason, retries)


def attempt_of(row: Any) -> Attempt:
    """A row of ATTEMPT."""
    run, step, number, started, ended, result, returncode, reason, facts, undo = row
    times = (_time(started), _moment(ended))
    return Attempt(AttemptId(run, step, number), *times, result, returncode, reason, _document(facts), bool(undo))


def event_of(row: Any) -> Event:
    """A row of EVENT."""
    run, seq, at, kind, step, attempt, data = row
    return Event(run, seq, _time(at), kind, step, attempt, _document(data))


def command_of(row: Any) -> Command:
    """A row of COMMAND."""
    name, run, kind, step, actor, reason, at, result, answer, details = row
    return Command(name, run, kind, step, actor, reason, _time(at), result, answer, _document(details))


def effect_of(row: Any) -> Effect:
    """A row of EFFECT."""
    name, kind, subject, step, binding, state, at, details, ended, note = row
    return Effect(name, kind, subject, step, binding, state, _time(at), _document(details), _moment(ended), note)


def length_of(row: Any) -> timedelta:
    """How long it was from the one time of a row to the other."""
    began, ended = row
    return _time(ended) - _time(began)


def _moment(value: Any) -> datetime | None:
    return None if value is None else _time(value)


def _time(value: Any) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _document(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
