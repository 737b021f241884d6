"""Which gates stand behind every step, as `[gates]` says."""

from dataclasses import dataclass, fields
from typing import Any

from stairlift.model.run import Run

#: The keys of a run's options: what the operator said of gates, and how the cloud was before the first change.
KEPT, BEFORE = "gates", "gates_before"
#: What each gate asks for, beside the records that every run asks for.
GATES = ("process", "logs", "api", "counts", "routers", "members", "gateways")


@dataclass(frozen=True, slots=True)
class GateSettings:
    """Gates by name: True and False as the operator says, None where it is on if what it needs is there.

    `within` is how many seconds services and gates have after the work of a step.
    """

    process: bool | None = None
    logs: bool | None = None
    api: bool | None = None
    counts: bool | None = None
    routers: bool | None = None
    members: bool | None = None
    gateways: bool | None = None
    within: float | None = None

    def document(self) -> dict[str, Any]:
        """What the operator said, as JSON values."""
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name)) is not None}

    def wanted(self, gate: str) -> bool:
        """Whether it is to be asked, if it can be."""
        return getattr(self, gate) is not False

    def demanded(self, gate: str) -> bool:
        """Whether the operator has asked for it by name, so that it is told where it cannot be asked."""
        return getattr(self, gate) is True


def gate_settings(run: Run) -> GateSettings:
    """What a run was told of gates when it began."""
    return GateSettings(**run.options.get(KEPT, {}))
