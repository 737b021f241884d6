"""From a builder to a reconciled cloud and a plan, in one call."""

from stairlift.model.finding import Finding, Waiver
from stairlift.model.plan import Binding, Plan, Step
from stairlift.model.policy import Policy, Share
from stairlift.model.release import Release
from stairlift.plan import Request, plan
from stairlift.reconcile import Reconciled, reconcile
from stairlift.testing.clouds import CloudBuilder

#: One strategy for everything, host by host.
ANY = Binding("any", "command", {}, {}, "host")


def seen(built: CloudBuilder, **aliases: str) -> Reconciled:
    return reconcile(built.observations(), name="lab", aliases=aliases)


def binding(name: str, concurrency: str = "host", **match: str | tuple[str, ...]) -> Binding:
    globs = {key: (value,) if isinstance(value, str) else value for key, value in match.items()}
    return Binding(name, "command", globs, {}, concurrency)


def policy(**given) -> Policy:
    for key in ("max_unavailable", "failure_budget"):
        if key in given:
            given[key] = {group: _share(value) for group, value in given[key].items()}
    return Policy(**given)


def _share(value: int | str) -> Share:
    return Share(float(value.rstrip("%")), percent=True) if isinstance(value, str) else Share(value)


def request(to: str, source: str | None = None, waive: tuple[str, ...] = (), **given) -> Request:
    return Request(
        target=Release.parse(to),
        source=Release.parse(source) if source else None,
        waivers=tuple(map(Waiver.parse, waive)),
        **given,
    )


def planned(
    built: CloudBuilder,
    to: str = "2025.2",
    source: str | None = "2025.1",
    bindings: tuple[Binding, ...] = (ANY,),
    **given,
) -> Plan:
    """A plan for what was built, from 2025.1 to 2025.2 if nothing else is said."""
    made = seen(built)
    return plan(made.cloud, made.findings, request(to, source, **given), bindings)


def codes(findings, *severities: str) -> set[str]:
    return {f.code for f in findings if not severities or f.severity in severities}


def finding(findings, code: str) -> Finding:
    """The one finding with this code."""
    [found] = [f for f in findings if f.code == code]
    return found


def ids(plan: Plan, **wanted: str) -> list[str]:
    return [step.id for step in plan.steps if all(getattr(step, key) == value for key, value in wanted.items())]


def upgrades(plan: Plan, hop: str | None = None) -> list[Step]:
    return [s for s in plan.steps if s.action == "upgrade" and (hop is None or str(s.target) == hop)]


def upgraded(plan: Plan, hop: str | None = None) -> list[tuple[str, str]]:
    """(binary, host) of every upgrade, in the order of the plan."""
    return [(name, host) for step in upgrades(plan, hop) for host in step.hosts for name in step.services]


def hosts_of(steps) -> list[str]:
    return [host for step in steps for host in step.hosts]
