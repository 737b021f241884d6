"""What a job of this strategy is told: JSON values in a file of its attempt."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from stairlift.model.effect import Effect
from stairlift.model.plan import Action
from stairlift.model.release import Release
from stairlift.model.work import Assignment
from stairlift.strategy.own_job import effects_of

Kind = Literal["drain", "uncordon"]
KINDS: Mapping[Action, Kind] = {"drain": "drain", "cordon": "drain", "uncordon": "uncordon"}
#: What taking a step back means: the backend goes out for the time in which the rest of it is taken back.
_BACK: Mapping[Kind, Kind] = {"uncordon": "drain", "drain": "uncordon"}


@dataclass(frozen=True, slots=True)
class Request:
    """One job. `options` are the entry's own; `effects` is what the ledger says of the step's unit, as documents.

    `target` is the release whose code must answer before a backend is given back, "" where that does not matter.
    `lenient`: what goes wrong is told and is no failure, as of a rollback.
    """

    kind: Kind
    services: tuple[str, ...]
    hosts: tuple[str, ...]
    options: Mapping[str, Any]
    target: str = ""
    effects: tuple[Mapping[str, Any], ...] = ()
    lenient: bool = False

    def document(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Request":
        """The other way round."""
        lists = {key: tuple(document[key]) for key in ("services", "hosts", "effects")}
        return cls(**{**document, **lists})

    def parts(self) -> tuple[tuple[str, str], ...]:
        """The (binary, host) that it is about."""
        return tuple((binary, host) for host in self.hosts for binary in self.services)

    def known(self) -> dict[str, Effect]:
        """The effects of its unit, by id."""
        return {effect.id: effect for effect in effects_of(self.effects)}

    @property
    def release(self) -> Release | None:
        """The target as a release."""
        year, _, part = self.target.partition(".")
        return Release(int(year), int(part)) if part else None


def kind_of(assignment: Assignment) -> Kind | None:
    """What an attempt is to do; None where this strategy does nothing of the kind."""
    kind = KINDS.get(assignment.step.action)
    return _BACK[kind] if kind and assignment.undo else kind


def effect_id(part: tuple[str, str]) -> str:
    """The id of the effect that a service is out of its load balancers."""
    return f"drain:{part[0]}@{part[1]}"
