"""Story 3: all nova-compute are new and the agents old; guests that migrate lose their network."""

from planning import binding, planned, upgrades
from stairlift.testing.clouds import a_cloud

CAUGHT_BY = ("agent and nova-compute of a node in one unit",)


def test_the_agent_goes_right_before_nova_compute_of_its_node():
    for step in upgrades(planned(a_cloud())):
        if "nova-compute" in step.services:
            assert step.services == ("neutron-openvswitch-agent", "nova-compute")


def test_even_where_two_strategies_do_it_they_follow_each_other_and_keep_the_host():
    entries = (binding("a-1", project="neutron"), binding("b-2", project="nova"), binding("c-3"))
    plan = planned(a_cloud(control=1, network=1, compute=3), bindings=entries)
    steps = [s for s in upgrades(plan) if s.hosts[0].startswith("cmp")]
    assert [s.services for s in steps] == [("neutron-openvswitch-agent",), ("nova-compute",)] * 3
    for agent, compute in zip(steps[::2], steps[1::2], strict=True):
        assert agent.unit == compute.unit != ""
        assert agent.slots == compute.slots
        assert agent.id in compute.needs
