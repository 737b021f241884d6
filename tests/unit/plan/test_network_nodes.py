from planning import ANY, binding, ids, planned
from stairlift.testing.clouds import a_cloud

NEUTRON = binding("neutron-1", action=("drain", "uncordon"), stage="network")


def _unit(made, host):
    return [s for s in made.steps if s.hosts == (host,) and s.stage == "network"]


def test_a_network_node_is_looked_after_before_and_given_back_behind_its_agents():
    made = planned(a_cloud(), bindings=(NEUTRON, ANY))
    unit = _unit(made, "net1")
    assert [s.action for s in unit] == ["drain", "upgrade", "uncordon"]
    drain, upgrade, back = unit
    assert upgrade.needs == (drain.id,)
    assert back.needs == (upgrade.id,)
    assert {s.unit for s in unit} == {upgrade.unit}
    assert {s.slots for s in unit} == {upgrade.slots}
    assert drain.services == back.services
    assert set(drain.services) == {"neutron-dhcp-agent", "neutron-l3-agent"}
    assert drain.strategy == "neutron-1"
    assert upgrade.strategy == "any"


def test_what_comes_after_waits_until_the_node_is_back():
    made = planned(a_cloud(), bindings=(NEUTRON, ANY))
    backs = set(ids(made, action="uncordon", stage="network"))
    first = next(s for s in made.steps if s.stage == "compute")
    assert backs <= {*first.needs, *first.after}


def test_an_entry_for_everything_is_not_meant():
    assert planned(a_cloud()).steps == planned(a_cloud(), bindings=(ANY,)).steps
    assert not ids(planned(a_cloud()), action="drain")


def test_hypervisors_without_such_agents_are_not_meant():
    made = planned(a_cloud(), bindings=(binding("n", action=("drain", "uncordon"), stage="network"), ANY))
    assert {s.hosts for s in made.steps if s.action == "drain"} == {("net1",), ("net2",)}


def test_an_entry_of_its_own_may_stand_behind_one_that_takes_everything():
    assert ids(planned(a_cloud(), bindings=(ANY, NEUTRON)), action="drain", stage="network")
