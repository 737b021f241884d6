"""All that is on record about a run, record by record: for auditors, and for programs that keep it elsewhere."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stairlift.model.run import Attempt, Command, Event, Run
from stairlift.report.events import event_document
from stairlift.report.text import stamp

SCHEMA = "stairlift.export/1"


@dataclass(frozen=True, slots=True)
class Story:
    """A run and what belongs to it; `plan` is the document of what was approved."""

    run: Run
    plan: Mapping[str, Any]
    commands: Sequence[Command]
    attempts: Sequence[Attempt]
    events: Sequence[Event]


def records(story: Story) -> Iterator[dict[str, Any]]:
    """The run, its plan, what people told it, every attempt, every event; each says what it is as `record`."""
    yield {"record": "run", "schema": SCHEMA, **_run(story.run)}
    yield {"record": "plan", **story.plan}
    yield from ({"record": "command", **command_document(command)} for command in story.commands)
    yield from ({"record": "attempt", **attempt_document(attempt)} for attempt in story.attempts)
    yield from ({"record": "event", **event_document(event)} for event in story.events)


def _run(run: Run) -> dict[str, Any]:
    return {
        "run": run.id,
        "cloud": run.cloud,
        "plan": run.plan_hash,
        "from": run.source,
        "to": run.target,
        "state": str(run.state),
        "created_at": stamp(run.created_at),
        "started_at": stamp(run.started_at),
        "ended_at": stamp(run.ended_at),
        "approve_all": run.approve_all,
        "actor": run.actor,
        "reason": run.reason,
        "intent": run.intent,
    }


def command_document(command: Command) -> dict[str, Any]:
    """What somebody told a run, and what came of it."""
    return {
        "id": command.id,
        "kind": command.kind,
        "step": command.step or None,
        "actor": command.actor,
        "reason": command.reason,
        "at": stamp(command.at),
        "result": command.result,
        "answer": command.answer,
        "details": dict(command.details),
    }


def attempt_document(attempt: Attempt) -> dict[str, Any]:
    """One attempt at a step, and how it ended."""
    return {
        "step": attempt.id.step,
        "attempt": attempt.id.number,
        "undo": attempt.undo,
        "started_at": stamp(attempt.started_at),
        "ended_at": stamp(attempt.ended_at),
        "result": attempt.result,
        "returncode": attempt.returncode,
        "reason": attempt.reason,
        "facts": dict(attempt.facts),
    }
