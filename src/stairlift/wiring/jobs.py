"""What a server does for somebody that takes longer than an answer: looks at clouds, plans, beginnings of runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from stairlift.model.errors import StairliftError

JobKind = Literal["observation", "check", "plan", "run"]
#: Told each thing that a person should know on the way.
Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Job:
    """One of them. `result` is what came of it, with `location` where that is kept; `error` why nothing did."""

    id: str
    kind: JobKind
    actor: str
    began_at: datetime
    state: Literal["running", "done", "failed"] = "running"
    ended_at: datetime | None = None
    notes: tuple[str, ...] = ()
    result: Mapping[str, Any] = field(default_factory=dict)
    location: str = ""
    error: StairliftError | None = None


class Jobs(Protocol):
    """A few at a time, each in a thread; they are forgotten when the server ends, which harms nobody."""

    def begin(self, kind: JobKind, actor: str, work: Callable[[Note], tuple[Mapping[str, Any], str]]) -> Job:
        """Start one; `work` gives the result and its location. Refusal (job.too_many) where too many wait already."""
        ...

    def find(self, job_id: str) -> Job:
        """How a job stands. UsageError (job.unknown)."""
        ...
