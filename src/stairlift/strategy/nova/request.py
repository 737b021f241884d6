"""What a job of this strategy is told: JSON values in a file of its attempt."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from stairlift.model.effect import Effect
from stairlift.model.plan import Action
from stairlift.model.work import Assignment
from stairlift.strategy.own_job import effects_of

#: "nothing": of a drain that is taken back, as guests stay where they are.
Kind = Literal["cordon", "uncordon", "drain", "nothing"]
KINDS: Mapping[Action, Kind] = {"cordon": "cordon", "uncordon": "uncordon", "drain": "drain"}
#: What taking a step back means: its host goes out for the time in which the rest of it is taken back.
_BACK: Mapping[Kind, Kind] = {"uncordon": "cordon", "cordon": "uncordon", "drain": "nothing"}
#: Nova keeps no more of a reason (api-ref, os-services: 255 characters).
_LONGEST = 255


@dataclass(frozen=True, slots=True)
class Request:
    """One job. `reason` marks what is ours; `effects` is what the ledger says of its unit, as documents.

    `lenient`: trouble with the cloud is told and is no failure, as of a rollback: it must not depend on the cloud.
    `options` are those of a drain.
    """

    kind: Kind
    hosts: tuple[str, ...]
    reason: str
    services: tuple[str, ...] = ()
    effects: tuple[Mapping[str, Any], ...] = ()
    os_cloud: str | None = None
    masakari: bool = False
    up_within: int = 180
    lenient: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    def known(self) -> dict[str, Effect]:
        """The effects of its unit, by id."""
        return {effect.id: effect for effect in effects_of(self.effects)}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Request":
        """The other way round."""
        return cls(
            **{
                **document,
                "hosts": tuple(document["hosts"]),
                "services": tuple(document["services"]),
                "effects": tuple(document["effects"]),
            }
        )


def kind_of(assignment: Assignment) -> Kind | None:
    """What an attempt is to do; None where this strategy does nothing of the kind."""
    kind = KINDS.get(assignment.step.action)
    return _BACK[kind] if kind and assignment.undo else kind


def reason_of(assignment: Assignment) -> str:
    """The words that Nova shows beside a disabled service."""
    return f"{mark_of(assignment.run)}{assignment.step.id}"[:_LONGEST]


def mark_of(run: str) -> str:
    """How every reason of a run begins."""
    return f"stairlift {run} "
