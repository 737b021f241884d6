"""OVN's own order: the chassis before its databases and northd, or behind them where the policy says they are pinned.

Whatever the policy's order of services: OVN's programs share a schema, and no libraries.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from stairlift.knowledge.binaries import in_quorum
from stairlift.knowledge.order import way
from stairlift.model.cloud import Service
from stairlift.model.plan import Step
from stairlift.plan.crews import Crew
from stairlift.plan.hop import Gate, Hop, Kind, crew_steps, ends, in_a_row
from stairlift.plan.rolling import rolled

_ONE_AT_A_TIME = "of a cluster one member at a time, so that the others keep the quorum"
_Part = Callable[[Hop, Sequence[Service], Gate, str], tuple[list[Step], Gate]]


def ovn_steps(hop: Hop, gate: Gate) -> tuple[list[Step], Gate]:
    """The stage `ovn` of a hop, part by part as its procedure has them, and the gate behind the last."""
    if "ovn" not in hop.stages:
        return [], gate
    steps: list[Step] = []
    for part in way("ovn", hop.ovn_order):
        mine = [s for s in hop.behind if s.project == "ovn" and _part_of(hop, s) == part.name]
        made, gate = _PARTS[part.name](hop, mine, gate, part.reason)
        steps += made
    return steps, gate


def _part_of(hop: Hop, service: Service) -> str:
    """A chassis without a hypervisor counts as a gateway where nobody tells: it has no other use."""
    if service.binary != "ovn-controller":
        return "central"
    gateway = service.duty == "gateway" or "compute" not in hop.hosts[service.host].roles
    return "gateways" if gateway else "chassis"


def _chassis(hop: Hop, services: Sequence[Service], gate: Gate, reason: str) -> tuple[list[Step], Gate]:
    """As many at a time as the windows let."""
    crews = hop.assembly("ovn", "upgrade", hop.ranks.control).crews(hop.machines(services))
    steps = crew_steps(hop, crews, gate, Kind("ovn", "upgrade", reason))
    return steps, Gate(gate.needs, ends(steps)) if steps else gate


def _gateways(hop: Hop, services: Sequence[Service], gate: Gate, reason: str) -> tuple[list[Step], Gate]:
    """One behind the other, whatever the windows say: which of them back each other up is in no API."""
    assembly = hop.assembly("ovn", "upgrade", hop.ranks.control)
    crews = [crew for machine in hop.machines(services) for crew in assembly.crews([machine])]
    kind = Kind("ovn", "upgrade", reason)
    steps, end = in_a_row([partial(_of, hop, crew, kind) for crew in crews], gate)
    return steps, Gate((*gate.needs, *end.needs), gate.after) if steps else gate


def _of(hop: Hop, crew: Crew, kind: Kind, gate: Gate) -> list[Step]:
    return crew_steps(hop, [crew], gate, kind)


def _central(hop: Hop, services: Sequence[Service], gate: Gate, reason: str) -> tuple[list[Step], Gate]:
    """Database by database, then northd; members of one cluster in a row."""
    steps, end = rolled(replace(hop, order="service"), services, gate, Kind("ovn", "upgrade", reason, "central"))
    return (_members_in_a_row(hop, steps), end) if steps else ([], gate)


def _members_in_a_row(hop: Hop, steps: Sequence[Step]) -> list[Step]:
    """Of a Raft cluster a member waits for the one before, whatever the windows say: half of them are no quorum."""
    clusters = Counter(map(_cluster, steps))
    made: list[Step] = []
    last: dict[str, str] = {}
    for step in steps:
        name = _cluster(step)
        mates = name and clusters[name] > 1
        made.append(_member(hop, step, last.get(name)) if mates else step)
        last[name] = step.id
    return made


def _cluster(step: Step) -> str:
    """The database whose member a step upgrades; "" where it upgrades none."""
    return next((name for name in step.services if in_quorum(name)), "")


def _member(hop: Hop, step: Step, before: str | None) -> Step:
    step = replace(step, reason=f"{step.reason}; {_ONE_AT_A_TIME}")
    if before is None:
        return step
    waits = hop.waits(step.hosts, Gate((before,)))
    return replace(step, needs=waits.needs, after=waits.after)


_PARTS: Mapping[str, _Part] = {"chassis": _chassis, "gateways": _gateways, "central": _central}
