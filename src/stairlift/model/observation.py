"""What one source said at one time, before anybody compares it with what the others said."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from stairlift.model.errors import Trouble
from stairlift.model.workload import WorkloadFact

Status = Literal["enabled", "disabled", "unknown"]
State = Literal["up", "down", "unknown"]
#: What one of several alike does beside the others: it leads a Raft cluster, or carries what leaves the cloud (OVN).
Duty = Literal["leader", "gateway"]
#: What told a version, the best first.
Seen = Literal["process", "image", "venv", "package", "database"]


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """A row of a registry: nova os-services, neutron agents, cinder os-services.

    `host` is the registry's own word for it and may be `host@backend`. `agent_mode` is the L3 agent's
    (legacy, dvr, dvr_snat). `state` is "unknown" for the partial rows of an unreachable cell, which must not
    be read as down (nova API reference, microversion 2.69).
    """

    binary: str
    host: str
    status: Status
    state: State
    updated_at: datetime | None = None
    zone: str | None = None
    forced_down: bool = False
    disabled_reason: str | None = None
    agent_mode: str | None = None
    duty: Duty | None = None


@dataclass(frozen=True, slots=True)
class HypervisorRecord:
    """A hypervisor as Nova knows it. `service_host` and `name` are the authoritative pair of names of a host."""

    name: str
    service_host: str
    state: State
    status: Status
    host_ip: str | None = None


@dataclass(frozen=True, slots=True)
class EndpointRecord:
    """One row of the catalog. Its address may be a load balancer's and never makes a host."""

    service_type: str
    interface: str
    url: str
    region: str | None = None


@dataclass(frozen=True, slots=True)
class ApiVersion:
    """What a version document says; `maximum` is the microversion, or the highest version id without one.

    `backend` names the server behind a load balancer that was asked by its own address; None is the catalog's.
    """

    service_type: str
    maximum: str
    url: str
    backend: str | None = None


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """The version of a program as seen on a host. Proof, unlike an API's word.

    `evidence` is what told it, None where the source does not say: the code that the process runs comes before what is
    installed beside it, and that before what a service wrote into a database.
    """

    binary: str
    host: str
    version: str
    evidence: Seen | None = None


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """A program as somebody saw it on its host.

    `manager` keeps it running and knows it as `unit`. `version` is that of the code that runs and `evidence` what told
    it; `installed` is what a restart would run. None where nobody could tell. `stale` says that the files that it was
    started from have been replaced or deleted since.
    """

    binary: str
    host: str
    manager: Literal["systemd", "supervisor", "docker", "podman", "lxc", "process"]
    unit: str
    state: State
    version: str | None = None
    evidence: Literal["process", "image", "venv", "package"] | None = None
    installed: str | None = None
    started_at: datetime | None = None
    stale: bool = False


@dataclass(frozen=True, slots=True)
class DutyRecord:
    """What a look at a host told of the part that a service has among its like, and no API tells."""

    binary: str
    host: str
    duty: Duty


@dataclass(frozen=True, slots=True)
class HostRecord:
    """What a look at a machine told of itself. `host` is what whoever looked calls it.

    `names` are what it calls itself and what its services report as. `trouble` is why nobody could look, with a
    sentence in `detail`. `partial` says that only root would have seen all of it.
    """

    host: str
    names: tuple[str, ...] = ()
    address: str | None = None
    trouble: Trouble | None = None
    detail: str = ""
    partial: bool = False


@dataclass(frozen=True, slots=True)
class BackendRecord:
    """A server behind a load balancer: where an API runs that registers nowhere.

    `proxy` and `server` are the balancer's names for the service and for the server; `binary` is what the proxy stands
    for, None where nobody knows it; `by_port` says that only the port told it. `status` is "disabled" while it is in
    maintenance or drained.
    """

    proxy: str
    server: str
    address: str
    binary: str | None
    state: State
    status: Status
    port: int | None = None
    by_port: bool = False


@dataclass(frozen=True, slots=True)
class NamedHost:
    """A host that the configuration of a service names: nothing says that it lives, or that anything runs there.

    `by` is the project; `group` is its own word for what the host belongs to, and `maintenance` says that the project
    leaves the host alone for the time being.
    """

    by: str
    host: str
    group: str
    maintenance: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of something a service has that is neither a host nor a program, such as Octavia's amphorae."""

    project: str
    what: str
    count: int


@dataclass(frozen=True, slots=True)
class InventoryHost:
    """A host of a deployer's inventory. `node` is the machine it lives on: itself, or a container's host.

    `services` are the binaries that its groups stand for; `groups` are kept as evidence.
    """

    name: str
    node: str
    address: str | None
    services: tuple[str, ...]
    groups: tuple[str, ...]
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Deployment:
    """The deployer that an inventory belongs to, as told by its group names."""

    kind: Literal["kolla-ansible", "openstack-ansible", "plain"]


Fact = (
    ServiceRecord
    | HypervisorRecord
    | EndpointRecord
    | ApiVersion
    | VersionRecord
    | ProcessRecord
    | DutyRecord
    | HostRecord
    | BackendRecord
    | NamedHost
    | Tally
    | InventoryHost
    | Deployment
    | WorkloadFact
)


@dataclass(frozen=True, slots=True)
class Observation:
    """All facts of one source, or the trouble that it had.

    `asked_at` is our clock, `cloud_time` the server's (from the HTTP Date header): ages of heartbeats are
    reckoned on the cloud's own clock, since a laptop's may be wrong.
    """

    source: str
    asked_at: datetime
    facts: tuple[Fact, ...] = ()
    trouble: Trouble | None = None
    detail: str = ""
    cloud_time: datetime | None = None

    @property
    def now(self) -> datetime:
        """The time at which the facts were true, on the clock that stamped them."""
        return self.cloud_time or self.asked_at
