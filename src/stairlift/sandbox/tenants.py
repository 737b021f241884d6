"""What the users of a simulated cloud have in it, as values: flavors, servers, groups, networks, routers."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Room:
    """What a hypervisor can hold; memory in MiB, disk in GiB. The ratios are those of Nova's defaults.

    `resources` are further classes of Placement's, such as VGPU.
    """

    vcpus: int = 64
    ram: int = 524_288
    disk: int = 1800
    cpu_ratio: float = 4.0
    ram_ratio: float = 1.0
    reserved_ram: int = 512
    resources: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FlavorSpec:
    """A flavor; memory in MiB, disks in GiB."""

    name: str
    vcpus: int = 1
    ram: int = 2048
    disk: int = 20
    ephemeral: int = 0
    extra_specs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ServerSpec:
    """A server when the cloud begins. `state` and `task` are Nova's vm_state and task_state; `host` is a machine.

    `zone` is the availability zone that its owner asked for. `image` false means that it boots from a volume. `vnic` is
    the vnic_type of its port; `shares` says that it mounts a share of Manila's.
    """

    name: str
    host: str | None = None
    flavor: str = "m1.small"
    state: str = "active"
    task: str | None = None
    project: str = "admin"
    zone: str | None = None
    group: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    locked: bool = False
    image: bool = True
    vnic: str = "normal"
    shares: bool = False


@dataclass(frozen=True, slots=True)
class GroupSpec:
    """A server group; `policy` is one of Nova's four words."""

    name: str
    policy: str = "anti-affinity"
    project: str = "admin"


@dataclass(frozen=True, slots=True)
class AggregateSpec:
    """A host aggregate; `in_placement` false means that nobody told Placement of it."""

    name: str
    hosts: tuple[str, ...] = ()
    zone: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    in_placement: bool = True


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """A network and the machines whose DHCP agents serve it; None takes the first two of the cloud."""

    name: str
    dhcp: tuple[str, ...] | None = None
    external: bool = False
    project: str = "admin"


@dataclass(frozen=True, slots=True)
class RouterSpec:
    """A router and the machines whose L3 agents host it; None takes the first one, or the first three where `ha`.

    `ha_states` are what the agents say of it where that is not one "active" and the rest "standby".
    """

    name: str
    agents: tuple[str, ...] | None = None
    ha: bool = False
    ha_states: tuple[str, ...] = ()
    project: str = "admin"


#: The flavors that every cloud has.
FLAVORS = (
    FlavorSpec("m1.small"),
    FlavorSpec("m1.medium", vcpus=2, ram=4096, disk=40),
    FlavorSpec("m1.large", vcpus=4, ram=8192, disk=80),
)
