"""Who carries runs out on a server: an orchestrator in a thread of its own for each run that is under way."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from stairlift.model.errors import StairliftError


@dataclass(frozen=True, slots=True)
class Attending:
    """How a run is attended: by this server, by another process, by nobody.

    `trouble` is why this server could not take it up the last time it tried, `again_at` when it tries again by itself.
    """

    by: Literal["here", "elsewhere", "nobody"]
    trouble: StairliftError | None = None
    again_at: datetime | None = None


class Attendance(Protocol):
    """What the doors ask of it. No method waits for the cloud."""

    def take_up(self, run_id: str, actor: str, *, approve_all: bool = False) -> None:
        """Have a run carried on, as `stairlift resume` does: what is in flight is adopted. It begins in a moment.

        Refusal (run.cloud_busy) where another process carries on a run of its cloud.
        """
        ...

    def nudge(self, run_id: str) -> None:
        """Say that the run was told something: where nobody orchestrates it, somebody here sees to it at once."""
        ...

    def of(self, run_id: str) -> Attending:
        """How a run is attended at this moment."""
        ...
