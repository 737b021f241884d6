"""What one source said at one time, before anybody compares it with what the others said."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from stairlift.model.errors import Trouble

Status = Literal["enabled", "disabled", "unknown"]
State = Literal["up", "down", "unknown"]


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
    """What a version document says; `maximum` is the microversion, or the highest version id without one."""

    service_type: str
    maximum: str
    url: str


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """The version of a program as seen on a host: process, image, venv or package. Proof, unlike an API's word."""

    binary: str
    host: str
    version: str


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """A program as somebody saw it on its host.

    `manager` keeps it running and knows it as `unit`. `version` is that of the code that runs and `evidence` what told
    it; `installed` is what a restart would run. None where nobody could tell.
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


@dataclass(frozen=True, slots=True)
class BackendRecord:
    """A server behind a load balancer: where an API runs that registers nowhere.

    `proxy` and `server` are the balancer's names for the service and for the server; `binary` is what the proxy stands
    for, None where nobody knows it. `status` is "disabled" while it is in maintenance or drained.
    """

    proxy: str
    server: str
    address: str
    binary: str | None
    state: State
    status: Status
    port: int | None = None


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
    | BackendRecord
    | InventoryHost
    | Deployment
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
