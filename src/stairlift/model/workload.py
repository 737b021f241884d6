"""What a cloud carries for its users, as far as taking it off a host is concerned: servers, and the room for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeVar

Kind = TypeVar("Kind")
#: Words and values, sorted: a mapping that can be hashed.
Pairs = tuple[tuple[str, str], ...]
#: Amounts by resource class (VCPU, MEMORY_MB in MiB, DISK_GB in GiB, ...), sorted.
Amounts = tuple[tuple[str, int], ...]

#: What the owner of a server, or whoever operates the cloud, says of it: the value of its tag or metadata.
#: "skip": it stays where it is while the host is upgraded. "stop": it is stopped meanwhile. "cold": it may be stopped
#: to be moved. "wait": somebody takes it away.
Wish = Literal["skip", "stop", "cold", "wait"]
WISHES: tuple[Wish, ...] = ("skip", "stop", "cold", "wait")
#: The key of a server's metadata; a tag is this, an equals sign and the wish.
WISH_KEY = "stairlift:drain"


@dataclass(frozen=True, slots=True)
class Server:
    """A virtual machine as Nova lists it.

    `host` is nova-compute's name for where it is, None while it is nowhere. `ram` is in MiB. `disk`, in GiB, is what of
    its flavor's disks lies on the host: a root disk that is a volume does not. `image` are the properties of its image
    as far as Nova tells them (2.98). `zone` is the availability zone that it is in, and `pinned` the one that it was
    asked for: None is none, "" not known (before 2.96).
    """

    id: str
    name: str
    project: str
    host: str | None
    status: str
    vm_state: str
    task_state: str | None
    flavor: str
    vcpus: int
    ram: int
    disk: int
    locked: bool = False
    power_state: int | None = None
    zone: str | None = None
    pinned: str | None = ""
    specs: Pairs = ()
    image: Pairs = ()
    tags: tuple[str, ...] = ()
    metadata: Pairs = ()
    volumes: tuple[str, ...] = ()

    @property
    def wish(self) -> Wish | None:
        """What was said about draining its host, by a tag before metadata; None for nothing, or a word nobody knows."""
        said = dict(self.metadata).get(WISH_KEY, "")
        tagged = [tag.removeprefix(f"{WISH_KEY}=") for tag in self.tags if tag.startswith(f"{WISH_KEY}=")]
        return next((wish for wish in WISHES if wish in (*tagged, said)[:1]), None)


@dataclass(frozen=True, slots=True)
class ServerGroup:
    """Servers that are to be kept together or apart. `most` is how many may share a host (anti-affinity)."""

    id: str
    policy: str
    members: tuple[str, ...]
    most: int = 1


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Hosts with something in common; one with a `zone` is an availability zone, or a part of it."""

    name: str
    hosts: tuple[str, ...]
    zone: str | None = None
    metadata: Pairs = ()


@dataclass(frozen=True, slots=True)
class ComputeHost:
    """A nova-compute that could be given servers. `node` is the hypervisor's name, which placement knows it by."""

    name: str
    node: str
    zone: str | None
    enabled: bool
    up: bool
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Provider:
    """A resource provider of placement: how much there is, overcommit included, and how much of it is used.

    `root` is the provider at the top of its tree: the hypervisor.
    """

    uuid: str
    name: str
    root: str
    capacity: Amounts
    used: Amounts
    traits: tuple[str, ...] = ()
    aggregates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServerPort:
    """A port of a server that is more than a virtual cable (SR-IOV, vDPA, an accelerator)."""

    id: str
    server: str
    kind: str


@dataclass(frozen=True, slots=True)
class MigrationUnderWay:
    """A migration that has not come to its end."""

    id: str
    server: str
    source: str
    target: str | None
    status: str
    kind: str


WorkloadFact = Server | ServerGroup | Aggregate | ComputeHost | Provider | ServerPort | MigrationUnderWay


@dataclass(frozen=True)
class Workload:
    """All of it at one time. `unseen` says what could not be asked, one sentence each."""

    servers: tuple[Server, ...] = ()
    groups: tuple[ServerGroup, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()
    computes: tuple[ComputeHost, ...] = ()
    providers: tuple[Provider, ...] = ()
    ports: tuple[ServerPort, ...] = ()
    migrations: tuple[MigrationUnderWay, ...] = ()
    unseen: tuple[str, ...] = ()

    @classmethod
    def of(cls, facts: Sequence[object], unseen: Sequence[str] = ()) -> "Workload":
        """Sorted out; facts of other kinds are left aside."""
        return cls(
            servers=_all(facts, Server),
            groups=_all(facts, ServerGroup),
            aggregates=_all(facts, Aggregate),
            computes=_all(facts, ComputeHost),
            providers=_all(facts, Provider),
            ports=_all(facts, ServerPort),
            migrations=_all(facts, MigrationUnderWay),
            unseen=tuple(unseen),
        )

    @cached_property
    def on(self) -> Mapping[str, tuple[Server, ...]]:
        """The servers of each host, by nova-compute's name for it."""
        found: dict[str, list[Server]] = {}
        for server in self.servers:
            if server.host:
                found.setdefault(server.host, []).append(server)
        return {host: tuple(servers) for host, servers in found.items()}

    @cached_property
    def group_of(self) -> Mapping[str, ServerGroup]:
        """The group of each server that is in one."""
        return {member: group for group in self.groups for member in group.members}

    @cached_property
    def ports_of(self) -> Mapping[str, tuple[ServerPort, ...]]:
        """The remarkable ports of each server that has any."""
        found: dict[str, tuple[ServerPort, ...]] = {}
        for port in self.ports:
            found[port.server] = (*found.get(port.server, ()), port)
        return found


def _all(facts: Sequence[object], kind: type[Kind]) -> tuple[Kind, ...]:
    return tuple(fact for fact in facts if isinstance(fact, kind))
