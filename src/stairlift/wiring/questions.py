"""What checks are asked about, and on which ways: put together from a look at the cloud."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from stairlift.drive.questions import Ways
from stairlift.inventory.context import AnsibleSettings
from stairlift.inventory.host_targets import targets
from stairlift.knowledge.service_types import all_service_types
from stairlift.model.check import Scene
from stairlift.model.errors import SourceTrouble
from stairlift.model.finding import Finding, in_order
from stairlift.model.observation import ApiVersion, HostRecord
from stairlift.model.plan import Plan
from stairlift.model.release import Release
from stairlift.openstack.endpoints import host_and_port
from stairlift.openstack.urls import PublicUrls
from stairlift.reconcile.backends import Backend, backends
from stairlift.remote.ssh import SshRemote, Target
from stairlift.wiring.clock import now
from stairlift.wiring.look import Look, Where


@dataclass(frozen=True, slots=True)
class Way:
    """From where to where, as far as that is known, and by which plan."""

    source: Release | None = None
    target: Release | None = None
    plan: Plan | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """A scene and the ways to ask on."""

    scene: Scene
    ways: Ways


def asking(seen: Look, where: Where, way: Way, found: Sequence[Finding] = ()) -> Asking:
    """What checks need of a cloud that was looked at; `found` is what the planner said of it beside the sources."""
    reconciled = seen.reconciled
    reached = _reached(seen, where)
    scene = Scene(
        cloud=reconciled.cloud,
        now=now(),
        source=way.source,
        target=way.target,
        plan=way.plan,
        observations=seen.observations,
        backends=_backends(seen, where),
        shells=frozenset(reached),
        programs=where.checks.programs,
        backups=where.checks.backups,
        findings=in_order((*reconciled.findings, *found)),
        interface=_of_client(seen, "interface") or "public",
    )
    shells = SshRemote(targets=reached) if reached else None
    return Asking(scene, Ways(seen.client, shells, PublicUrls(_of_client(seen, "authorities"))))


def _backends(seen: Look, where: Where) -> Mapping[tuple[str, str], str]:
    """The servers of APIs behind load balancers that are not taken out, by their addresses."""
    apis = {name for kind in all_service_types() for name in kind.apis}
    secured = {fact.url for o in seen.observations for fact in o.facts if isinstance(fact, ApiVersion) and fact.backend}
    found = backends(seen.observations, seen.reconciled.identity, where.aliases)
    return {
        (b.record.binary, b.host): _url(b, secured)
        for b in found
        if b.host and b.record.binary in apis and b.record.port and b.record.status != "disabled"
    }


def _url(backend: Backend, secured: Collection[str]) -> str:
    record = backend.record
    place = f"//{host_and_port(record.address, record.port)}/"
    return f"https:{place}" if f"https:{place}" in secured else f"http:{place}"


def _reached(seen: Look, where: Where) -> dict[str, Target]:
    """The hosts that let us in a moment ago, with the way there."""
    inside = {
        fact.host for o in seen.observations for fact in o.facts if isinstance(fact, HostRecord) and not fact.trouble
    }
    found = _by_strategies(seen, where)
    for spec in where.specs:
        kind, _, argument = spec.partition(":")
        if kind == "hosts" and inside:
            found |= {name: target for name, target in _targets(argument, where).items() if name in inside}
    return {seen.reconciled.identity.of(name): target for name, target in found.items()}


def _by_strategies(seen: Look, where: Where) -> dict[str, Target]:
    """The hosts of the strategies' inventories; by SSH alone those of the cloud."""
    found: dict[str, Target] = {}
    for way in where.transports:
        if way.inventory:
            found |= _targets(way.inventory, where)
        else:
            found |= {host.name: way.target(host.name) for host in seen.reconciled.cloud.hosts}
    return found


def _targets(argument: str, where: Where) -> Mapping[str, Target]:
    try:
        return targets(argument, where.ssh, AnsibleSettings(arguments=where.ansible_arguments))
    except SourceTrouble:  # it was there a moment ago; what needs a shell is told as not asked
        return {}


def _of_client(seen: Look, name: str) -> str:
    """A word of the session on how it asks; "" where there is none, or it does not say."""
    found = getattr(seen.client(), name, None) if seen.client else None
    return found if isinstance(found, str) else ""
