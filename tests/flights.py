"""A whole hop in small, for pages to show: every stage, a gate's like at its end, hypervisors one behind the other."""

from dataclasses import replace

from stairlift.model.plan import Plan, Step
from stairlift.testing.plans import a_plan, a_step

SERVICES = {"control": ("nova-api", "nova-conductor", "nova-scheduler"), "network": ("neutron-l3-agent",)}


def a_flight(computes: int = 4, *, window: int = 1, cloud: str = "lab") -> Plan:
    """prepare, control on ctl1 to ctl3, network on net1 and net2, the hypervisors, a contraction that asks first."""
    steps = [
        _step("2026.1-prepare@ctl1", "prepare", ("ctl1",), action="prepare"),
        _step("2026.1-nova-expand", "control", ("ctl1",), action="db-expand"),
        *(_step(f"2026.1-control@ctl{n}", "control", (f"ctl{n}",)) for n in (1, 2, 3)),
        *(_step(f"2026.1-network@net{n}", "network", (f"net{n}",)) for n in (1, 2)),
        *(one for n in range(1, computes + 1) for one in _hypervisor(f"cmp{n:03}")),
        _step("2026.1-nova-contract", "finish", ("ctl1",), action="db-contract", one_way=True),
    ]
    plan = a_plan(*_chained(steps), windows={"plane:resource": window}, cloud=cloud)
    return replace(plan, hash=f"sha256:{plan.hash}")


def _step(name: str, stage, hosts: tuple[str, ...], *, action="upgrade", one_way: bool = False) -> Step:
    services = ("nova-conductor",) if action.startswith("db-") else SERVICES.get(stage, ("nova-compute",))
    made = a_step(name, action=action, stage=stage, hosts=hosts, services=services, one_way=one_way)
    return replace(made, reason=_why(action, stage), plane="control" if stage in {"control", "finish"} else "resource")


def _hypervisor(host: str) -> list[Step]:
    names = {action: f"2026.1-{action}@{host}" for action in ("cordon", "drain", "upgrade", "uncordon")}
    return [
        replace(
            a_step(name, action=action, hosts=(host,), unit=host, slots=("plane:resource",)),
            reason=_why(action, "compute"),
        )
        for action, name in names.items()
    ]


def _why(action: str, stage: str) -> str:
    told = {
        "prepare": "packages are fetched while nothing is stopped",
        "db-expand": "new code needs the columns that this adds; old code does not mind them",
        "db-contract": "what only the old release read goes away",
        "cordon": "no new servers while its nova-compute restarts",
        "drain": "its servers move away first",
        "uncordon": "it takes servers again",
    }
    return told.get(action, f"{stage} services of one host are restarted on the new code")


def _chained(steps: list[Step]) -> list[Step]:
    """One behind the other."""
    return [replace(s, needs=(steps[n - 1].id,) if n else ()) for n, s in enumerate(steps)]
