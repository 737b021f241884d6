"""Steps at which a run waits for a person, and what it tells them that they approve."""

from collections.abc import Sequence

from stairlift.model.cloud import Plane
from stairlift.model.plan import Step
from stairlift.plan.fleet import named
from stairlift.plan.hop import Gate, Hop, Kind


def approval_id(hop: Hop, label: str) -> str:
    """The id of an approval, which what comes behind it may need before it is made."""
    return f"{hop.target}-approve-{label}"


def approval(hop: Hop, kind: Kind, gate: Gate, *, plane: Plane = "control") -> Step:
    """A step without work. It has no services and hosts: its reason says what it covers."""
    step_id = approval_id(hop, kind.label)
    return Step(
        id=step_id,
        action="approve",
        stage=kind.stage,
        plane=plane,
        project=None,
        services=(),
        hosts=(),
        strategy=None,
        needs=gate.needs,
        after=gate.after,
        reason=kind.reason,
        reversibility="parking",
        source=hop.source,
        target=hop.target,
        unit=step_id,
    )


def start_approval(hop: Hop, covered: Sequence[Step], gate: Gate) -> Step:
    """The word on a whole hop, after what prepares for it and before all that changes something."""
    working = [step for step in covered if step.action != "approve"]
    hosts = list(dict.fromkeys(host for step in working for host in step.hosts))
    size = f"{len(working)} step{'s' if len(working) > 1 else ''} on {told(hosts)}"
    one_way = sum(step.one_way and not step.gate for step in working)
    ask = f"; {one_way} one-way, which ask{'s' if one_way == 1 else ''} again" if one_way else ""
    first = working[0]
    kind = Kind(first.stage, "approve", f"the hop from {hop.source} to {hop.target} begins: {size}{ask}", "start")
    return approval(hop, kind, gate, plane=first.plane)


def told(hosts: Sequence[str]) -> str:
    """How many hosts, and which, as far as a sentence bears it."""
    return f"{len(hosts)} host{'s' if len(hosts) > 1 else ''}: {named(hosts)}"
