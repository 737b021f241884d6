"""Rows as SQLite's own driver gives them, made nouns: times are ISO text, documents are JSON text."""

import json
from datetime import datetime
from typing import Any

from stairlift.model.effect import Effect
from stairlift.model.run import Attempt, AttemptId, Command, Event, Run, RunState, StepState, StepStatus

_STATES = {state.value: state for state in StepState}


def run_of(row: Any) -> Run:
    """A row of `run`."""
    (
        name,
        cloud,
        plan_hash,
        source,
        target,
        state,
        created,
        started,
        ended,
        approve_all,
        actor,
        reason,
        options,
        intent,
    ) = row
    return Run(
        id=name,
        cloud=cloud,
        plan_hash=plan_hash,
        source=source,
        target=target,
        state=RunState(state),
        created_at=datetime.fromisoformat(created),
        started_at=_moment(started),
        ended_at=_moment(ended),
        approve_all=bool(approve_all),
        actor=actor,
        reason=reason,
        options=json.loads(options),
        intent=intent,
    )


def status_of(row: Any) -> StepStatus:
    """A row of `step` without its run and its position."""
    name, state, attempt, approved, started, worked, ended, reason, retries = row
    times = (_moment(started), _moment(worked), _moment(ended))
    return StepStatus(name, _STATES[state], attempt, bool(approved), *times, reason, retries)


def attempt_of(row: Any) -> Attempt:
    """A row of `attempt`."""
    run, step, number, started, ended, result, returncode, reason, facts, undo = row
    return Attempt(
        id=AttemptId(run, step, number),
        started_at=datetime.fromisoformat(started),
        ended_at=_moment(ended),
        result=result,
        returncode=returncode,
        reason=reason,
        facts=json.loads(facts),
        undo=bool(undo),
    )


def event_of(row: Any) -> Event:
    """A row of `event`."""
    run, seq, at, kind, step, attempt, data = row
    return Event(run, seq, datetime.fromisoformat(at), kind, step, attempt, json.loads(data))


def command_of(row: Any) -> Command:
    """A row of `command`."""
    name, run, kind, step, actor, reason, at, result, answer, details = row
    return Command(
        name, run, kind, step, actor, reason, datetime.fromisoformat(at), result, answer, json.loads(details)
    )


def effect_of(row: Any) -> Effect:
    """A row of `effect` without its run."""
    name, kind, subject, step, binding, state, at, details, ended, note = row
    made = (name, kind, subject, step, binding, state, datetime.fromisoformat(at))
    return Effect(*made, json.loads(details), _moment(ended), note)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
