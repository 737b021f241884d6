"""Who approved what of a run, when, and what it covered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stairlift.model.choice import Choices
from stairlift.model.run import Command, Event, Run
from stairlift.model.scope import Scope
from stairlift.report.choices import choices_document
from stairlift.report.text import stamp

#: The events of a run that tell of an approval which is no command.
TELLING = frozenset({"run.started", "run.resumed"})


@dataclass(frozen=True, slots=True)
class Given:
    """An approval as it is on record. `step` is empty where it is of the plan, or of the whole run, as `what` says.

    `result` is that of a command: empty until somebody acts on it.
    """

    at: datetime
    actor: str
    what: str
    covers: str
    step: str = ""
    reason: str = ""
    result: str = "applied"
    answer: str = ""


def approvals_given(run: Run, events: Sequence[Event], commands: Iterable[Command]) -> tuple[Given, ...]:
    """All of them; what holds for more than a step comes first. `events` are at least those that are `TELLING`."""
    told = [command for command in commands if command.kind == "approve"]
    return (*_of_the_plan(run, events, told), *_of_the_whole(events), *map(_told, told))


def _of_the_plan(run: Run, events: Iterable[Event], told: Iterable[Command]) -> tuple[Given, ...]:
    """Whoever begins a run approves its plan, unless it was begun to ask, or with a word for the run as a whole."""
    later = any(command.step == run.plan_hash and command.result == "applied" for command in told)
    whole = any(event.kind == "run.started" and event.data.get("approve_all") for event in events)
    if later or whole or not Scope.of(run).approved:
        return ()
    return (Given(run.created_at, run.actor, "the plan", f"plan {run.plan_hash}"),)


def _of_the_whole(events: Iterable[Event]) -> tuple[Given, ...]:
    """The word that holds for the run as a whole: whoever takes it up again later goes by it, and has not given it."""
    for event in events:
        if event.kind in TELLING and event.data.get("approve_all"):
            covers = f"plan {event.data.get('plan', '')} and every gate"
            return (Given(event.at, str(event.data.get("actor", "")), "the whole run", covers),)
    return ()


def _told(command: Command) -> Given:
    return Given(
        command.at,
        command.actor,
        command.step or "the plan",
        str(command.details.get("covers", "")),
        command.step,
        command.reason,
        command.result or "",
        command.answer,
    )


def approvals_document(choices: Choices, given: Iterable[Given]) -> dict[str, Any]:
    """The object of `GET /v1/runs/{id}/approvals`."""
    return {
        "run": choices.run.id,
        "waiting": choices_document(choices)["approvals"],
        "given": [_document(one) for one in given],
    }


def _document(given: Given) -> dict[str, Any]:
    return {
        "at": stamp(given.at),
        "actor": given.actor,
        "what": given.what,
        "step": given.step or None,
        "covers": given.covers,
        "reason": given.reason,
        "result": given.result or None,
        "answer": given.answer,
    }
