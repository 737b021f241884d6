"""Observations -> Cloud + Findings: who is who, what contradicts what, and which release runs. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from stairlift.model.cloud import Cloud, Endpoint
from stairlift.model.finding import Finding, in_order
from stairlift.model.observation import Deployment, EndpointRecord, Observation
from stairlift.reconcile.absent import deployed
from stairlift.reconcile.backends import about_backends, backends, with_backends
from stairlift.reconcile.configured import configured
from stairlift.reconcile.contradictions import contradictions
from stairlift.reconcile.hosts import hosts, hypervisors
from stairlift.reconcile.identity import Identity, identify
from stairlift.reconcile.looked import looked_at
from stairlift.reconcile.release import running_release
from stairlift.reconcile.services import is_infrastructure, services
from stairlift.reconcile.troubles import troubles

__all__ = ["Reconciled", "reconcile"]

DeploymentKind = Literal["kolla-ansible", "openstack-ansible", "plain"]
_DEPLOYERS: tuple[DeploymentKind, ...] = ("kolla-ansible", "openstack-ansible")


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The cloud, what is remarkable about it, and who is who in it."""

    cloud: Cloud
    findings: tuple[Finding, ...]
    identity: Identity


def reconcile(
    observations: Sequence[Observation], *, name: str, aliases: Mapping[str, str] | None = None
) -> Reconciled:
    """Make one cloud of what all sources said. `aliases` is the operator's own map of host names."""
    identity = identify(observations, aliases or {})
    endpoints = _endpoints(observations)
    deployment = _deployment(observations)
    by_deployer = deployment != "plain"
    behind = backends(observations, identity, aliases or {})
    everything = with_backends(services(observations, identity), behind)
    below = {name for name in {s.binary for s in everything} if is_infrastructure(name)}
    served = [s for s in everything if s.binary not in below]
    found, absent = deployed(served, endpoints, observations, by_deployer=by_deployer)
    release, about_release = running_release(observations)
    cloud = Cloud(
        name=name,
        release=release,
        hosts=hosts(found, identity),
        services=found,
        hypervisors=hypervisors(observations, identity),
        endpoints=endpoints,
        deployment=deployment,
        infrastructure=tuple(s for s in everything if s.binary in below),
    )
    findings = (
        *identity.findings,
        *about_release,
        *absent,
        *about_backends(behind, observations),
        *configured(observations, identity),
        *looked_at(observations, identity),
        *troubles(observations, cloud),
        *contradictions(cloud, observations, identity),
    )
    return Reconciled(cloud, in_order(findings), identity)


def _endpoints(observations: Sequence[Observation]) -> tuple[Endpoint, ...]:
    records = {f for o in observations for f in o.facts if isinstance(f, EndpointRecord)}
    found = {Endpoint(r.service_type, r.interface, r.url) for r in records}
    return tuple(sorted(found, key=lambda e: (e.service_type, e.interface, e.url)))


def _deployment(observations: Sequence[Observation]) -> DeploymentKind:
    """The deployer; where several inventories were given, the one that is no mere list of hosts."""
    kinds = {f.kind for o in observations for f in o.facts if isinstance(f, Deployment)}
    return next((kind for kind in _DEPLOYERS if kind in kinds), "plain")
