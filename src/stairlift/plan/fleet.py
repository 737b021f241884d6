"""The part of a cloud that a plan is about: services by host, after what nobody asked for was left out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from stairlift.knowledge.binaries import Binary, Replacement, binary, lives_in
from stairlift.model.cloud import Cloud, Host, Service
from stairlift.model.finding import Finding
from stairlift.model.naming import natural
from stairlift.model.release import Release
from stairlift.plan.request import Request

#: Findings whose waiver takes the service that they speak of out of the plan: nothing could act on it.
_LEAVES_OUT = frozenset({"record.stale", "record.forced_down", "cell.unreachable", "service.unknown"})


@dataclass(frozen=True, slots=True)
class Fleet:
    """Hosts and services that a plan speaks of, and a sentence for each service that it leaves alone.

    `infrastructure` is what they stand on, and `others` are the machines that run nothing else.
    """

    hosts: tuple[Host, ...]
    services: tuple[Service, ...]
    left_out: tuple[str, ...] = ()
    infrastructure: tuple[Service, ...] = ()
    others: tuple[Host, ...] = ()

    @property
    def with_ovn(self) -> bool:
        """Whether OVN carries the networks."""
        return any(s.project == "ovn" for s in self.services)

    def facing(self, release: Release) -> "Fleet":
        """Those that a hop to `release` is about: not what ends there for good, nor what begins only later."""
        foreign = {name for name in self._names if not _is_of(name, release)}
        kept = (s for s in self.services if s.binary not in foreign or _takes_part(s, release))
        return replace(self, services=tuple(kept))

    def at(self, release: Release) -> "Fleet":
        """The same machines once they run `release`: programs that ended are the ones that took over."""
        ovn = self.with_ovn
        gone = {name for name in self._names if ended(name, release)}
        running = {(s.binary, s.host): s for s in self.services if s.binary not in gone}
        for heir in (heir for s in self.services if s.binary in gone for heir in _heirs(s, ovn=ovn)):
            running.setdefault((heir.binary, heir.host), heir)
        return replace(self, services=tuple(sorted(running.values(), key=lambda s: (s.host, s.binary))))

    @property
    def _names(self) -> set[str]:
        return {s.binary for s in self.services}

    def explained(self, hops: Sequence[Release]) -> "Fleet":
        """The same fleet, with a sentence for each kind of service that gets no step in one of these hops."""
        told: list[str] = []
        fleet = self
        for hop in hops:
            facing = fleet.facing(hop).services
            told += _sentences(set(fleet.services).difference(facing), f"no part of {hop}")
            told += _sentences((s for s in facing if runs(s, hop)), f"runs {{version}} already, no step to {hop}")
            fleet = fleet.at(hop)
        return replace(self, left_out=(*self.left_out, *told))


def fleet(cloud: Cloud, findings: Sequence[Finding], request: Request) -> Fleet:
    """The services of the hosts asked for, less those of which a waiver says that they are gone."""
    waived = {f.subject for f in findings if f.code in _LEAVES_OUT and any(w.covers(f) for w in request.waivers)}
    hosts = tuple(h for h in cloud.hosts if request.wants_host(h))
    names = {h.name for h in hosts}
    mine = sorted((s for s in cloud.services if s.host in names), key=lambda s: (s.host, s.binary))
    gone = {_subject(s) for s in mine if _subject(s) in waived and _lost(s)}
    others = tuple(h for h in _machines_beside(cloud) if request.wants_host(h))
    beside = {h.name for h in others}
    return Fleet(
        hosts=hosts,
        infrastructure=tuple(s for s in cloud.infrastructure if s.host in names or s.host in beside),
        others=others,
        services=tuple(s for s in mine if _subject(s) not in gone),
        left_out=(
            *_narrowing(request, len(cloud.hosts) - len(hosts)),
            *(f"{subject}: waived, taken as gone" for subject in sorted(gone)),
        ),
    )


def _machines_beside(cloud: Cloud) -> list[Host]:
    """Machines of the infrastructure that run no service of the cloud, and so are no hosts of it."""
    known = {h.name for h in cloud.hosts}
    names = sorted({s.host for s in cloud.infrastructure} - known, key=natural)
    return [Host(name=name, aliases=(), planes=(), roles=(), zone=None) for name in names]


def ended(name: str, release: Release) -> bool:
    """Whether `release` no longer has the program."""
    known = binary(name)
    return known is not None and known.last is not None and known.last < release


def runs(service: Service, release: Release) -> bool:
    """Whether nothing remains to be done there. Only a version seen on the host itself proves that."""
    return bool(service.releases) and min(service.releases) >= release


def on_networks(services: Iterable[Service]) -> set[str]:
    """The hosts that only carry networks, whatever storage or telemetry runs beside."""
    mine = [s for s in services if s.plane == "resource" and s.project != "ovn"]
    return {s.host for s in mine if s.project == "neutron"} - {s.host for s in mine if s.binary == "nova-compute"}


def named(hosts: Sequence[str]) -> str:
    """Hosts, as many as a sentence bears."""
    return ", ".join(hosts) if len(hosts) <= 3 else f"{hosts[0]}, {hosts[1]} and {len(hosts) - 2} more"


def _takes_part(service: Service, release: Release) -> bool:
    """What reports to a registry is there, whatever is known of its life span."""
    known = binary(service.binary)
    if known is None:
        return True
    unborn = known.first is not None and release < known.first and not service.instances
    return not unborn and not (ended(service.binary, release) and not _local(known, ovn=True))


def _is_of(name: str, release: Release) -> bool:
    known = binary(name)
    return known is None or lives_in(known, release)


def _heirs(service: Service, *, ovn: bool) -> list[Service]:
    known = binary(service.binary)
    return [
        replace(service, binary=new.service, project=_project(new.service, service.project))
        for new in (_local(known, ovn=ovn) if known else ())
    ]


def _local(known: Binary, *, ovn: bool) -> list[Replacement]:
    """What takes over on the host where a program ended; an absorbed one has nobody there."""
    wanted = {"", "ovn"} if ovn else {""}
    return [new for new in known.replaced_by if not new.absorbed and new.only_with in wanted]


def _project(name: str, default: str) -> str:
    known = binary(name)
    return known.project if known else default


def _lost(service: Service) -> bool:
    """A service with one row that is dead and another that is alive goes on; an unknown one nobody can upgrade."""
    return service.project == "unknown" or service.state != "up"


def _subject(service: Service) -> str:
    return f"{service.binary}@{service.host}"


def _sentences(services: Iterable[Service], why: str) -> list[str]:
    """One for all hosts with the same binary and version."""
    alike = sorted(services, key=lambda s: (s.binary, s.version or "", natural(s.host)))
    return [
        f"{name} on {named([s.host for s in group])}: {why.format(version=version)}"
        for (name, version), group in groupby(alike, key=lambda s: (s.binary, s.version))
    ]


def _narrowing(request: Request, missing: int) -> list[str]:
    stages = request.unwanted_stages()
    return [
        *([f"{missing} host{'s' if missing > 1 else ''} not asked for (--hosts, --exclude)"] if missing else []),
        *([f"stages {', '.join(stages)} (--stage)"] if stages else []),
    ]
