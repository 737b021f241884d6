"""A side effect: something that is not the upgrade, is changed for its sake, and has to be put back."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any, Literal

from stairlift.model.noun import noun

#: "intended": on record, and perhaps made. "made": by us. "foreign": it was so before us, so it stays. "restored": put
#: back. "kept": it stays until a person has looked, and `note` says why. "handed-over": another run has it now.
EffectState = Literal["intended", "made", "foreign", "restored", "kept", "handed-over"]

#: The kind of what is done around a run as a whole, and of no step's making.
AROUND = "around"
#: So many characters a kind has at most, as journals keep it.
KIND_LENGTH = 32
#: What may still have to be put back.
OPEN_EFFECTS: frozenset[EffectState] = frozenset({"intended", "made", "kept"})


@noun
class Effect:
    """One side effect of a run, such as a disabled nova-compute. It is on record before it is made.

    `id` is KIND:SUBJECT and the same for whoever makes it and whoever puts it back; a run has each once, whatever the
    number of attempts. `binding` is that of the strategy which can put it back, "" for what the run itself did.
    `details` are what that takes, without secrets. `step` is the one that makes it.
    """

    id: str
    kind: str
    subject: str
    step: str
    binding: str
    state: EffectState
    at: datetime
    details: Mapping[str, Any] = field(default_factory=dict)
    ended_at: datetime | None = None
    note: str = ""

    @property
    def open(self) -> bool:
        """Whether it may still have to be put back."""
        return self.state in OPEN_EFFECTS


@noun
class Intention:
    """A side effect that a strategy is about to make, before it has a place and a time."""

    kind: str
    subject: str
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The id of the effect that it becomes."""
        return f"{self.kind}:{self.subject}"
