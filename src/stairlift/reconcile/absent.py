"""What only an inventory names and no other source knows.

Deployers write groups for every service that they can install, whether it is switched on or not (kolla-ansible's
enable_*): the catalog and the registries tell which of them there are. An inventory of the operator's own says what
they mean: what it names and nobody reports is there, and silent.
"""

from collections.abc import Sequence

from stairlift.knowledge.binaries import all_binaries, binary
from stairlift.knowledge.service_types import all_service_types, service_type
from stairlift.model.cloud import Endpoint, Service
from stairlift.model.finding import Finding
from stairlift.model.observation import Observation, ServiceRecord
from stairlift.reconcile.services import registries_that_answered


def deployed(
    found: Sequence[Service], endpoints: Sequence[Endpoint], observations: Sequence[Observation], *, by_deployer: bool
) -> tuple[tuple[Service, ...], tuple[Finding, ...]]:
    """The services that there are, and a finding for each project or binary that was left out.

    `by_deployer` says that the inventory is one of kolla-ansible's or openstack-ansible's form.
    """
    off = _not_listed(endpoints)
    idle = _idle([s for s in found if s.project not in off], observations) if by_deployer else frozenset()
    intended = [s for s in found if not s.instances and not s.version]
    switched_off = [s for s in intended if _provider(s) in off]
    silent = [s for s in intended if s.binary in idle]
    missing = {*switched_off, *silent}
    return tuple(s for s in found if s not in missing), (
        *(_switched_off(project) for project in sorted({_provider(s) for s in switched_off})),
        *(_nobody_reports(name, sum(s.binary == name for s in silent)) for name in sorted({s.binary for s in silent})),
    )


def _provider(service: Service) -> str:
    """The project whose API tells whether it runs: that of bare metal, for an agent that only serves bare metal."""
    known = binary(service.binary)
    return known.needs if known and known.needs else service.project


def _not_listed(endpoints: Sequence[Endpoint]) -> frozenset[str]:
    """Projects that would be in the catalog if they ran; those without an API of today (ceilometer) never are."""
    if not endpoints:
        return frozenset()
    listed = {known.project for e in endpoints if (known := service_type(e.service_type))}
    without_api = {one.project for one in all_binaries() if one.last is None} - {
        one.project for one in all_binaries() if one.kind == "api" and (one.last is None or one.replaced_by)
    }
    return frozenset({t.project for t in all_service_types()} - listed - without_api)


def _idle(found: Sequence[Service], observations: Sequence[Observation]) -> frozenset[str]:
    """Binaries whose registry answered and lists none of them, and whole projects that only such binaries prove."""
    answered = registries_that_answered(observations)
    reporting = {f.binary for o in observations for f in o.facts if isinstance(f, ServiceRecord)}
    silent = {s.binary for s in found if s.registry in answered} - reporting
    told_by_registry = {s.project for s in found if s.registry in answered} - {t.project for t in all_service_types()}
    alive = {s.project for s in found if s.binary in reporting}
    return frozenset(silent | {s.binary for s in found if s.project in told_by_registry - alive})


def _switched_off(project: str) -> Finding:
    return Finding(
        code="inventory.not_in_catalog",
        severity="info",
        subject=project,
        message=f"the inventory has groups for {project}, but the catalog has no such service: it is left out",
        resolution="nothing to do, if it is switched off",
    )


def _nobody_reports(name: str, hosts: int) -> Finding:
    return Finding(
        code="inventory.not_running",
        severity="warning",
        subject=name,
        message=f"the inventory puts {name} on {hosts} host{'s' if hosts > 1 else ''}, but none reports: left out",
        resolution="nothing to do, if it is switched off; else start it first, and look again",
    )
