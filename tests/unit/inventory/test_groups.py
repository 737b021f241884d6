"""Membership, variables and dialects as Ansible and the deployers mean them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stairlift.inventory.groups import Inventory, pruned


def listing(hostvars=None, **groups):
    return {"_meta": {"hostvars": hostvars or {}}, **groups}


class TestMembership:
    def test_is_inherited_from_children(self):
        inventory = Inventory(
            listing(
                all={"children": ["compute", "ungrouped"]},
                compute={"children": ["rack1", "rack2"]},
                rack1={"hosts": ["cmp1"]},
                rack2={"hosts": ["cmp2", "cmp1"]},
            )
        )
        assert inventory.groups_of("cmp1") == ("compute", "rack1", "rack2")
        assert inventory.groups_of("cmp2") == ("compute", "rack2")

    def test_hosts_are_those_of_groups_and_of_variables(self):
        inventory = Inventory(listing({"a": {}}, g={"hosts": ["b"]}))
        assert inventory.hosts == ("a", "b")
        assert inventory.groups_of("a") == ()

    def test_a_cycle_ends(self):
        inventory = Inventory(
            listing(a={"children": ["b"]}, b={"children": ["a"], "hosts": ["h"], "vars": {"ansible_host": "1"}})
        )
        assert inventory.groups_of("h") == ("a", "b")
        assert inventory.variable("h", "ansible_host") == "1"


DEEP = {
    "all": {"children": ["outer"], "vars": {"availability_zone": "everywhere"}},
    "outer": {"children": ["inner", "other"], "vars": {"availability_zone": "outer"}},
    "inner": {"hosts": ["h", "own"], "vars": {"availability_zone": "inner"}},
    "other": {"hosts": ["h", "o"]},
}


class TestVariables:
    def zone(self, host, groups=None, **hostvars):
        return Inventory(listing(hostvars, **(groups or DEEP))).variable(host, "availability_zone")

    def test_the_host_s_own_comes_first(self):
        assert self.zone("own", own={"availability_zone": "mine"}) == "mine"

    def test_then_the_deepest_group(self):
        assert self.zone("h") == "inner"
        assert self.zone("o") == "outer"

    def test_then_the_last_by_name(self):
        groups = {g: {"hosts": ["h"], "vars": {"availability_zone": g}} for g in ("b", "a")}
        assert self.zone("h", groups) == "b"

    def test_but_priority_comes_before_the_name(self):
        groups = {g: {"hosts": ["h"], "vars": {"availability_zone": g}} for g in ("b", "a")}
        groups["a"]["vars"]["ansible_group_priority"] = 10
        assert self.zone("h", groups) == "a"

    def test_all_is_for_those_in_no_group(self):
        assert self.zone("stranger", stranger={}) == "everywhere"

    @pytest.mark.parametrize("value", ["{{ site }}", {"__ansible_vault": "$ANSIBLE_VAULT;1.1"}, ["az1"], ""])
    def test_what_is_no_plain_text_is_unknown(self, value):
        assert self.zone("own", own={"availability_zone": value}, groups={"g": {"hosts": ["own"]}}) is None


class TestDialects:
    @pytest.mark.parametrize(
        ("inventory", "dialect"),
        [
            (listing(control={}, compute={}, baremetal={}), "kolla"),
            (listing(control={}, compute={}), "plain"),
            (listing(control={}, compute={}, loadbalancer={}), "plain"),
            (listing(all_containers={}), "osa"),
            (listing({"c": {"physical_host": "m"}}, web={}), "osa"),
            (listing(**{"os-infra_hosts": {}}), "osa"),
        ],
    )
    def test_are_told_by_names(self, inventory, dialect):
        assert Inventory(inventory).dialect == dialect

    def test_compute_means_nova_compute_to_kolla_only(self):
        topology = {"compute": {"hosts": ["c"]}, "control": {}}
        assert Inventory(listing(**topology, baremetal={})).services("c") == ("nova-compute",)
        assert Inventory(listing(**topology)).services("c") == ()

    @pytest.mark.parametrize("group", ["nova_compute", "nova-compute", "role_nova_compute", "openstack_nova_compute"])
    def test_people_write_service_names_in_their_own_way(self, group):
        assert Inventory(listing(**{group: {"hosts": ["c"]}})).services("c") == ("nova-compute",)

    def test_a_container_lives_on_its_physical_host(self):
        inventory = Inventory(listing({"box": {"physical_host": "metal"}, "metal": {"physical_host": "metal"}}))
        assert (inventory.node("box"), inventory.node("metal"), inventory.node("x")) == ("metal", "metal", "x")


class TestPruning:
    def test_keeps_no_variable_that_is_not_read(self):
        secret = {"ansible_password": "hunter2", "ansible_host": "192.0.2.1"}
        document = pruned(listing({"h": secret}, g={"hosts": ["h"], "vars": {**secret, "token": "x"}}))
        assert document == listing(
            {"h": {"ansible_host": "192.0.2.1"}}, g={"hosts": ["h"], "vars": {"ansible_host": "192.0.2.1"}}
        )

    def test_changes_nothing_that_is_read(self):
        document = listing({"h": {"availability_zone": "z", "x": 1}}, g={"children": ["f"]}, f={"hosts": ["h"]})
        kept, whole = Inventory(pruned(document)), Inventory(document)
        assert kept.hosts == whole.hosts
        assert kept.groups_of("h") == whole.groups_of("h") == ("f", "g")
        assert kept.variable("h", "availability_zone") == whole.variable("h", "availability_zone") == "z"

    @pytest.mark.parametrize(
        "document",
        [
            None,
            [],
            {},
            {"_meta": {}},
            listing(g=[]),
            listing(g={"hosts": "abc"}),
            listing(g={"children": [1]}),
            listing({"h": 5}),
        ],
    )
    def test_what_is_no_listing_raises(self, document):
        with pytest.raises((LookupError, TypeError, AttributeError)):
            pruned(document)


NAMES = st.sampled_from(list("abcdef"))
GROUPS = st.dictionaries(NAMES, st.fixed_dictionaries({"hosts": st.lists(NAMES), "children": st.lists(NAMES)}))


@given(GROUPS)
def test_a_host_is_in_every_group_above_its_own(groups):
    inventory = Inventory(listing(**groups))
    for name, group in groups.items():
        for host in group["hosts"]:
            assert name in inventory.groups_of(host)
        for child in group["children"]:
            below = {h for h in inventory.hosts if child in inventory.groups_of(h)}
            assert all(name in inventory.groups_of(host) for host in below)
