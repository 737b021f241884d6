"""The servers of a cloud, looked at only where a plan takes them off their hosts."""

from typing import cast

from stairlift.drive.discover import observe
from stairlift.inventory.workload import WorkloadInventory
from stairlift.model.errors import Trouble
from stairlift.model.finding import Finding
from stairlift.model.observation import Fact, Observation
from stairlift.model.plan import Plan
from stairlift.model.policy import Policy
from stairlift.model.workload import Workload
from stairlift.plan.draining.findings import about_guests
from stairlift.ports import Answer, CloudClient
from stairlift.wiring.clock import now
from stairlift.wiring.look import Look, Where

_NAME = WorkloadInventory.name
#: Reading goes nowhere.
_NOBODY = cast("CloudClient", None)


def about_draining(made: Plan, seen: Look, where: Where, policy: Policy) -> tuple[Finding, ...]:
    """What a plan says of the servers that it moves; nothing, and nobody is asked, where it moves none.

    They are of the moment, so that the plan's hash knows nothing of them.
    """
    if policy.drain == "never" or not any(step.action == "drain" for step in made.steps):
        return ()
    observed = _observed(seen, where)
    if observed.trouble:
        return (_unseen(observed),)
    workload = Workload.of(observed.facts, tuple(filter(None, observed.detail.split("; "))))
    return about_guests(made, seen.reconciled.cloud, workload, policy.drain)


def _observed(seen: Look, where: Where) -> Observation:
    """What the look itself, or a recording, holds of them; else they are asked for now."""
    kept = next((one for one in seen.observations if one.source == _NAME), None)
    if kept is not None:
        return kept
    if any(spec.startswith("recording:") for spec in where.specs):
        return Observation(_NAME, now(), trouble=Trouble.EMPTY, detail="the recording has none")
    return observe(_Late(where.os_cloud), now)


class _Late:
    """The source, which connects when it is asked: without credentials it is in trouble, and the plan is not."""

    name = _NAME

    def __init__(self, os_cloud: str | None) -> None:
        self._os_cloud = os_cloud

    def fetch(self) -> Answer:
        from stairlift.openstack.client import SessionCloudClient  # half a second that other plans save

        return WorkloadInventory(SessionCloudClient.from_config(self._os_cloud)).fetch()

    def read(self, answer: Answer) -> tuple[Fact, ...]:
        return WorkloadInventory(_NOBODY).read(answer)


def _unseen(observed: Observation) -> Finding:
    return Finding(
        code="drain.unseen",
        severity="error",
        subject="servers",
        message=f"the servers that this plan moves could not be asked for: {observed.detail}",
        resolution="plan as an administrator of the cloud; a recording needs `discover --inventory workload` in it",
    )
