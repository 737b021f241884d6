"""What a run has taken out of service itself: nobody is to take that for a fault of the cloud."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stairlift.knowledge.binaries import binary
from stairlift.knowledge.service_types import service_type
from stairlift.model.finding import Finding
from stairlift.model.plan import Plan
from stairlift.model.run import StepState, StepStatus


@dataclass(frozen=True, slots=True)
class Standstill:
    """The services, by (binary, host), that steps have stopped or drained and that none has brought back."""

    services: frozenset[tuple[str, str]]

    @property
    def projects(self) -> frozenset[str]:
        """Their projects."""
        return frozenset(one.project for name, _ in self.services if (one := binary(name)))

    def explains(self, finding: Finding) -> bool:
        """Whether a finding is about what stands still: a service of a host, or the API of a project."""
        name, _, host = finding.subject.partition("@")
        known = service_type(name)
        return (name, host) in self.services or bool(known and not host and known.project in self.projects)


def standstill(plan: Plan, statuses: Sequence[StepStatus]) -> Standstill:
    """What stands still in a run. What was begun counts as done where it stops, and not where it starts."""
    by_id = {status.id: status for status in statuses}
    still: set[tuple[str, str]] = set()
    for step in plan.steps:
        status = by_id.get(step.id)
        if status is None or step.plane != "control":
            continue
        if step.action == "drain" and status.attempt and status.state is not StepState.UNDONE:
            still |= _control(plan.parts(step))
        elif step.action in ("upgrade", "uncordon") and status.state is StepState.DONE:
            still -= set(plan.parts(step))
    return Standstill(frozenset(still))


def _control(parts: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    return {(name, host) for name, host in parts if (one := binary(name)) is None or one.plane == "control"}
