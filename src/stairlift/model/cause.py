"""Why a run was stopped that could have gone on: for programs, as its reason says it to people."""

from dataclasses import replace
from enum import StrEnum
from typing import Any

from stairlift.model.run import Run

_KEPT = "held_by"


class Cause(StrEnum):
    """Who or what stopped it; new ones may be added, these never go away."""

    #: A person has paused it.
    PERSON = "person"
    #: A file or tool is not as the plan froze it.
    FILES = "files"
    #: Users lost more than the downtime budget allows, or nobody knows whether they did.
    METER = "meter"
    #: A check before a step speaks against it.
    CHECK = "check"
    #: What was to surround it (`[[around]]`) could not be begun.
    SURROUNDINGS = "surroundings"
    #: It is to be taken back, and something of an attempt that nobody saw end still runs.
    REMAINS = "remains"

    @classmethod
    def of(cls, run: Run) -> "Cause | None":
        """That of a run; none of one that goes on, or that rests since nothing of it could start."""
        kept = run.options.get(_KEPT)
        return cls(kept) if kept else None


def held_by(cause: Cause | None, run: Run) -> Run:
    """The run, stopped by this; None: by nothing any more."""
    options: dict[str, Any] = {key: value for key, value in run.options.items() if key != _KEPT}
    if cause is not None:
        options[_KEPT] = str(cause)
    return run if options == run.options else replace(run, options=options)
