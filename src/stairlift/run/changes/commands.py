"""What becomes of a command that changes nothing."""

from dataclasses import replace
from datetime import datetime

from stairlift.model.run import Change, Command
from stairlift.run.transitions import remark


def needless(command: Command, answer: str, now: datetime) -> Change:
    """A command that asks for what is so already; it changes nothing."""
    settled = replace(command, result="applied", answer=answer)
    data = remark(command=command.id, kind=command.kind, step=command.step, actor=command.actor, answer=answer)
    return Change("command.needless", now, command=settled, data=data)


def refused(command: Command, answer: str, now: datetime) -> Change:
    """A command that makes no sense any more; it changes nothing."""
    settled = replace(command, result="refused", answer=answer)
    data = remark(command=command.id, kind=command.kind, step=command.step, actor=command.actor, answer=answer)
    return Change("command.refused", now, command=settled, data=data)
