"""What a hop is made of, and what waits for what."""

import pytest

from planning import ANY, binding, codes, finding, hosts_of, ids, planned, policy, upgraded, upgrades
from stairlift.model.plan import STAGES
from stairlift.model.release import Release
from stairlift.testing.clouds import CloudBuilder, a_cloud, an_ovn_cloud, the_founding_cloud


def step(plan, step_id):
    found = plan.step(step_id)
    assert found, f"{step_id} is not in {ids(plan)}"
    return found


def test_the_steps_of_a_small_cloud():
    plan = planned(a_cloud(control=2, network=1, compute=2))
    assert ids(plan) == [
        "2025.2-db-expand-keystone",
        "2025.2-db-expand-placement",
        "2025.2-db-expand-glance",
        "2025.2-db-expand-neutron",
        "2025.2-db-expand-nova",
        "2025.2-control@ctl1",
        "2025.2-control@ctl2",
        "2025.2-network@net1",
        "2025.2-compute@cmp1",
        "2025.2-compute@cmp2",
        "2025.2-db-contract-keystone",
        "2025.2-db-migrate-placement",
        "2025.2-db-contract-glance",
        "2025.2-db-contract-neutron",
        "2025.2-unpin-nova@ctl1",
        "2025.2-unpin-nova@ctl2",
        "2025.2-db-migrate-nova",
    ]


def test_stages_follow_each_other():
    stages = [STAGES.index(s.stage) for s in planned(an_ovn_cloud().network("net1")).steps]
    assert stages == sorted(stages)


def test_the_founding_cloud():
    """devstack-1 is both: its control plane goes first, its nova-compute and agents with the other resource nodes."""
    plan = planned(the_founding_cloud(), "2016.2", None)
    one, two, three = (f"devstack-{n}.coreitpro.com" for n in (1, 2, 3))
    l2, compute = "neutron-openvswitch-agent", "nova-compute"
    assert upgraded(plan) == [
        ("nova-conductor", one),
        ("nova-scheduler", one),
        ("nova-cert", one),
        ("nova-consoleauth", one),
        (l2, two),
        (compute, two),
        (l2, three),
        (compute, three),
        (l2, one),
        (compute, one),
        ("neutron-l3-agent", one),
        ("neutron-dhcp-agent", one),
        ("neutron-metadata-agent", one),
    ]
    assert ids(plan)[0] == "2016.2-db-expand-nova"
    assert ids(plan)[-2:] == [f"2016.2-unpin-nova@{one}", "2016.2-db-migrate-nova"]


def test_control_nodes_wait_for_every_database_and_resource_nodes_for_every_control_node():
    plan = planned(a_cloud(control=2, network=1, compute=1))
    assert step(plan, "2025.2-control@ctl2").needs == ("2025.2-db-expand-nova",)
    control = ("2025.2-control@ctl1", "2025.2-control@ctl2")
    assert step(plan, "2025.2-network@net1").needs == control
    assert step(plan, "2025.2-compute@cmp1").needs == control


def test_hypervisors_wait_until_network_nodes_have_ended_well_or_not():
    plan = planned(a_cloud(control=1, network=2, compute=2))
    networks = ("2025.2-network@net1", "2025.2-network@net2")
    assert step(plan, "2025.2-compute@cmp1").after == networks
    assert not set(step(plan, "2025.2-compute@cmp1").needs) & set(networks)


def test_finish_waits_for_everything():
    plan = planned(a_cloud(control=1, network=1, compute=2))
    first = next(s for s in plan.steps if s.stage == "finish")
    assert set(first.needs) == {s.id for s in upgrades(plan)}


def test_l2_agent_and_nova_compute_are_neighbours():
    built = (
        CloudBuilder().compute("c").reporting("c", "neutron-l3-agent", "neutron-dhcp-agent", "neutron-sriov-nic-agent")
    )
    [names] = [s.services for s in upgrades(planned(built)) if "nova-compute" in s.services]
    place = names.index("nova-compute")
    assert set(names[:place]) == {"neutron-openvswitch-agent", "neutron-sriov-nic-agent"}
    assert set(names[place + 1 :]) == {"neutron-l3-agent", "neutron-dhcp-agent"}


def test_no_other_agent_comes_between_them():
    built = CloudBuilder().compute("c").placed("c", "cyborg-agent", "ceilometer-agent-compute", "masakari-hostmonitor")
    [names] = [s.services for s in upgrades(planned(built)) if "nova-compute" in s.services]
    assert names[:2] == ("neutron-openvswitch-agent", "nova-compute")
    assert len(names) == 5


def test_network_nodes_go_one_at_a_time_unless_the_policy_speaks_of_them():
    assert planned(a_cloud(network=3)).windows["role:network"] == 1
    wide = planned(a_cloud(network=3), policy=policy(max_unavailable={"resource": 5}))
    assert wide.windows["role:network"] == 1
    assert "role:network" in step(wide, "2025.2-network@net1").slots
    assert planned(a_cloud(network=3), policy=policy(max_unavailable={"network": 2})).windows["role:network"] == 2


def test_ovn_goes_controllers_then_databases_then_neutron():
    plan = planned(an_ovn_cloud())
    chassis = [s for s in upgrades(plan) if s.services == ("ovn-controller",)]
    central = [s for s in upgrades(plan) if s.stage == "ovn" and s not in chassis]
    assert sorted(hosts_of(chassis)) == ["cmp1", "cmp2", "cmp3", "gw1"]
    names = [name for s in central for name in s.services]
    assert names == ["ovn-nb-db"] * 3 + ["ovn-sb-db"] * 3 + ["ovn-northd"] * 3, "node by node or not"
    assert set(central[0].needs) | set(central[0].after) == {s.id for s in chassis}
    for one in central[6:]:
        assert set(one.needs) == {s.id for s in central[3:6]}
    first = step(plan, "2025.2-db-expand-keystone")
    assert set(first.needs) | set(first.after) == {s.id for s in central[6:]}


def test_gateways_of_ovn_go_one_at_a_time_however_many_hypervisors_do():
    built = an_ovn_cloud().reporting("gw2", "ovn-controller").reporting("gw3", "ovn-controller")
    plan = planned(built, policy=policy(max_unavailable={"resource": 4}))
    gateways = [s for s in upgrades(plan) if s.stage == "ovn" and s.hosts[0].startswith("gw")]
    assert len(gateways) == 3
    assert all("role:network" in s.slots for s in gateways)
    assert (plan.windows["role:network"], plan.windows["plane:resource"]) == (1, 4)


def test_a_raft_cluster_wants_its_leader_last_and_ovn_before_22_03_its_pin():
    found = finding(planned(an_ovn_cloud()).findings, "ovn.order")
    assert "ctl1, ctl2, ctl3 in this order" in found.message
    assert "let ctl3 lead" in found.resolution
    assert "ovn-match-northd-version" in found.resolution
    assert "ovn.order" not in codes(planned(a_cloud()).findings)


def test_ovns_metadata_agent_goes_with_nova_compute():
    [names] = {s.services for s in upgrades(planned(an_ovn_cloud())) if s.stage == "compute"}
    assert set(names) == {"nova-compute", "neutron-ovn-metadata-agent"}


def test_a_gateway_chassis_is_a_network_node_for_the_windows():
    [one] = [s for s in upgrades(planned(an_ovn_cloud())) if s.hosts == ("gw1",)]
    assert "role:network" in one.slots


@pytest.mark.parametrize("order", ["node", "service"])
def test_databases_once_per_hop_and_before_their_project(order):
    plan = planned(a_cloud(), policy=policy(order=order))
    expands = [s for s in plan.steps if s.action == "db-expand"]
    assert len({s.project for s in expands}) == len(expands)
    assert {s.reversibility for s in expands} == {"parking"}
    first_upgrade = next(n for n, s in enumerate(plan.steps) if s.action == "upgrade")
    assert max(plan.steps.index(s) for s in expands) < first_upgrade


def test_service_by_service_has_a_barrier_behind_each():
    plan = planned(a_cloud(control=2, network=0, compute=0), policy=policy(order="service"))
    control = upgrades(plan)
    assert [s.services for s in control[:4]] == [("keystone",), ("keystone",), ("placement-api",), ("placement-api",)]
    assert set(control[2].needs) == {control[0].id, control[1].id}
    assert control[2].reason.startswith("keystone precedes placement-api: ")


def test_packages_go_node_by_node_and_containers_service_by_service():
    assert planned(a_cloud()).policy["order"] == "node"
    for kind in ("kolla-ansible", "openstack-ansible"):
        assert planned(a_cloud().deployed_by(kind)).policy["order"] == "service"
    assert planned(a_cloud().deployed_by("kolla-ansible"), policy=policy(order="node")).policy["order"] == "node"


def test_nodes_of_their_own_have_their_place_node_by_node():
    """Where projects do not share nodes, the alphabet must not put a volume service before keystone."""
    built = (
        CloudBuilder()
        .storage("ceph1", "ceph2")
        .placed("api1", "nova-api", "glance-api")
        .reporting("api1", "nova-conductor", "cinder-scheduler")
        .placed("id1", "keystone")
        .placed("id2", "keystone")
    )
    plan = planned(built, policy=policy(max_unavailable={"control": 2}))
    assert hosts_of(upgrades(plan)) == ["id1", "id2", "api1", "ceph1", "ceph2"]
    assert step(plan, "2025.2-control@api1").needs == ("2025.2-control@id1", "2025.2-control@id2")
    assert step(plan, "2025.2-control@ceph1").needs == ("2025.2-control@api1",)


def test_one_way_steps_come_in_finish_only_and_ask_for_it_by_their_mark():
    plan = planned(
        an_ovn_cloud().storage("stor1").reporting("ctl1", "cinder-scheduler"), policy=policy(order="service")
    )
    assert {s.stage for s in plan.steps if s.one_way} == {"finish"}
    assert all(s.one_way for s in plan.steps if s.stage == "finish")


def test_unpinning_goes_host_by_host_before_the_migrations_of_its_project():
    plan = planned(a_cloud(control=3))
    unpins = ids(plan, action="unpin")
    assert unpins == [f"2025.2-unpin-nova@ctl{n}" for n in (1, 2, 3)]
    assert step(plan, unpins[1]).needs == (unpins[0],)
    assert step(plan, "2025.2-db-migrate-nova").needs == (unpins[-1],)
    assert step(plan, unpins[0]).services == ("nova-conductor", "nova-scheduler", "nova-api")


def test_the_hosts_of_the_api_are_unpinned_last():
    """Cinder restarts its API when nothing behind it has an old version in mind."""
    built = a_cloud(control=2).serving("block-storage").storage("stor1")
    built = built.reporting("ctl1", "cinder-scheduler").placed("ctl2", "cinder-api")
    plan = planned(built)
    unpins = [s for s in plan.steps if s.action == "unpin" and s.project == "cinder"]
    assert hosts_of(unpins) == ["ctl1", "stor1", "ctl2"]
    built = built.reporting("stor1", "cinder-scheduler").placed("ctl1", "cinder-api")
    unpins = [s for s in planned(built).steps if s.action == "unpin" and s.project == "cinder"]
    assert hosts_of(unpins) == ["stor1", "ctl1", "ctl2"]


def test_storage_nodes_follow_the_hypervisors_with_a_reason_of_their_own():
    built = a_cloud(control=1, network=0, compute=2).serving("object-store").placed("aaa1", "swift-object-server")
    plan = planned(built)
    compute = [s for s in upgrades(plan) if s.stage == "compute"]
    assert hosts_of(compute) == ["cmp1", "cmp2", "aaa1"]
    assert "canary" in compute[0].reason
    assert "guests keep their network" in compute[1].reason
    assert "without guests" in compute[2].reason


def test_hosts_sort_as_people_count():
    plan = planned(a_cloud(control=1, network=0, compute=11))
    assert hosts_of(s for s in upgrades(plan) if s.stage == "compute") == [f"cmp{n}" for n in range(1, 12)]


def test_hypervisors_that_carry_networks_come_last_and_zones_one_after_the_other():
    built = a_cloud(control=1, network=0, compute=0)
    built = built.compute("a1", zone="z2").compute("b1", zone="z1").compute("a2", zone="z1").network("a2")
    plan = planned(built)
    assert hosts_of(s for s in upgrades(plan) if s.stage == "compute") == ["b1", "a1", "a2"]


def test_preparation_and_backup_are_for_who_asked():
    assert not ids(planned(a_cloud()), action="prepare")
    assert not ids(planned(a_cloud()), action="backup")
    asked = planned(a_cloud(), bindings=(binding("p", stage="prepare"), binding("b", action="backup"), ANY))
    prepared = [s for s in asked.steps if s.action == "prepare"]
    assert sorted(hosts_of(prepared)) == sorted(asked.placement)
    assert {s.strategy for s in prepared} == {"p"}
    assert {s.slots for s in prepared} == {("stage:prepare",)}, "not ten thousand processes at once"
    assert asked.windows["stage:prepare"] == 32
    assert "stage:prepare" not in planned(a_cloud()).windows
    backups = [s for s in asked.steps if s.action == "backup"]
    assert [s.project for s in backups] == ["keystone", "placement", "glance", "neutron", "nova"]
    assert {s.strategy for s in backups} == {"b"}
    expand = asked.steps.index(next(s for s in asked.steps if s.action == "db-expand"))
    assert max(asked.steps.index(s) for s in backups) < expand


def test_nothing_happens_on_a_host_before_its_preparation_and_the_control_plane_waits_for_all_of_them():
    plan = planned(an_ovn_cloud(), bindings=(binding("p", stage="prepare"), ANY))
    prepared = {s.hosts[0]: s.id for s in plan.steps if s.action == "prepare"}
    for one in upgrades(plan):
        assert prepared[one.hosts[0]] in one.needs
    first = step(plan, "2025.2-db-expand-keystone")
    assert set(prepared.values()) <= {*first.needs, *first.after}
    assert set(prepared.values()) & set(first.needs) == {prepared["ctl1"]}


def test_a_host_whose_preparation_fails_holds_up_nobody_else():
    plan = planned(a_cloud(control=1, network=1, compute=3), bindings=(binding("p", stage="prepare"), ANY))
    needed_by = {"cmp3": {s.hosts[0] for s in upgrades(plan) if "2025.2-prepare@cmp3" in s.needs}}
    assert needed_by == {"cmp3": {"cmp3"}}


def test_steps_say_where_they_come_from_and_lead():
    [hop] = {(s.source, s.target) for s in planned(a_cloud()).steps}
    assert hop == (Release(2025, 1), Release(2025, 2))


def test_ovns_databases_are_all_done_before_northd_service_by_service():
    plan = planned(an_ovn_cloud(), policy=policy(order="service"))
    central = [(s.services[0], s.hosts[0]) for s in upgrades(plan) if s.stage == "ovn" and s.plane == "control"]
    names = ["ovn-nb-db"] * 3 + ["ovn-sb-db"] * 3 + ["ovn-northd"] * 3
    assert central == list(zip(names, ["ctl1", "ctl2", "ctl3"] * 3, strict=True))
    northd = step(plan, "2025.2-ovn-ovn-northd@ctl1")
    assert set(northd.needs) == {f"2025.2-ovn-ovn-sb-db@ctl{n}" for n in (1, 2, 3)}
