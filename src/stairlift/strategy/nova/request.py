"""What the program of this strategy is sent for, and what it is told beside that."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stairlift.model.work import Assignment
from stairlift.strategy.own_program import Errand, OwnProgram

#: A drain that is taken back is nothing: guests stay where they are.
NOTHING = "nothing"
PROGRAM = OwnProgram(
    name="nova",
    module="stairlift.strategy.nova",
    kinds={"cordon": "cordon", "drain": "drain", "uncordon": "uncordon"},
    back={"uncordon": "cordon", "cordon": "uncordon", "drain": NOTHING},
)
#: Nova keeps no more of a reason (api-ref, os-services: 255 characters).
_LONGEST = 255


@dataclass(frozen=True, slots=True)
class Request:
    """An errand with its options: `reason` marks what is ours; `drain` are the options of a drain, if it is one."""

    errand: Errand
    reason: str
    os_cloud: str | None = None
    masakari: bool = False
    up_within: int = 180
    drain: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, errand: Errand) -> "Request":
        """As its options say."""
        return cls(errand, **errand.options)


def reason_of(assignment: Assignment) -> str:
    """The words that Nova shows beside a disabled service."""
    return f"{mark_of(assignment.run)}{assignment.step.id}"[:_LONGEST]


def mark_of(run: str) -> str:
    """How every reason of a run begins."""
    return f"stairlift {run} "
