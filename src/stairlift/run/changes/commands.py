"""What becomes of a command that changes nothing."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from stairlift.model.run import Change, Command
from stairlift.run.transitions import remark


def needless(command: Command, answer: str, now: datetime) -> Change:
    """A command that asks for what is so already; it changes nothing."""
    settled = replace(command, result="applied", answer=answer)
    return Change("command.needless", now, command=settled, data=_said(settled))


def refused(command: Command, answer: str, now: datetime) -> Change:
    """A command that makes no sense any more; it changes nothing."""
    settled = replace(command, result="refused", answer=answer)
    return Change("command.refused", now, command=settled, data=_said(settled))


def recorded(command: Command, kind: str = "command.recorded") -> Change:
    """What somebody has told while nobody was there to act on it; it changes nothing yet."""
    return Change(kind, command.at, data=_said(command))


def _said(command: Command) -> dict[str, Any]:
    """Who has said what, why, which way it came, and what was answered."""
    return remark(
        command=command.id,
        kind=command.kind,
        step=command.step,
        actor=command.actor,
        reason=command.reason,
        answer=command.answer,
        via=command.details.get("via"),
    )
