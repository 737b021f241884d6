"""Behind the canary: a window that slides over all hosts, or batch after batch with a person's word before each."""

from collections import Counter
from collections.abc import Callable, Sequence

from stairlift.model.plan import Step
from stairlift.plan.approvals import approval, told
from stairlift.plan.crews import Crew
from stairlift.plan.hop import Gate, Hop, Kind, crew_steps, ends


def behind_canary(
    hop: Hop, crews: Sequence[Crew], canary: Sequence[Step], gate: Gate, kind_of: Callable[[Crew], Kind]
) -> list[Step]:
    """The steps of these crews, with the approvals between them that the policy asks for.

    An approval waits until all of the batch before it has ended, well or set aside, and needs what that needed: no
    batch is begun behind a canary that failed.
    """
    if not crews:
        return []
    steps: list[Step] = []
    batches = _batches(crews, hop) if "batch" in hop.approve else [crews]
    for n, batch in enumerate(batches, 1):
        if n > 1 or (canary and "canary" in hop.approve):
            kind = _after_batch(n, len(batches), batch) if n > 1 else _after_canary(canary, batch)
            steps.append(approval(hop, kind, gate, plane="resource"))
            gate = Gate((steps[-1].id,))
        made = [step for crew in batch for step in crew_steps(hop, [crew], gate, kind_of(crew))]
        steps += made
        gate = Gate(gate.needs, (*gate.after, *ends(made)))
    return steps


def _batches(crews: Sequence[Crew], hop: Hop) -> Sequence[Sequence[Crew]]:
    """In the order of the plan, in each as many hosts as the windows have room for."""
    batches: list[list[Crew]] = []
    used: Counter[str] = Counter()
    for crew in crews:
        if not batches or any(used[key] + len(crew.hosts) > hop.limits.windows[key] for key in crew.slots):
            batches.append([])
            used.clear()
        batches[-1].append(crew)
        used.update(dict.fromkeys(crew.slots, len(crew.hosts)))
    return batches


def _after_canary(canary: Sequence[Step], batch: Sequence[Crew]) -> Kind:
    hosts = list(dict.fromkeys(host for step in canary for host in step.hosts))
    through = f"the canary has come through ({told(hosts)})"
    return Kind("compute", "approve", f"{through}; next are {told(_hosts(batch))}", "canary")


def _after_batch(number: int, batches: int, batch: Sequence[Crew]) -> Kind:
    reason = f"batch {number} of {batches} behind the canary: {told(_hosts(batch))}"
    return Kind("compute", "approve", reason, f"batch-{number}")


def _hosts(batch: Sequence[Crew]) -> list[str]:
    return [host.name for crew in batch for host in crew.hosts]
