"""What a server does for somebody and takes longer than an answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from stairlift.model.errors import StairliftError

JobKind = Literal["observation", "check", "plan", "run", "replan", "ledger"]


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
