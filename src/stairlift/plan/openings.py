"""What a deployer does once in a hop before its first step of the control plane."""

from collections.abc import Sequence
from functools import partial

from stairlift.model.cloud import Service
from stairlift.model.plan import Binding, Opening, Step
from stairlift.plan.hop import Gate, Hop, in_a_row


def openings(hop: Hop, services: Sequence[Service], gate: Gate) -> tuple[list[Step], Gate]:
    """A step per strategy that has an opening and upgrades some of these services, one behind the other."""
    if not any(b.manner.opening for b in hop.bindings):
        return [], gate
    makers: list[partial[list[Step]]] = []
    for binding in hop.bindings:
        mine = [s for s in hop.ranks.control(services) if _taker(hop, s) is binding]
        if binding.manner.opening and mine:
            makers.append(partial(_opening, hop, binding, binding.manner.opening, mine))
    return in_a_row(makers, gate)


def _taker(hop: Hop, service: Service) -> Binding | None:
    return hop.along.get((service.binary, service.host)) or hop.chosen(service, "control", "upgrade")


def _opening(hop: Hop, binding: Binding, opening: Opening, mine: Sequence[Service], gate: Gate) -> list[Step]:
    """Over all hosts of the strategy's control steps; everything of that stage comes behind it."""
    hosts = tuple(host for host, _ in hop.machines(mine))
    projects = {s.project for s in mine}
    waits = hop.waits((host.name for host in hosts), gate)
    step_id = f"{hop.target}-{opening.action}-{binding.id}"
    return [
        Step(
            id=step_id,
            action=opening.action,
            stage="control",
            plane="control",
            project=projects.pop() if len(projects) == 1 else None,
            services=tuple(dict.fromkeys(s.binary for s in mine)),
            hosts=tuple(host.name for host in hosts),
            strategy=binding.id,
            needs=waits.needs,
            after=waits.after,
            reason=opening.reason,
            reversibility="no-return" if opening.one_way else "parking",
            source=hop.source,
            target=hop.target,
            unit=step_id,
            budgets=tuple(sorted({key for host in hosts for key in hop.limits.budgets_of(host, "control")})),
        )
    ]
