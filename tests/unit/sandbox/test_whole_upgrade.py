"""Whole upgrades of the shipped clouds: the documented order goes through, others meet the interlocks on the way."""

import pytest

from stairlift.model.release import Release
from stairlift.sandbox.scenario_file import load
from stairlift.sandbox.world.life import Phase
from stairlift.sandbox.world.world import Refused, World

T0 = 1_800_000_000.0
ORDER = (
    "keystone",
    "placement-api",
    "glance-api",
    "cinder-scheduler",
    "cinder-volume",
    "cinder-backup",
    "cinder-api",
    "ovn-controller",
    "ovn-nb-db",
    "ovn-sb-db",
    "ovn-northd",
    "neutron-server",
    "nova-conductor",
    "nova-scheduler",
    "nova-cert",
    "nova-consoleauth",
    "nova-api",
    "neutron-openvswitch-agent",
    "neutron-ovn-metadata-agent",
    "neutron-l3-agent",
    "neutron-dhcp-agent",
    "neutron-metadata-agent",
    "nova-compute",
)


class Operator:
    """Takes a cloud up a release, waiting for each program."""

    def __init__(self, scenario: str) -> None:
        self.world = World(load(scenario), T0)
        self.now = T0

    def hop(self, to: str, order=ORDER) -> None:
        series = Release.parse(to)
        for project in self.world.databases:
            self.world.change_database(project, "expand", series, self.now)
        for binary in order:
            for key in self.world.places(binary):
                ready = self.world.upgrade(key, self.now, series)
                self.now = max(self.now, ready or 0) + 2
        for project in self.world.databases:
            self.world.change_database(project, "migrate", series, self.now)
            self.world.change_database(project, "contract", series, self.now)

    def down(self) -> set[tuple[str, str]]:
        """What does not run, or has a registry that has not heard of it for long."""
        world, down_time = self.world, self.world.scenario.timing.service_down_time
        reports = dict(zip(world.lives, world.reports(list(world.lives), self.now), strict=True))
        registered = {key for key in reports if world.kind(key).registry}
        silent = {key for key in registered if reports[key] is None or self.now - reports[key] > down_time}
        return {key for key, life in world.lives.items() if life.phase(self.now) is not Phase.RUNNING} | silent


@pytest.mark.parametrize(
    ("scenario", "hops"),
    [
        ("demo", ["2026.1"]),
        ("demo", ["2025.2", "2026.1", "2026.2", "2027.1"]),
        ("founding", ["2016.2", "2017.1"]),
        ("cinder", ["2026.1"]),
        ("half-upgraded", ["2026.1"]),
    ],
)
def test_the_documented_order_goes_through(scenario, hops):
    operator = Operator(scenario)
    for to in hops:
        operator.hop(to)
    world = operator.world
    assert {str(life.release) for life in world.lives.values()} == {hops[-1]}
    assert {str(d.contracted) for d in world.databases.values()} == {hops[-1]}
    assert operator.down() == set()


def test_ovn_goes_through_when_somebody_polls():
    operator = Operator("ovn")
    operator.hop("2026.1")
    operator.world.hearing.polled(operator.now)
    operator.now += 1
    assert {str(life.release) for life in operator.world.lives.values()} == {"2026.1"}
    assert operator.down() == set()


def test_nova_cert_stops_the_founding_cloud_at_pike():
    operator = Operator("founding")
    operator.hop("2016.2")
    operator.hop("2017.1")
    with pytest.raises(Refused, match="nova-cert does not exist after"):
        operator.hop("2017.2")


def test_agents_before_servers_are_silent_until_the_servers_follow():
    operator = Operator("demo")
    agents = tuple(binary for binary in ORDER if binary.endswith("-agent"))
    operator.world.change_database("neutron", "expand", Release(2026, 1), T0)
    with pytest.raises(Refused, match="older code still runs"):
        operator.hop("2026.1", agents)
    operator.now += 60
    assert {binary for _, binary in operator.down()} == set(agents) - {"neutron-ovn-metadata-agent"}
    operator.hop("2026.1")
    assert operator.down() == set()


def test_computes_that_stay_behind_stop_the_hop_after_next():
    operator = Operator("demo")
    operator.hop("2025.2", tuple(b for b in ORDER if b != "nova-compute"))
    operator.hop("2026.1", tuple(b for b in ORDER if b != "nova-compute"))
    with pytest.raises(Refused, match="TooOldComputeService"):
        operator.hop("2026.2", ORDER)
