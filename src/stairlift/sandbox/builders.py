"""Makes scenarios by number: clouds of the usual shape, and ones that are too large to be written down."""

from dataclasses import replace

from stairlift.model.release import Release
from stairlift.sandbox.scenario import HostSpec, ProgramSpec, Scenario, Timing

CONTROL = (
    "keystone",
    "glance-api",
    "placement-api",
    "nova-api",
    "nova-conductor",
    "nova-scheduler",
    "neutron-server",
)
NETWORK = ("neutron-openvswitch-agent", "neutron-l3-agent", "neutron-dhcp-agent", "neutron-metadata-agent")
COMPUTE = ("nova-compute", "neutron-openvswitch-agent")

#: Every second a report, so that a test need not wait.
QUICK = Timing(
    report_interval=1,
    service_down_time=6,
    agent_report_interval=1,
    agent_down_time=8,
    stop=0.05,
    start=0.2,
)


def hosts(prefix: str, count: int, binaries: tuple[str, ...], zone: str = "nova") -> tuple[HostSpec, ...]:
    """So many hosts with these programs: `prefix` and a number from 1 on."""
    programs = tuple(ProgramSpec(binary) for binary in binaries)
    return tuple(HostSpec(f"{prefix}{n}", programs, zone) for n in range(1, count + 1))


def cloud(release: str = "2025.1", *, control: int = 3, network: int = 2, compute: int = 6) -> Scenario:
    """A cloud of the usual shape, with quick reports."""
    every = hosts("ctl", control, CONTROL) + hosts("net", network, NETWORK) + hosts("cmp", compute, COMPUTE)
    return Scenario("cloud", Release.parse(release), every, timing=QUICK)


def large(computes: int, release: str = "2025.1") -> Scenario:
    """So many compute hosts in ten zones, each with a nova-compute, three agents (distributed routers), a hypervisor.

    Three control hosts add six services. Reports come as seldom as in a real cloud.
    """
    programs = (
        ProgramSpec("nova-compute"),
        ProgramSpec("neutron-openvswitch-agent", agent_mode="dvr"),
        ProgramSpec("neutron-l3-agent", agent_mode="dvr"),
        ProgramSpec("neutron-metadata-agent"),
    )
    width = len(str(computes))
    every = hosts("ctl", 3, CONTROL) + tuple(
        HostSpec(f"cmp{n:0{width}}", programs, zone=f"az{n % 10}") for n in range(1, computes + 1)
    )
    return Scenario("large", Release.parse(release), every, timing=Timing(start=1.0))


def with_program(scenario: Scenario, host: str, program: ProgramSpec) -> Scenario:
    """The scenario with a program of a host put in, or put in place of the one of the same binary."""
    changed = tuple(_with(one, program) if one.name == host else one for one in scenario.hosts)
    return replace(scenario, hosts=changed)


def _with(host: HostSpec, program: ProgramSpec) -> HostSpec:
    others = tuple(p for p in host.programs if p.binary != program.binary)
    return replace(host, programs=(*others, program))
