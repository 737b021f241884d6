"""The cloud after its sources have been reconciled: one host per machine, one service per (binary, host)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from stairlift.model.observation import Duty, Seen, State, Status
from stairlift.model.release import Release

Plane = Literal["control", "resource"]
Role = Literal["control", "network", "compute", "storage"]
#: What told the version of a service, the best first. An API suggests releases and proves nothing of one process.
VersionSource = Seen | Literal["host", "api"]


@dataclass(frozen=True, slots=True)
class Instance:
    """One row behind a service: a cinder backend, a worker, or the record itself."""

    name: str
    status: Status
    state: State
    updated_at: datetime | None
    forced_down: bool = False


@dataclass(frozen=True, slots=True)
class Service:
    """A binary on a host. `sources` name who said so; `registry` is None where nothing reports a heartbeat.

    `version` is the one seen on the host, and `releases` those that it belongs to; empty where nobody looked.
    `version_from` is what told it: "host" where the source does not say, "api" where only the API of its project
    suggests releases. `suggested` are those of an API or a database: they prove nothing of this process. `installed`
    is the version that a restart would run. `duty` is its part among its like, None where it has none or nobody tells.
    """

    binary: str
    project: str
    host: str
    plane: Plane
    role: Role
    status: Status
    state: State
    updated_at: datetime | None
    sources: tuple[str, ...]
    registry: str | None = None
    zone: str | None = None
    instances: tuple[Instance, ...] = ()
    version: str | None = None
    releases: tuple[Release, ...] = ()
    version_from: VersionSource | None = None
    suggested: tuple[Release, ...] = ()
    installed: str | None = None
    duty: Duty | None = None


@dataclass(frozen=True, slots=True)
class Host:
    """One machine, whatever it is called. `name` is the one that Stairlift uses, `aliases` are the others."""

    name: str
    aliases: tuple[str, ...]
    planes: tuple[Plane, ...]
    roles: tuple[Role, ...]
    zone: str | None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Hypervisor:
    """A hypervisor and the host that runs its nova-compute (several per host with Ironic)."""

    name: str
    host: str
    state: State
    status: Status


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address at which users find an API."""

    service_type: str
    interface: str
    url: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one source says about the release. Only proof may contradict; the rest are hints."""

    text: str
    candidates: tuple[Release, ...]
    proof: bool


@dataclass(frozen=True, slots=True)
class RunningRelease:
    """The release that the cloud runs: known when the evidence leaves one candidate, never guessed.

    `unfinished` are the single hops (from, to) that would explain a cloud of two releases, all to the same release:
    an upgrade that somebody began.
    """

    candidates: tuple[Release, ...]
    evidence: tuple[Evidence, ...]
    unfinished: tuple[tuple[Release, Release], ...] = ()

    @property
    def series(self) -> Release | None:
        """The release, when the evidence leaves exactly one."""
        return self.candidates[0] if len(self.candidates) == 1 else None


@dataclass(frozen=True, slots=True)
class Cloud:
    """Everything that is known about a cloud at one time.

    `infrastructure` is what it stands on: databases, brokers, load balancers, switches. It makes no host of the cloud.
    """

    name: str
    release: RunningRelease
    hosts: tuple[Host, ...]
    services: tuple[Service, ...]
    hypervisors: tuple[Hypervisor, ...]
    endpoints: tuple[Endpoint, ...]
    deployment: Literal["kolla-ansible", "openstack-ansible", "plain"] = "plain"
    infrastructure: tuple[Service, ...] = ()

    def host(self, name: str) -> Host | None:
        """The host that goes by this name, its own or an alias."""
        return next((h for h in self.hosts if name == h.name or name in h.aliases), None)
