"""Builders of plans: small ones whose every step is given, and rollouts over many hosts."""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from stairlift.model.plan import Action, Binding, Concurrency, Plan, Stage, Step
from stairlift.model.release import Release

SOURCE, TARGET = Release(2025, 1), Release(2026, 1)


def a_step(
    step_id: str,
    *,
    needs: Sequence[str] = (),
    after: Sequence[str] = (),
    action: Action = "upgrade",
    hosts: Sequence[str] = (),
    services: Sequence[str] = ("nova-compute",),
    unit: str = "",
    slots: Sequence[str] = (),
    budgets: Sequence[str] = ("plane:resource",),
    one_way: bool = False,
    stage: Stage = "compute",
    strategy: str | None = "command",
    deadline: int | None = None,
) -> Step:
    """A step of a hypervisor; its host is called as the step is unless hosts are given."""
    return Step(
        id=step_id,
        action=action,
        stage=stage,
        plane="resource",
        project="nova",
        services=tuple(services),
        hosts=tuple(hosts) or (step_id,),
        strategy=None if action == "approve" else strategy,
        needs=tuple(needs),
        reason="a test asked for it",
        reversibility="no-return" if one_way else "parking",
        source=SOURCE,
        target=TARGET,
        after=tuple(after),
        unit=unit,
        slots=tuple(slots),
        budgets=tuple(budgets),
        deadline=deadline,
    )


def a_binding(name: str = "command", *, concurrency: Concurrency = "host", can_undo: bool = False) -> Binding:
    """A strategy as a plan freezes it."""
    options = {"argv": ["true"]} | ({"undo": ["true", "undo"]} if can_undo else {})
    return Binding(id=name, use="command", match={}, options=options, concurrency=concurrency, can_undo=can_undo)


def a_plan(
    *steps: Step,
    windows: Mapping[str, int] | None = None,
    budgets: Mapping[str, int] | None = None,
    bindings: Sequence[Binding] = (),
    on_failure: str = "stop",
    cloud: str = "lab",
) -> Plan:
    """A plan of these steps. Without windows every slot that they name has room for all."""
    slots = {slot for step in steps for slot in step.slots}
    everybody = sum(len(step.hosts) for step in steps)
    return Plan(
        cloud=cloud,
        source=SOURCE,
        target=TARGET,
        hops=(TARGET,),
        steps=steps,
        bindings=tuple(bindings) or (a_binding(),),
        findings=(),
        policy={},
        windows=dict.fromkeys(slots, everybody) if windows is None else dict(windows),
        budgets=dict(budgets or {}),
        on_failure=on_failure,
        placement={host: step.services for step in steps for host in step.hosts},
        hash=sha256(repr(steps).encode()).hexdigest(),
    )


def a_rollout(
    hosts: int,
    *,
    actions: Sequence[Action] = ("cordon", "drain", "upgrade", "uncordon"),
    window: int = 1,
    budget: int = 0,
    cloud: str = "lab",
) -> Plan:
    """Hypervisors cmp1, cmp2, ...: for each these actions one behind the other, `window` hosts at a time."""
    steps = [step for n in range(1, hosts + 1) for step in _host_steps(f"cmp{n}", actions)]
    limit = {"plane:resource": window}
    return a_plan(*steps, windows=limit, budgets={"plane:resource": budget}, cloud=cloud)


def _host_steps(host: str, actions: Sequence[Action]) -> list[Step]:
    names = [f"{host}-{action}" for action in actions]
    return [
        a_step(
            name,
            action=action,
            hosts=(host,),
            needs=(before,) if before else (),
            unit=host,
            slots=("plane:resource",),
        )
        for name, action, before in zip(names, actions, ("", *names), strict=False)
    ]
