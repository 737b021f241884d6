"""What the program of this strategy is sent for, and what it is told beside that."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stairlift.model.release import Release
from stairlift.strategy.own_program import Errand, OwnProgram

PROGRAM = OwnProgram(
    name="haproxy",
    module="stairlift.strategy.haproxy",
    kinds={"cordon": "drain", "drain": "drain", "uncordon": "uncordon"},
    back={"uncordon": "drain", "drain": "uncordon"},
)


@dataclass(frozen=True, slots=True)
class Request:
    """An errand with its options: `given` are the entry's own.

    `target` is the release whose code must answer before a backend is given back, "" where that does not matter.
    """

    errand: Errand
    given: Mapping[str, Any]
    target: str = ""

    @classmethod
    def of(cls, errand: Errand) -> "Request":
        """As its options say."""
        return cls(errand, **errand.options)

    def parts(self) -> tuple[tuple[str, str], ...]:
        """The (binary, host) that it is about."""
        return tuple((binary, host) for host in self.errand.hosts for binary in self.errand.services)

    @property
    def release(self) -> Release | None:
        """The target as a release."""
        year, _, part = self.target.partition(".")
        return Release(int(year), int(part)) if part else None


def effect_id(part: tuple[str, str]) -> str:
    """The id of the effect that a service is out of its load balancers."""
    return f"drain:{part[0]}@{part[1]}"
