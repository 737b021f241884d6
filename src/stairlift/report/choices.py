"""What can be told to a run, for programs; and how that stands, in a few letters, to tell whether it has changed."""

from hashlib import sha256
from json import dumps
from typing import Any

from stairlift.model.choice import Ask, Choice, Choices
from stairlift.model.run import Command
from stairlift.report.export import command_document


def choices_document(choices: Choices) -> dict[str, Any]:
    """The object of `GET /v1/runs/{id}/actions`."""
    return {
        "run": choices.run.id,
        "state": str(choices.run.state),
        "actions": [_choice(choice, choices) for choice in choices.actions],
        "approvals": [_ask(ask, choices) for ask in choices.approvals],
    }


def _choice(choice: Choice, choices: Choices) -> dict[str, Any]:
    return {
        "action": choice.verb,
        "step": choice.step or None,
        "now": choice.now,
        "allowed": choice.allowed,
        "why_not": choice.why_not,
        "needs": list(choice.needs),
        "stages": list(choice.stages),
        "told": _told(choice.told),
        "match": match(choices, choice.step),
    }


def _ask(ask: Ask, choices: Choices) -> dict[str, Any]:
    return {
        "step": ask.step,
        "what": ask.covers,
        "one_way": ask.one_way,
        "reason": ask.reason,
        "evidence": list(ask.evidence),
        "allowed": ask.allowed,
        "why_not": ask.why_not,
        "told": _told(ask.told),
        "match": match(choices, ask.step),
    }


def _told(command: Command | None) -> dict[str, Any] | None:
    return command_document(command) if command else None


def match(choices: Choices, step: str) -> str:
    """How it stands with a step, or with "" with the run as a whole: another one once somebody has told it something.

    The run's state counts, and whether the step can be told what it could be told; that other steps go on, or fail,
    does not, nor how a reason is worded.
    """
    run = choices.run
    about = "" if step == run.plan_hash else step
    told = sum(command.step in {"", run.plan_hash, about} and not command.barred for command in choices.commands)
    offered = [_essence(part) for part in choices.about(about)] if about else []
    return _digest([run.id, run.state, run.intent, about, told, offered])


def _essence(part: Choice | Ask) -> list[Any]:
    return [part.verb if isinstance(part, Choice) else "approve", part.allowed]


def tag(choices: Choices) -> str:
    """The same of all that can be told: of two documents that are alike to the letter, and of no others."""
    return _digest(choices_document(choices))


def _digest(value: Any) -> str:
    return sha256(dumps(value, sort_keys=True).encode()).hexdigest()[:32]
