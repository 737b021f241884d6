"""Many names, one machine; and what is no machine at all."""

import pytest

from planning import codes, finding, seen
from stairlift.model.observation import EndpointRecord, HypervisorRecord
from stairlift.reconcile import reconcile
from stairlift.testing.clouds import CloudBuilder, a_cloud

NODES = ("7d0c1a5e-3b1f-4a52-9a8e-000000000001", "7d0c1a5e-3b1f-4a52-9a8e-000000000002")


def names(built, **aliases):
    return [host.name for host in seen(built, **aliases).cloud.hosts]


def test_a_short_and_a_full_name_are_one_host_when_nova_says_so():
    built = (
        CloudBuilder()
        .hypervisor("cmp1.example.com", host="cmp1")
        .reporting("cmp1", "nova-compute", "neutron-openvswitch-agent")
        .reporting("cmp1.example.com", "neutron-ovn-agent")
    )
    made = seen(built)
    [host] = made.cloud.hosts
    assert (host.name, host.aliases) == ("cmp1", ("cmp1.example.com",))
    assert {s.binary for s in made.cloud.services} == {"nova-compute", "neutron-openvswitch-agent", "neutron-ovn-agent"}
    assert {s.host for s in made.cloud.services} == {"cmp1"}
    assert "host.same_name" not in codes(made.findings)


def test_a_name_that_only_looks_alike_joins_nothing_and_is_reported():
    built = CloudBuilder().reporting("cmp1", "nova-compute").reporting("cmp1.example.com", "neutron-openvswitch-agent")
    made = seen(built)
    assert [h.name for h in made.cloud.hosts] == ["cmp1", "cmp1.example.com"]
    hint = finding(made.findings, "host.same_name")
    assert hint.severity == "error"
    assert '[aliases] "cmp1.example.com" = "cmp1"' in hint.resolution


def test_what_the_finding_advises_makes_them_one():
    built = CloudBuilder().reporting("cmp1", "nova-compute").reporting("cmp1.example.com", "neutron-openvswitch-agent")
    made = seen(built, **{"cmp1.example.com": "cmp1"})
    assert [h.name for h in made.cloud.hosts] == ["cmp1"]
    assert "host.same_name" not in codes(made.findings)


def test_full_names_of_two_domains_are_two_hosts_without_a_word():
    built = CloudBuilder().reporting("cmp1.a.example", "nova-compute").reporting("cmp1.b.example", "nova-compute")
    made = seen(built)
    assert len(made.cloud.hosts) == 2
    assert "host.same_name" not in codes(made.findings)


def test_names_that_differ_in_case_only_are_reported():
    built = CloudBuilder().reporting("CMP1", "nova-compute").reporting("cmp1", "neutron-openvswitch-agent")
    assert "host.same_name" in codes(seen(built).findings)


def test_the_operators_own_word_decides_and_names_the_host():
    built = CloudBuilder().reporting("node-17", "nova-compute").placed("rack2-u5", "ovn-nb-db")
    assert names(built, **{"node-17": "rack2-u5"}) == ["rack2-u5"]


def test_an_alias_of_a_machine_that_nobody_reports_makes_no_host():
    assert names(CloudBuilder().reporting("cmp1", "nova-compute"), ghost="phantom") == ["cmp1"]


def test_aliases_may_chain():
    assert names(CloudBuilder().reporting("c", "nova-compute"), a="b", b="c") == ["c"]


def test_ironic_has_many_hypervisors_on_one_host_and_none_of_them_is_a_host():
    built = CloudBuilder().reporting("ctl1", "nova-compute")
    for node in NODES:
        built = built.hypervisor(node, host="ctl1")
    made = seen(built)
    assert [(h.name, h.aliases) for h in made.cloud.hosts] == [("ctl1", ())]
    assert [(h.name, h.host) for h in made.cloud.hypervisors] == [(node, "ctl1") for node in NODES]


def test_agents_named_after_bare_metal_nodes_make_no_hosts():
    built = CloudBuilder().reporting("ctl1", "nova-compute").placed("ctl1", "ironic-neutron-agent")
    for node in NODES:
        built = built.hypervisor(node, host="ctl1").reporting(node, "ironic-neutron-agent")
    made = seen(built)
    assert [h.name for h in made.cloud.hosts] == ["ctl1"]
    assert {s.binary for s in made.cloud.services} == {"nova-compute", "ironic-neutron-agent"}
    assert not codes(made.findings) & {"inventory.silent", "inventory.not_running", "inventory.missing_host"}


def test_a_hypervisor_name_that_two_services_claim_proves_nothing():
    built = CloudBuilder().reporting("a", "nova-compute").reporting("b", "nova-compute")
    built = built.hypervisor("localhost", host="a").hypervisor("localhost", host="b")
    assert names(built) == ["a", "b"]


def test_a_container_is_its_physical_host_under_either_spelling():
    built = (
        CloudBuilder()
        .placed("infra1_nova_api_container-4f5a", "nova-api", node="infra1")
        .placed("infra1_cinder_volumes_container-9c", "cinder-volume", node="infra1")
        .reporting("infra1-cinder-volumes-container-9c@lvm", "cinder-volume")
        .placed("infra1")
    )
    made = seen(built)
    [host] = made.cloud.hosts
    assert host.name == "infra1"
    assert set(host.aliases) == {
        "infra1_nova_api_container-4f5a",
        "infra1_cinder_volumes_container-9c",
        "infra1-cinder-volumes-container-9c",
    }
    assert [s.binary for s in made.cloud.services] == ["cinder-volume", "nova-api"]


@pytest.mark.parametrize("row", ["stor1@rbd", "stor1@rbd#pool", "stor1@ceph@odd"])
def test_a_backend_lives_on_its_host(row):
    assert names(CloudBuilder().reporting(row, "cinder-volume")) == ["stor1"]


def test_addresses_of_endpoints_never_become_hosts():
    built = a_cloud(control=1, network=0, compute=1)
    for url in ("https://192.0.2.10:8774/v2.1", "https://[fd00::5]:9696/", "https://vip.cloud.example:5000/v3"):
        built = built.saying("keystone-catalog", EndpointRecord("compute", "internal", url, "RegionOne"))
    assert names(built) == ["cmp1", "ctl1"]


@pytest.mark.parametrize("address", ["[fd00::5]", "192.0.2.10"])
def test_an_address_in_a_balancers_group_never_becomes_a_host(address):
    built = a_cloud(control=1, network=0, compute=1).placed(address, "haproxy", "keepalived")
    assert names(built) == ["cmp1", "ctl1"]


def test_hosts_of_database_broker_and_balancer_are_no_hosts_of_the_plan():
    built = a_cloud(control=1, network=0, compute=1).placed("db1", "mariadb").placed("lb1", "haproxy", "rabbitmq")
    made = seen(built)
    assert [h.name for h in made.cloud.hosts] == ["cmp1", "ctl1"]
    assert not {s.binary for s in made.cloud.services} & {"mariadb", "haproxy", "rabbitmq"}


def test_an_address_that_two_sources_know_joins_a_name_of_the_inventory():
    built = (
        CloudBuilder()
        .placed("cmp1.mgmt", "nova-compute", address="fd00:0::5")
        .hypervisor("cmp1.example.com", host="cmp1", ip="fd00::5")
        .reporting("cmp1", "nova-compute")
    )
    [host] = seen(built).cloud.hosts
    assert (host.name, host.aliases) == ("cmp1.mgmt", ("cmp1", "cmp1.example.com"))
    assert host.address == "fd00:0::5"


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "0.0.0.0", "not-an-address"])
def test_an_address_that_everybody_has_joins_nobody(address):
    built = (
        CloudBuilder()
        .placed("left", "nova-api", address=address)
        .hypervisor("right", ip=address)
        .reporting("right", "nova-compute")
    )
    assert names(built) == ["left", "right"]


def test_an_address_of_two_machines_joins_neither():
    built = CloudBuilder().hypervisor("c", ip="192.0.2.7").reporting("c", "nova-compute")
    built = built.placed("a", "nova-api", address="192.0.2.7").placed("b", "nova-api", address="192.0.2.7")
    assert names(built) == ["a", "b", "c"]


def test_the_name_of_the_inventory_is_used_since_the_deployer_is_called_with_it():
    built = CloudBuilder().hypervisor("cmp1.example.com", host="cmp1").reporting("cmp1", "nova-compute")
    assert names(built.placed("cmp1.example.com", "nova-compute")) == ["cmp1.example.com"]


def test_every_name_leads_to_the_host():
    made = reconcile(
        CloudBuilder().hypervisor("cmp1.example.com", host="cmp1").reporting("cmp1", "nova-compute").observations(),
        name="lab",
    )
    for name in ("cmp1", "cmp1.example.com", "cmp1@backend#pool"):
        assert made.identity.of(name) == "cmp1"
    assert made.identity.of("nobody") == "nobody"
    assert made.cloud.host("cmp1.example.com") == made.cloud.hosts[0]
    assert made.cloud.host("nobody") is None


def test_a_hypervisor_belongs_to_the_host_of_its_service():
    record = HypervisorRecord("cmp1.example.com", "cmp1", "down", "disabled")
    made = seen(CloudBuilder().saying("nova-hypervisors", record).reporting("cmp1", "nova-compute"))
    [hypervisor] = made.cloud.hypervisors
    assert (hypervisor.host, hypervisor.state, hypervisor.status) == ("cmp1", "down", "disabled")
