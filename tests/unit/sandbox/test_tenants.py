"""What users have: networks and who serves them, room in Placement, roles, and the rows of the smaller lists."""

from dataclasses import replace

import pytest

from stairlift.model.errors import UsageError
from stairlift.model.release import Release
from stairlift.sandbox.builders import COMPUTE, CONTROL, NETWORK, QUICK, hosts
from stairlift.sandbox.scenario import Scenario
from stairlift.sandbox.scenario_file import load, parse
from stairlift.sandbox.tenants import AggregateSpec, NetworkSpec, Room, RouterSpec, ServerSpec

ROOT = "/network/v2.0"
PROVIDERS = "/placement/resource_providers"


def a_cloud(**more) -> Scenario:
    every = hosts("ctl", 1, CONTROL) + hosts("net", 3, NETWORK) + hosts("cmp", 2, COMPUTE)
    return Scenario("tenants", Release(2025, 1), every, timing=QUICK, **more)


def agents(caller, binary):
    return {a["host"]: a["id"] for a in caller.get(f"{ROOT}/agents")["agents"] if a["binary"] == binary}


def test_networks_are_served_by_two_dhcp_agents_unless_the_scenario_says_otherwise(call):
    caller = call(a_cloud(networks=(NetworkSpec("blue"), NetworkSpec("lone", dhcp=("net3",)))))
    networks = {n["name"]: n["id"] for n in caller.get(f"{ROOT}/networks")["networks"]}
    serving = {
        name: [a["host"] for a in caller.get(f"{ROOT}/networks/{uuid}/dhcp-agents")["agents"]]
        for name, uuid in networks.items()
    }
    assert serving == {"blue": ["net1", "net2"], "lone": ["net3"]}
    of_net3 = caller.get(f"{ROOT}/agents/{agents(caller, 'neutron-dhcp-agent')['net3']}/dhcp-networks")["networks"]
    assert [n["name"] for n in of_net3] == ["lone"]


def test_a_network_is_given_to_an_agent_and_taken_from_another(call):
    caller = call(a_cloud(networks=(NetworkSpec("blue", dhcp=("net1",)),)))
    caller.cloud.advance(1)  # its first agent has wired it
    (network,) = caller.get(f"{ROOT}/networks")["networks"]
    known = agents(caller, "neutron-dhcp-agent")
    path = f"{ROOT}/agents/{known['net2']}/dhcp-networks"
    assert caller.ask("POST", path, json={"network_id": network["id"]}).status_code == 201
    assert caller.ask("POST", path, json={"network_id": network["id"]}).status_code == 409
    assert caller.ask("POST", path, json={"network_id": "nothing"}).status_code == 404
    ports = f"{ROOT}/ports?device_owner=network:dhcp"
    assert {p["binding:host_id"]: p["status"] for p in caller.get(ports)["ports"]} == {"net1": "ACTIVE", "net2": "DOWN"}
    caller.cloud.advance(1)
    assert {p["status"] for p in caller.get(ports)["ports"]} == {"ACTIVE"}
    gone = f"{ROOT}/agents/{known['net1']}/dhcp-networks/{network['id']}"
    assert [caller.ask("DELETE", gone).status_code for _ in range(2)] == [204, 409]
    (left,) = caller.get(f"{ROOT}/networks/{network['id']}/dhcp-agents")["agents"]
    assert left["host"] == "net2"


def test_a_legacy_router_has_one_agent_and_must_leave_it_first(call):
    caller = call(a_cloud())
    (router,) = caller.get(f"{ROOT}/routers")["routers"]
    known = agents(caller, "neutron-l3-agent")
    body = {"router_id": router["id"]}
    assert caller.ask("POST", f"{ROOT}/agents/{known['net2']}/l3-routers", json=body).status_code == 409
    assert caller.ask("DELETE", f"{ROOT}/agents/{known['net1']}/l3-routers/{router['id']}").status_code == 204
    assert caller.ask("POST", f"{ROOT}/agents/{known['net2']}/l3-routers", json=body).status_code == 201
    (one,) = caller.get(f"{ROOT}/routers/{router['id']}/l3-agents")["agents"]
    assert (one["host"], one["ha_state"]) == ("net2", None)


def test_of_an_ha_router_one_copy_is_active_and_another_takes_over_when_its_machine_dies(call):
    caller = call(a_cloud(routers=(RouterSpec("r", ha=True),)))
    (router,) = caller.get(f"{ROOT}/routers")["routers"]

    def states():
        found = caller.get(f"{ROOT}/routers/{router['id']}/l3-agents")["agents"]
        return {a["host"]: a["ha_state"] for a in found}

    assert states() == {"net1": "active", "net2": "standby", "net3": "standby"}
    caller.cloud.stop("net1", "neutron-l3-agent")
    assert states()["net1"] == "active"
    caller.cloud.fault("host-dies", host="net1")
    assert states() == {"net1": "standby", "net2": "active", "net3": "standby"}


def test_a_router_whose_copies_disagree(call):
    caller = call(a_cloud(routers=(RouterSpec("r", ha=True, ha_states=("active", "active")),)))
    (router,) = caller.get(f"{ROOT}/routers")["routers"]
    found = caller.get(f"{ROOT}/routers/{router['id']}/l3-agents")["agents"]
    assert [a["ha_state"] for a in found] == ["active", "active", "standby"]


def test_ports_are_made_found_and_deleted(call):
    caller = call(a_cloud(servers=(ServerSpec("vf", "cmp1", vnic="direct"),)))
    (network,) = caller.get(f"{ROOT}/networks")["networks"]
    made = caller.ask("POST", f"{ROOT}/ports", json={"port": {"network_id": network["id"], "name": "probe"}})
    assert made.status_code == 201
    uuid = made.json()["port"]["id"]
    assert caller.ask("PUT", f"{ROOT}/ports/{uuid}/tags/run").status_code == 201
    assert [p["tags"] for p in caller.get(f"{ROOT}/ports?name=probe")["ports"]] == [["run"]]
    assert [caller.ask("DELETE", f"{ROOT}/ports/{uuid}").status_code for _ in range(2)] == [204, 404]
    special = caller.get(f"{ROOT}/ports?binding:vnic_type=direct")["ports"]
    assert [p["binding:host_id"] for p in special] == ["cmp1"]
    pages = caller.pages(f"{ROOT}/ports?limit=2", "ports")
    assert sum(map(len, pages)) == len(caller.get(f"{ROOT}/ports")["ports"])


def test_placement_knows_what_there_is_and_what_is_taken(call):
    caller = call(a_cloud())
    provider = next(p for p in caller.get(PROVIDERS)["resource_providers"] if p["name"] == "cmp1")
    path = f"{PROVIDERS}/{provider['uuid']}"
    inventory = caller.get(f"{path}/inventories")["inventories"]
    assert (inventory["VCPU"]["total"], inventory["VCPU"]["allocation_ratio"]) == (64, 4.0)
    assert caller.get(f"{path}/usages")["usages"] == {"VCPU": 2, "MEMORY_MB": 4096, "DISK_GB": 40}
    taken = caller.get(f"{path}/allocations")["allocations"]
    assert len(taken) == 2
    one = caller.get(f"/placement/allocations/{next(iter(taken))}")
    assert one["allocations"][provider["uuid"]]["resources"] == {"VCPU": 1, "MEMORY_MB": 2048, "DISK_GB": 20}
    assert caller.get("/placement/allocations/nobody") == {"allocations": {}}


def test_candidates_are_those_with_room_traits_and_aggregates(call):
    small = Room(ram=8192, reserved_ram=0)
    every = tuple(replace(h, room=small) if h.name == "cmp1" else h for h in a_cloud().hosts)
    scenario = replace(a_cloud(), hosts=every, aggregates=(AggregateSpec("ssd", ("cmp2",)),))
    caller = call(scenario)
    names = {p["uuid"]: p["name"] for p in caller.get(PROVIDERS)["resource_providers"]}

    def candidates(query):
        found = caller.get(f"/placement/allocation_candidates?{query}", mv="placement 1.36")["allocation_requests"]
        return {names[uuid] for one in found for uuid in one["allocations"]}

    assert candidates("resources=VCPU:1,MEMORY_MB:2048") == {"cmp1", "cmp2"}
    assert candidates("resources=VCPU:1,MEMORY_MB:5000") == {"cmp2"}
    (aggregate,) = caller.get("/compute/v2.1/os-aggregates", mv="compute 2.41")["aggregates"]
    assert candidates(f"resources=VCPU:1&member_of=in:{aggregate['uuid']}") == {"cmp2"}
    row = caller.get("/compute/v2.1/os-services?binary=nova-compute&host=cmp2", mv="compute 2.96")["services"][0]
    caller.ask("PUT", f"/compute/v2.1/os-services/{row['id']}", mv="compute 2.96", json={"status": "disabled"})
    assert candidates("resources=VCPU:1&required=!COMPUTE_STATUS_DISABLED") == {"cmp1"}
    assert caller.ask("GET", "/placement/allocation_candidates", mv="placement 1.36").status_code == 400
    assert caller.ask("GET", "/placement/allocation_candidates?resources=VCPU:1").status_code == 404


def test_an_aggregate_of_which_placement_was_never_told(call):
    caller = call(a_cloud(aggregates=(AggregateSpec("az1", ("cmp1",), zone="az1", in_placement=False),)))
    (aggregate,) = caller.get("/compute/v2.1/os-aggregates", mv="compute 2.41")["aggregates"]
    assert (aggregate["hosts"], aggregate["availability_zone"]) == (["cmp1"], "az1")
    (provider,) = caller.get(f"{PROVIDERS}?name=cmp1")["resource_providers"]
    assert caller.get(f"{PROVIDERS}/{provider['uuid']}/aggregates")["aggregates"] == []


def test_services_talk_as_users_with_two_roles(call):
    caller = call(replace(a_cloud(), without_service_role=frozenset({"nova"})))
    rows = caller.get("/identity/v3/role_assignments?include_names=true")["role_assignments"]
    held = {(r["user"]["name"], r["role"]["name"]) for r in rows}
    assert ("neutron", "service") in held
    assert ("nova", "service") not in held
    (nova,) = caller.get("/identity/v3/users?name=nova")["users"]
    path = f"/identity/v3/role_assignments?user.id={nova['id']}&effective=true&include_names=true"
    assert {r["role"]["name"] for r in caller.get(path)["role_assignments"]} == {"admin"}
    assert {u["name"] for u in caller.get("/identity/v3/users?name=glance")["users"]} == {"glance"}
    projects = {p["name"] for p in caller.get("/identity/v3/projects")["projects"]}
    assert projects == {"admin", "service"}


@pytest.mark.parametrize(
    ("name", "path", "given"),
    [
        ("volumes", "/volume/v3/volumes/detail?all_tenants=1", {"name": "v", "status": "attaching"}),
        ("backups", "/volume/v3/backups/detail?all_tenants=1", {"name": "b", "status": "creating"}),
        ("shares", "/share/v2/shares/detail?all_tenants=1", {"name": "s", "status": "migrating"}),
        ("loadbalancers", "/load-balancer/v2/lbaas/loadbalancers", {"name": "l", "provisioning_status": "ERROR"}),
        ("nodes", "/baremetal/v1/nodes", {"name": "n", "provision_state": "deploying"}),
        ("images", "/image/v2/images?status=saving", {"name": "i", "status": "saving"}),
    ],
)
def test_lists_show_the_rows_of_the_scenario(call, name, path, given):
    caller = call(replace(load("cinder" if path.startswith("/volume") else "everything"), rows={name: (given,)}))
    (row,) = caller.get(path)[name]
    assert {key: row[key] for key in given} == given


def test_stacks_by_status(call):
    caller = call(replace(load("everything"), rows={"stacks": ({"name": "s", "stack_status": "UPDATE_IN_PROGRESS"},)}))
    catalog = caller.token_answer.json()["token"]["catalog"]
    (heat,) = [s for s in catalog if s["type"] == "orchestration"]
    path = heat["endpoints"][0]["url"].removeprefix(caller.cloud.url)
    assert len(caller.get(f"{path}/stacks?global_tenant=True&status=UPDATE_IN_PROGRESS")["stacks"]) == 1
    assert caller.get(f"{path}/stacks?global_tenant=True&status=CREATE_COMPLETE")["stacks"] == []


def test_masakari_is_told_that_a_host_is_on_maintenance(call):
    caller = call("everything")
    catalog = caller.token_answer.json()["token"]["catalog"]
    (masakari,) = [s for s in catalog if s["type"] == "instance-ha"]
    path = masakari["endpoints"][0]["url"].removeprefix(caller.cloud.url)
    (segment,) = caller.get(f"{path}/segments")["segments"]
    host = caller.get(f"{path}/segments/{segment['uuid']}/hosts")["hosts"][0]
    one = f"{path}/segments/{segment['uuid']}/hosts/{host['uuid']}"
    assert caller.ask("PUT", one, json={"host": {"on_maintenance": True}}).json()["host"]["on_maintenance"] is True
    assert caller.get(f"{path}/segments/{segment['uuid']}/hosts")["hosts"][0]["on_maintenance"] is True
    assert caller.ask("PUT", one, json={"host": {}}).status_code == 400


WRITTEN = """\
release: "2025.1"
servers_per_compute: 0
hosts:
  - name: ctl1
    programs: [keystone, nova-api, neutron-server]
  - name: cmp[1:2]
    room: {vcpus: 8, ram: 16384}
    traits: [HW_CPU_X86_AVX2]
    programs: [nova-compute]
flavors:
  - {name: big, ram: 8192, extra_specs: {"hw:cpu_policy": dedicated}}
server_groups:
  - {name: pair, policy: anti-affinity}
servers:
  - {name: "vm[1:3]", host: cmp1, flavor: big, group: pair, tags: [pet], metadata: {owner: ann}}
aggregates:
  - {name: ssd, hosts: [cmp1]}
networks: [{name: blue, dhcp: []}]
routers: []
rows:
  volumes: [{name: v, status: attaching}]
without_service_role: [nova]
"""


def test_all_of_it_can_be_written_down():
    scenario = parse(WRITTEN, "written")
    assert [s.name for s in scenario.servers] == ["vm1", "vm2", "vm3"]
    assert (scenario.servers[0].tags, scenario.hosts[1].room.vcpus) == (("pet",), 8)
    assert scenario.networks[0].dhcp == ()
    assert scenario.rows["volumes"][0]["status"] == "attaching"
    assert scenario.without_service_role == {"nova"}


@pytest.mark.parametrize("wrong", ["{name: x, hots: cmp1}", "cmp1", "{host: cmp1}"])
def test_a_misspelt_word_is_an_error(wrong):
    with pytest.raises(UsageError):
        parse(f'release: "2025.1"\nhosts: []\nservers: [{wrong}]\n', "wrong")
