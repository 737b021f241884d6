"""One hop, and how its steps are made: from crews, or once on the host that owns a database."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import quote

from stairlift.model.cloud import Host, Service
from stairlift.model.plan import Action, Binding, Queue, Reversibility, Stage, Step
from stairlift.model.policy import ApprovalGate, Order, OvnOrder
from stairlift.model.release import Release
from stairlift.plan.crews import Assembly, Crew, Ordering, Ranks
from stairlift.plan.fleet import Fleet, runs
from stairlift.plan.matching import Work, choose
from stairlift.plan.past import Past, piece
from stairlift.plan.windows import Limits


@dataclass(frozen=True, slots=True)
class Gate:
    """What the steps behind it wait for."""

    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hop:
    """One release upwards, with all that decides how.

    `fleet` is what the hop is about, `behind` what of it does not run the target
    yet, or does since the run whose place this one takes. `prepared` are the steps that
    got a host ready: nothing else happens on it before. `along` are the resource services, by (binary, host), that the
    control plane's steps of a deployer take with them. `approve` are the gates that the policy asks for, `fences` what
    it wants to be done around the upgrade of a hypervisor.
    """

    source: Release
    target: Release
    fleet: Fleet
    bindings: tuple[Binding, ...]
    limits: Limits
    order: Order
    canary: int
    stages: frozenset[Stage]
    whole: bool
    approve: frozenset[ApprovalGate] = frozenset()
    queues: tuple[Queue, ...] = ()
    past: Past = field(default_factory=Past)
    prepared: Mapping[str, str] = field(default_factory=dict)
    along: Mapping[tuple[str, str], Binding] = field(default_factory=dict)
    fences: frozenset[Action] = frozenset()
    ovn_order: OvnOrder = "controller-first"
    behind: tuple[Service, ...] = field(init=False)
    ranks: Ranks = field(init=False)
    hosts: Mapping[str, Host] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "behind", tuple(s for s in self.fleet.services if self._takes(s)))
        object.__setattr__(self, "ranks", Ranks(self.fleet))
        object.__setattr__(self, "hosts", {host.name: host for host in (*self.fleet.hosts, *self.fleet.others)})

    def _takes(self, service: Service) -> bool:
        """Whether it has a step: where it does not run the target yet, and where the run before has seen to that."""
        if not runs(service, self.target):
            return True
        begun = piece(self.target, "control", "upgrade", (service.binary, service.host))
        return self.past.attempts(begun) > 0

    def assembly(self, stage: Stage, action: Action, ordering: Ordering) -> Assembly:
        """Puts crews together for a stage."""
        return Assembly(self.bindings, self.limits, stage, action, ordering, partial(self.settled, stage, action))

    def settled(self, stage: Stage, action: Action, services: Iterable[Service]) -> bool:
        """Whether an earlier run has done this to all of these services."""
        return self.past.has(piece(self.target, stage, action, (s.binary, s.host)) for s in services)

    def chosen(self, service: Service, stage: Stage, action: Action) -> Binding | None:
        """The strategy that does this to a service."""
        return choose(Work(service, self.hosts[service.host], stage, action), self.bindings)

    def machines(self, keep: Iterable[Service]) -> list[tuple[Host, tuple[Service, ...]]]:
        """The hosts of these services, with them."""
        wanted: dict[str, list[Service]] = {}
        for service in keep:
            wanted.setdefault(service.host, []).append(service)
        return [(host, tuple(wanted[host.name])) for host in self.fleet.hosts if host.name in wanted]

    def waits(self, hosts: Iterable[str], gate: Gate) -> Gate:
        """The gate, and what got these hosts ready."""
        ready = (self.prepared[host] for host in hosts if host in self.prepared)
        needs = dict.fromkeys((*gate.needs, *ready))
        return Gate(tuple(needs), tuple(step for step in gate.after if step not in needs))


@dataclass(frozen=True, slots=True)
class Kind:
    """What steps have in common. `label` tells apart the steps of one stage on one host."""

    stage: Stage
    action: Action
    reason: str
    label: str = ""
    reversibility: Reversibility | None = None


def ends(steps: Iterable[Step]) -> tuple[str, ...]:
    """The last step of every unit."""
    return tuple({step.unit: step.id for step in steps}.values())


def in_a_row(makers: Iterable[Callable[[Gate], list[Step]]], gate: Gate) -> tuple[list[Step], Gate]:
    """Steps of which each waits for the one before, and the gate behind the last."""
    steps: list[Step] = []
    for make in makers:
        made = make(gate)
        steps += made
        gate = Gate((made[-1].id,)) if made else gate
    return steps, gate


def once(hop: Hop, owner: Service, kind: Kind, gate: Gate) -> list[Step]:
    """A step that happens once in a hop, on the host of the component that owns the database of `kind.label`."""
    binding = hop.chosen(owner, kind.stage, kind.action)
    waits = hop.waits([owner.host], gate)
    step_id = f"{hop.target}-{kind.action}-{kind.label}"
    return [
        Step(
            id=step_id,
            action=kind.action,
            stage=kind.stage,
            plane=owner.plane,
            project=kind.label,
            services=(owner.binary,),
            hosts=(owner.host,),
            strategy=binding.id if binding else None,
            needs=waits.needs,
            after=waits.after,
            reason=kind.reason,
            reversibility=kind.reversibility or "parking",
            source=hop.source,
            target=hop.target,
            unit=step_id,
        )
    ]


def crew_steps(hop: Hop, crews: Iterable[Crew], gate: Gate, kind: Kind) -> list[Step]:
    """The steps of crews that all wait for the same gate; the windows decide how many of them run at once."""
    return [step for crew in crews for step in _steps_of(hop, crew, gate, kind)]


def _steps_of(hop: Hop, crew: Crew, gate: Gate, kind: Kind) -> list[Step]:
    """The steps of a crew, one per strategy, each behind the one before; they share a unit."""
    words = [str(hop.target), kind.action if kind.action in ("unpin", "drain") else kind.stage, kind.label]
    what, hosts = "-".join(word for word in words if word), tuple(h.name for h in crew.hosts)
    unit = f"{what}@{place(hosts)}"
    steps: list[Step] = []
    for run in crew.runs:
        waits = Gate((steps[-1].id,)) if steps else hop.waits(hosts, gate)
        projects = {s.project for s in run.services}
        steps.append(
            Step(
                id=unit if len(crew.runs) == 1 else f"{what}-{run.names[0]}@{place(hosts)}",
                action=kind.action,
                stage=kind.stage,
                plane=run.services[0].plane,
                project=projects.pop() if len(projects) == 1 else None,
                services=run.names,
                hosts=hosts,
                strategy=run.binding.id if run.binding else None,
                needs=waits.needs,
                after=waits.after,
                reason=kind.reason,
                reversibility=kind.reversibility or ("undo" if run.binding and run.binding.can_undo else "parking"),
                source=hop.source,
                target=hop.target,
                unit=unit,
                slots=crew.slots,
                budgets=crew.budgets,
            )
        )
    return steps


def place(hosts: Sequence[str]) -> str:
    """The hosts in an id, which is typed on command lines and names folders: no character that means more there."""
    more = len(hosts) - 1
    return quote(hosts[0], safe="") + (f"+{more}" if more else "")
