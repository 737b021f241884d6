"""What takes over from programs that end with a step."""

from planning import planned, policy, upgrades
from stairlift.knowledge.successors import successors
from stairlift.testing.clouds import CloudBuilder, a_cloud, an_ovn_cloud
from stairlift.testing.strategy_contract import an_assignment

THREE = ("neutron-api", "neutron-rpc-server", "neutron-periodic-workers")


def told(built: CloudBuilder, to: str, source: str) -> dict[str, tuple[str, ...]]:
    """Of the whole plan, by the program that ends."""
    plan = planned(built, to, source, policy=policy(order="service"))
    return {old: new for step in upgrades(plan) for old, new in successors(plan, step).items()}


def test_neutrons_server_becomes_several_programs():
    assert told(a_cloud(), "2025.2", "2025.1") == {"neutron-server": THREE}


def test_with_ovn_one_more():
    assert told(an_ovn_cloud(), "2025.2", "2025.1")["neutron-server"] == (*THREE, "neutron-ovn-maintenance-worker")


def test_only_in_the_hop_in_which_it_ends():
    assert told(a_cloud(), "2025.1", "2024.2") == {}
    assert told(a_cloud(microversion="2.103"), "2026.2", "2026.1") == {}


def test_a_service_that_goes_on_under_its_name_has_no_successor():
    """nova-api ends as a program and goes on as a WSGI module."""
    assert "nova-api" not in told(a_cloud(), "2025.2", "2025.1")


def test_only_an_upgrade_starts_them():
    plan = planned(a_cloud())
    assert not any(successors(plan, step) for step in plan.steps if step.action != "upgrade")


def test_every_process_of_a_strategy_can_read_it():
    heirs = {"neutron-server": THREE, "a": ("b",)}
    said = an_assignment(successors=heirs).environment()["STAIRLIFT_SUCCESSORS"]
    assert said == "neutron-server=neutron-api,neutron-rpc-server,neutron-periodic-workers a=b"
    assert "STAIRLIFT_SUCCESSORS" not in an_assignment().environment()
