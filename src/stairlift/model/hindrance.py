"""What keeps a step from starting or from ending: whose it is, since when, and how it comes to an end."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal[
    "over",  # the run is over, or on its way there: this step will not start in it
    "unattended",  # nobody orchestrates the run
    "rest",  # the run has come to rest, or is about to
    "budget",  # a failure budget is spent
    "plan",  # the plan has not been approved
    "stage",  # the run goes only so far for now
    "approval",  # a person has to agree to this step
    "need",  # steps that it needs are not done
    "turn",  # steps that go before it have not ended
    "window",  # as many hosts are out as may be
    "alone",  # its strategy bears one process at a time
    "undo",  # what was built on it is taken back first
    "pause",  # it begins again by itself after a while
    "failed",  # it failed, or nobody knows how it ended
    "queue",  # no worker has taken it yet
    "working",  # it is at work
    "report",  # its services have not reported yet
    "gate",  # a gate behind it does not hold yet
    "next",  # nothing: it starts with the next look
]
#: Who can bring it to an end: nobody has to, whoever operates the cloud, or whoever may approve.
Who = Literal["nobody", "operator", "approver"]


@dataclass(frozen=True, slots=True)
class Hindrance:
    """One answer to "why does this step not move?".

    `step` is the one that is held up, `by` are the steps that hold it up and `behind` is why these are not through:
    the chain to the root, shown for the first few of them. `key` names the window, budget, stage, strategy or queue,
    `wide` is how many hosts that has room for, `hosts` are those that take it up. `said` is what is on record about it.
    `due` is when it ends by itself. `commands` can be typed as they are.
    """

    kind: Kind
    step: str
    by: tuple[str, ...] = ()
    since: datetime | None = None
    due: datetime | None = None
    key: str = ""
    wide: int = 0
    hosts: tuple[str, ...] = ()
    said: str = ""
    who: Who = "nobody"
    commands: tuple[str, ...] = ()
    behind: "tuple[Hindrance, ...]" = ()
