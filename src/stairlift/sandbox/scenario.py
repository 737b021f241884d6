"""What a simulated cloud is made of, as values. `scenario_file` reads them from YAML, `builders` makes large ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stairlift.model.errors import UsageError
from stairlift.model.release import Release
from stairlift.sandbox.binaries import KINDS, Kind
from stairlift.sandbox.tenants import AggregateSpec, FlavorSpec, GroupSpec, NetworkSpec, Room, RouterSpec, ServerSpec
from stairlift.sandbox.world.databases import Database


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. The defaults of reports and down times are those of Nova, Cinder and Neutron.

    `notice` is how long the load balancer takes to see that a process has gone; who is sent there gets a 503. `boot`,
    `live_migration`, `cold_migration` and `power` are how long servers take, `port` how long a DHCP agent does.
    """

    report_interval: float = 10.0
    service_down_time: float = 60.0
    agent_report_interval: float = 30.0
    agent_down_time: float = 75.0
    stop: float = 0.2
    start: float = 1.0
    starts: Mapping[str, float] = field(default_factory=dict)
    notice: float = 0.0
    boot: float = 0.5
    live_migration: float = 0.5
    cold_migration: float = 0.5
    power: float = 0.1
    port: float = 0.2

    def start_of(self, binary: str) -> float:
        """How long this program takes from its start until it reports or answers."""
        return self.starts.get(binary, self.start)


@dataclass(frozen=True, slots=True)
class ProgramSpec:
    """A program of a host when the cloud begins.

    `silent_for` is the age of the last report of a program that no longer runs; `registered` false means that it was
    installed and never reported. `release` overrides the host's, `report_interval` (seconds) the cloud's.
    `unknown` describes a binary that is not in the table.
    """

    binary: str
    release: Release | None = None
    report_interval: float | None = None
    silent_for: float | None = None
    registered: bool = True
    disabled: str | None = None
    forced_down: bool = False
    backends: tuple[str, ...] = ()
    cluster: str | None = None
    agent_mode: str | None = None
    agent_type: str | None = None
    unknown: Kind | None = None

    @property
    def kind(self) -> Kind:
        """What this program is; the scenario's own word for it comes before the table."""
        return self.unknown or KINDS[self.binary]

    @property
    def runs(self) -> bool:
        """Whether its process is there when the cloud begins."""
        return self.silent_for is None and self.registered


@dataclass(frozen=True, slots=True)
class HostSpec:
    """A machine. `names` are the other words for it: of nova, hypervisor, neutron, ovn, cinder or inventory.

    `cell` is Nova's cell, `inventory` says whether the deployer's inventory knows the machine.
    """

    name: str
    programs: tuple[ProgramSpec, ...]
    zone: str = "nova"
    release: Release | None = None
    cell: str = "cell1"
    names: Mapping[str, str] = field(default_factory=dict)
    inventory: bool = True
    room: Room = field(default_factory=Room)
    traits: tuple[str, ...] = ()

    def called(self, by: str) -> str:
        """What a registry (or the inventory) calls this machine."""
        return self.names.get(by, self.name)

    def runs(self, binary: str) -> bool:
        """Whether the machine has this program, running or not."""
        return any(program.binary == binary for program in self.programs)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A cloud at its beginning; `databases` holds those that are not simply at its release.

    `servers_per_compute` servers of the smallest flavor run on every compute, and `servers` are added to them. `rows`
    are the rows of lists that nothing here moves (see api/rows.py), by their names. `without_service_role` are the
    service users that lack the role `service`.

    UsageError `scenario.invalid` where two hosts share a name, or a host has a program twice.
    """

    name: str
    release: Release
    hosts: tuple[HostSpec, ...]
    description: str = ""
    region: str = "RegionOne"
    timing: Timing = Timing()
    databases: Mapping[str, Database] = field(default_factory=dict)
    unreachable_cells: frozenset[str] = frozenset()
    servers_per_compute: int = 2
    flavors: tuple[FlavorSpec, ...] = ()
    servers: tuple[ServerSpec, ...] = ()
    server_groups: tuple[GroupSpec, ...] = ()
    aggregates: tuple[AggregateSpec, ...] = ()
    networks: tuple[NetworkSpec, ...] = (NetworkSpec("private"),)
    routers: tuple[RouterSpec, ...] = (RouterSpec("router1"),)
    rows: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    without_service_role: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Refuse what the registries could not tell apart."""
        _refuse_twice(self.name, [host.name for host in self.hosts])
        for host in self.hosts:
            _refuse_twice(f"{self.name}, host {host.name}", [program.binary for program in host.programs])
        _refuse_twice(f"{self.name}, servers", [server.name for server in self.servers])

    def release_of(self, host: HostSpec, program: ProgramSpec) -> Release:
        """The release that a program runs when the cloud begins: its own, its host's, else the cloud's."""
        return program.release or host.release or self.release

    def interval_of(self, program: ProgramSpec) -> float:
        """Seconds between two reports of a program."""
        usual = self.timing.agent_report_interval if program.kind.agent_type else self.timing.report_interval
        return program.report_interval or usual


def _refuse_twice(where: str, names: list[str]) -> None:
    if len(names) != len(set(names)):
        raise invalid(where, f"given twice: {', '.join(sorted({n for n in names if names.count(n) > 1}))}")


def invalid(where: str, what: str) -> UsageError:
    """The error of a scenario that makes no sense; `where` is the file or the entry."""
    return UsageError(
        code="scenario.invalid",
        brief=f"the scenario {where} cannot be used: {what}",
        resolution="Compare it with the scenarios that come with stairlift (stairlift/sandbox/scenarios).",
    )
