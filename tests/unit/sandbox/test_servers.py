"""Nova's servers: lists, boots that go well or ill, moves, and what their migrations tell."""

from dataclasses import replace

import pytest

from operating import until
from stairlift.model.release import Release
from stairlift.sandbox.builders import COMPUTE, CONTROL, NETWORK, QUICK, cloud, hosts
from stairlift.sandbox.scenario import Scenario
from stairlift.sandbox.tenants import FlavorSpec, GroupSpec, Room, ServerSpec

ROOT, MV = "/compute/v2.1", "compute 2.96"
LIVE = {"os-migrateLive": {"host": None, "block_migration": "auto"}}


def a_cloud(*servers: ServerSpec, computes: int = 3, **more) -> Scenario:
    every = hosts("ctl", 1, CONTROL) + hosts("net", 1, NETWORK) + hosts("cmp", computes, COMPUTE)
    timing = more.pop("timing", QUICK)
    return Scenario(
        "servers", Release(2025, 1), every, timing=timing, servers_per_compute=0, servers=tuple(servers), **more
    )


def detail(caller, query="all_tenants=1"):
    return {s["name"]: s for s in caller.get(f"{ROOT}/servers/detail?{query}", mv=MV)["servers"]}


def act(caller, name, body, mv=MV):
    uuid = detail(caller)[name]["id"]
    return caller.ask("POST", f"{ROOT}/servers/{uuid}/action", mv=mv, json=body)


def boot(caller, name="new", **more):
    flavors = {f["name"]: f["id"] for f in caller.get(f"{ROOT}/flavors")["flavors"]}
    wish = {"name": name, "flavorRef": flavors["m1.small"], "imageRef": "x", "networks": "none"} | more
    return caller.ask("POST", f"{ROOT}/servers", mv=MV, json={"server": wish})


def settled(caller, name, seconds=20):
    """The server as soon as it is at rest."""
    return until(lambda: (s := detail(caller)[name])["OS-EXT-STS:task_state"] is None and s, seconds)


def migrations(caller, query=""):
    return caller.get(f"{ROOT}/os-migrations{query}", mv=MV)["migrations"]


def test_a_server_boots_on_a_host_that_is_up_and_enabled(call):
    caller = call(a_cloud())
    for host in ("cmp1", "cmp2"):
        row = caller.get(f"{ROOT}/os-services?binary=nova-compute&host={host}", mv=MV)["services"][0]
        caller.ask("PUT", f"{ROOT}/os-services/{row['id']}", mv=MV, json={"status": "disabled"})
    answer = boot(caller)
    assert answer.status_code == 202
    assert caller.get(f"{ROOT}/servers/{answer.json()['server']['id']}", mv=MV)["server"]["status"] == "BUILD"
    done = settled(caller, "new")
    assert (done["status"], done["OS-EXT-SRV-ATTR:host"]) == ("ACTIVE", "cmp3")


def test_where_nobody_can_take_it_a_server_ends_in_error(call):
    caller = call(a_cloud(flavors=(FlavorSpec("huge", ram=10**9),)))
    flavor = next(f["id"] for f in caller.get(f"{ROOT}/flavors")["flavors"] if f["name"] == "huge")
    assert boot(caller, flavorRef=flavor).status_code == 202
    done = settled(caller, "new")
    assert (done["status"], done["fault"]["message"]) == ("ERROR", "No valid host was found. ")


def test_a_build_that_a_restart_of_nova_compute_interrupts_ends_in_error(call):
    caller = call(a_cloud(computes=1, timing=replace(QUICK, boot=30)))
    boot(caller)
    caller.cloud.restart("cmp1", "nova-compute")
    assert settled(caller, "new")["status"] == "ERROR"


def test_a_build_beside_a_restart_elsewhere_does_not_notice(call):
    caller = call(a_cloud(ServerSpec("old", "cmp2", flavor="m1.large"), computes=2, timing=replace(QUICK, boot=1)))
    boot(caller)
    caller.cloud.restart("cmp2", "nova-compute")
    assert settled(caller, "new")["status"] == "ACTIVE"


def test_where_the_l2_agent_is_away_a_server_is_built_on_another_host(call):
    caller = call(a_cloud(ServerSpec("old", "cmp2"), computes=2))
    caller.cloud.stop("cmp1", "neutron-openvswitch-agent")
    boot(caller)
    assert settled(caller, "new")["OS-EXT-SRV-ATTR:host"] == "cmp2"


def test_without_a_scheduler_a_server_waits(call):
    caller = call(a_cloud())
    caller.cloud.stop("ctl1", "nova-scheduler")
    boot(caller)
    assert detail(caller)["new"]["status"] == "BUILD"
    caller.cloud.start("ctl1", "nova-scheduler")
    assert settled(caller, "new")["status"] == "ACTIVE"


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"flavorRef": "x"}, {"imageRef": ""}, {"availability_zone": "mars"}, {"networks": None}]
)
def test_boots_that_make_no_sense_get_400(call, wrong):
    caller = call(a_cloud())
    flavor = caller.get(f"{ROOT}/flavors")["flavors"][0]["id"]
    wish = {"name": "new", "flavorRef": flavor, "imageRef": "x", "networks": "none"} | wrong
    wish = {key: value for key, value in wish.items() if value is not None}
    assert caller.ask("POST", f"{ROOT}/servers", mv=MV, json={"server": wish}).status_code == 400


def test_a_server_that_is_deleted_is_gone(call):
    caller = call(a_cloud(ServerSpec("one", "cmp1")))
    uuid = detail(caller)["one"]["id"]
    assert caller.ask("DELETE", f"{ROOT}/servers/{uuid}").status_code == 204
    assert caller.ask("GET", f"{ROOT}/servers/{uuid}").status_code == 404


def test_lists_are_filtered_by_owner_host_status_and_come_in_pages(call):
    servers = [ServerSpec(f"vm{n}", f"cmp{n % 3 + 1}", project="blue") for n in range(5)]
    caller = call(a_cloud(*servers, ServerSpec("mine", "cmp1"), ServerSpec("off", "cmp2", state="stopped")))
    assert set(detail(caller, "")) == {"mine", "off"}
    assert set(detail(caller, "all_tenants=1&host=cmp2")) == {"vm1", "vm4", "off"}
    assert set(detail(caller, "all_tenants=1&status=SHUTOFF")) == {"off"}
    assert set(detail(caller, "all_tenants=1&vm_state=active&host=cmp1")) == {"vm0", "vm3", "mine"}
    pages = caller.pages(f"{ROOT}/servers/detail?all_tenants=1&limit=3", "servers", mv=MV)
    assert [len(page) for page in pages] == [3, 3, 1]
    assert caller.ask("GET", f"{ROOT}/servers?all_tenants=1&marker=x").status_code == 400


def test_who_is_no_administrator_sees_neither_hosts_nor_others(call):
    caller = call(a_cloud(ServerSpec("theirs", "cmp1", project="blue"), ServerSpec("mine", "cmp1")))
    caller.token = caller.log_in(user="reader").headers["X-Subject-Token"]
    assert caller.ask("GET", f"{ROOT}/servers?all_tenants=1").status_code == 403
    (one,) = caller.get(f"{ROOT}/servers/detail", mv=MV)["servers"]
    assert (one["name"], "OS-EXT-SRV-ATTR:host" in one) == ("mine", False)


def test_a_live_migration_moves_a_server_and_is_told_only_by_os_migrations_when_it_has_ended(call):
    caller = call(a_cloud(ServerSpec("vm", "cmp1"), computes=2))
    uuid = detail(caller)["vm"]["id"]
    assert act(caller, "vm", LIVE).status_code == 202
    (under_way,) = caller.get(f"{ROOT}/servers/{uuid}/migrations", mv=MV)["migrations"]
    assert (under_way["status"], under_way["dest_compute"]) == ("running", "cmp2")
    assert detail(caller)["vm"]["status"] == "MIGRATING"
    done = settled(caller, "vm")
    assert (done["status"], done["OS-EXT-SRV-ATTR:host"]) == ("ACTIVE", "cmp2")
    assert caller.get(f"{ROOT}/servers/{uuid}/migrations", mv=MV)["migrations"] == []
    (ended,) = migrations(caller, f"?instance_uuid={uuid}")
    assert (ended["status"], ended["migration_type"]) == ("completed", "live-migration")
    assert [m["id"] for m in migrations(caller, "?host=cmp2&status=completed")] == [ended["id"]]
    assert migrations(caller, "?host=cmp9") == []


def test_while_a_server_moves_placement_counts_it_on_both_ends(call):
    caller = call(a_cloud(ServerSpec("vm", "cmp1"), computes=2, timing=replace(QUICK, live_migration=60)))
    uuid = detail(caller)["vm"]["id"]
    act(caller, "vm", LIVE)
    providers = caller.get("/placement/resource_providers")["resource_providers"]
    (move,) = migrations(caller)
    held = {
        p["name"]: set(caller.get(f"/placement/resource_providers/{p['uuid']}/allocations")["allocations"])
        for p in providers
    }
    assert held == {"cmp1": {move["uuid"]}, "cmp2": {uuid}}
    (port,) = caller.get(f"/network/v2.0/ports?device_id={uuid}")["ports"]
    bindings = caller.get(f"/network/v2.0/ports/{port['id']}/bindings")["bindings"]
    assert {(b["host"], b["status"]) for b in bindings} == {("cmp1", "ACTIVE"), ("cmp2", "INACTIVE")}


def test_one_live_migration_leaves_a_host_at_a_time_and_the_others_are_queued(call):
    caller = call(a_cloud(ServerSpec("a", "cmp1"), ServerSpec("b", "cmp1"), computes=2))
    act(caller, "a", LIVE)
    act(caller, "b", LIVE)
    assert {m["status"] for m in migrations(caller)} == {"running", "queued"}
    assert settled(caller, "b")["OS-EXT-SRV-ATTR:host"] == "cmp2"
    assert {m["status"] for m in migrations(caller)} == {"completed"}


@pytest.mark.parametrize("how", ["error", "stall"])
def test_a_migration_that_goes_wrong_leaves_the_server_running_where_it_was(call, how):
    caller = call(a_cloud(ServerSpec("vm", "cmp1"), computes=2))
    caller.cloud.fault("migration", of="vm", how=how)
    act(caller, "vm", LIVE)
    (move,) = migrations(caller)
    uuid = detail(caller)["vm"]["id"]
    if how == "stall":
        caller.cloud.advance(600)
        assert [m["status"] for m in migrations(caller)] == ["running"]
        assert caller.ask("DELETE", f"{ROOT}/servers/{uuid}/migrations/{move['id']}", mv=MV).status_code == 202
    done = settled(caller, "vm")
    assert (done["status"], done["OS-EXT-SRV-ATTR:host"]) == ("ACTIVE", "cmp1")
    assert [m["status"] for m in migrations(caller)] == ["error" if how == "error" else "cancelled"]
    assert caller.ask("DELETE", f"{ROOT}/servers/{uuid}/migrations/{move['id']}", mv=MV).status_code == 400


def test_nowhere_to_go(call):
    group = GroupSpec("pair")
    servers = (ServerSpec("a", "cmp1", group="pair"), ServerSpec("b", "cmp2", group="pair"))
    caller = call(a_cloud(*servers, computes=2, server_groups=(group,)))
    assert act(caller, "a", LIVE).status_code == 202
    assert settled(caller, "a")["OS-EXT-SRV-ATTR:host"] == "cmp1"
    assert [(m["status"], m["dest_compute"]) for m in migrations(caller)] == [("error", None)]
    (shown,) = caller.get(f"{ROOT}/os-server-groups?all_projects=true", mv=MV)["server_groups"]
    assert (shown["policy"], len(shown["members"])) == ("anti-affinity", 2)
    one = detail(caller)["a"]
    assert "server_groups" not in one, "only a server that is asked for by itself names its group"
    assert caller.get(f"{ROOT}/servers/{one['id']}", mv=MV)["server"]["server_groups"] == [shown["id"]]


@pytest.mark.parametrize(
    ("server", "status"),
    [
        (ServerSpec("vm", "cmp1", state="stopped"), 409),
        (ServerSpec("vm", "cmp1", task="image_uploading"), 409),
        (ServerSpec("vm", "cmp1", shares=True), 409),
        (ServerSpec("vm", "cmp1", flavor="tpm"), 409),
        (ServerSpec("vm", "cmp1", state="paused"), 202),
    ],
)
def test_what_cannot_be_moved_alive_is_refused_at_once(call, server, status):
    caller = call(a_cloud(server, flavors=(FlavorSpec("tpm", extra_specs={"hw:tpm_version": "2.0"}),)))
    assert act(caller, "vm", LIVE).status_code == status


@pytest.mark.parametrize(
    ("body", "mv"),
    [
        ({"os-migrateLive": {}}, MV),
        ({"os-migrateLive": {"host": "nowhere", "block_migration": "auto"}}, MV),
        ({"os-migrateLive": {"host": "cmp1", "block_migration": "auto"}}, MV),
        ({"os-migrateLive": {"host": None, "block_migration": "auto"}}, "compute 2.24"),
        ({"os-migrateLive": {"host": "cmp2", "block_migration": "auto", "force": True}}, MV),
        ({"fly": None}, MV),
    ],
)
def test_actions_that_make_no_sense_get_400(call, body, mv):
    caller = call(a_cloud(ServerSpec("vm", "cmp1")))
    assert act(caller, "vm", body, mv).status_code == 400


def test_a_stopped_server_moves_cold_and_waits_to_be_confirmed(call):
    caller = call(a_cloud(ServerSpec("vm", "cmp1", state="stopped"), computes=2))
    assert act(caller, "vm", {"migrate": None}).status_code == 202
    done = settled(caller, "vm")
    assert (done["status"], done["OS-EXT-SRV-ATTR:host"]) == ("VERIFY_RESIZE", "cmp2")
    assert act(caller, "vm", {"confirmResize": None}).status_code == 204
    assert detail(caller)["vm"]["status"] == "SHUTOFF"
    assert [m["status"] for m in migrations(caller)] == ["confirmed"]
    assert act(caller, "vm", {"confirmResize": None}).status_code == 409


def test_a_move_is_taken_back(call):
    caller = call(a_cloud(ServerSpec("vm", "cmp1"), computes=2))
    act(caller, "vm", {"migrate": {"host": "cmp2"}})
    settled(caller, "vm")
    assert act(caller, "vm", {"revertResize": None}).status_code == 202
    done = detail(caller)["vm"]
    assert (done["status"], done["OS-EXT-SRV-ATTR:host"]) == ("ACTIVE", "cmp1")


def test_servers_are_stopped_and_started_by_their_nova_compute(call):
    caller = call(a_cloud(ServerSpec("vm", "cmp1")))
    assert act(caller, "vm", {"os-stop": None}).status_code == 202
    assert settled(caller, "vm")["status"] == "SHUTOFF"
    caller.cloud.stop("cmp1", "nova-compute")
    act(caller, "vm", {"os-start": None})
    caller.cloud.advance(10)
    assert detail(caller)["vm"]["OS-EXT-STS:task_state"] == "powering-on"
    caller.cloud.start("cmp1", "nova-compute")
    assert settled(caller, "vm")["status"] == "ACTIVE"


def test_without_the_message_bus_creates_fail_and_computes_go_down(call):
    caller = call(a_cloud(ServerSpec("vm", "cmp1")))
    number = caller.cloud.fault("bus-away")
    assert boot(caller).status_code == 500
    caller.cloud.advance(10)
    rows = {s["binary"]: s["state"] for s in caller.get(f"{ROOT}/os-services")["services"]}
    assert rows == {"nova-compute": "down", "nova-conductor": "up", "nova-scheduler": "up"}
    assert not any(agent["alive"] for agent in caller.get("/network/v2.0/agents")["agents"])
    caller.cloud.end_fault(number)
    caller.cloud.advance(2)
    assert {s["state"] for s in caller.get(f"{ROOT}/os-services")["services"]} == {"up"}


def test_tags_and_metadata_are_the_owners_word(call):
    caller = call(a_cloud(ServerSpec("vm", "cmp1", metadata={"stairlift": "leave"}, tags=("pet",))))
    one = detail(caller)["vm"]
    assert (one["metadata"], one["tags"]) == ({"stairlift": "leave"}, ["pet"])
    assert caller.ask("PUT", f"{ROOT}/servers/{one['id']}/tags/blue", mv=MV).status_code == 201
    assert caller.get(f"{ROOT}/servers/{one['id']}/tags", mv=MV)["tags"] == ["blue", "pet"]
    assert caller.ask("DELETE", f"{ROOT}/servers/{one['id']}/tags/pet", mv=MV).status_code == 204
    assert caller.ask("DELETE", f"{ROOT}/servers/{one['id']}/tags/pet", mv=MV).status_code == 404


def test_a_hypervisor_names_its_servers(call):
    caller = call(a_cloud(ServerSpec("vm", "cmp2")))
    found = caller.get(f"{ROOT}/os-hypervisors?with_servers=true", mv="compute 2.75")["hypervisors"]
    assert {h["hypervisor_hostname"]: [s["name"] for s in h["servers"]] for h in found}["cmp2"] == ["vm"]
    older = caller.get(f"{ROOT}/os-hypervisors?with_servers=true", mv="compute 2.53")["hypervisors"]
    assert ["servers" in h for h in older] == [False, True, False]


def test_flavors_say_what_they_ask_for(call):
    caller = call(a_cloud(flavors=(FlavorSpec("gpu", extra_specs={"resources:VGPU": "1"}),)))
    flavors = {f["name"]: f for f in caller.get(f"{ROOT}/flavors/detail", mv="compute 2.61")["flavors"]}
    assert flavors["gpu"]["extra_specs"] == {"resources:VGPU": "1"}
    assert "extra_specs" not in caller.get(f"{ROOT}/flavors/detail", mv="compute 2.60")["flavors"][0]
    one = caller.get(f"{ROOT}/flavors/{flavors['gpu']['id']}", mv="compute 2.61")["flavor"]
    assert one == flavors["gpu"]


def test_only_hosts_with_what_a_flavor_asks_for_take_a_server(call):
    scenario = a_cloud(
        ServerSpec("vm", "cmp1", flavor="gpu"), flavors=(FlavorSpec("gpu", extra_specs={"resources:VGPU": "1"}),)
    )
    special = tuple(
        replace(host, room=Room(resources={"VGPU": 1})) if host.name in {"cmp1", "cmp3"} else host
        for host in scenario.hosts
    )
    caller = call(replace(scenario, hosts=special))
    act(caller, "vm", LIVE)
    assert settled(caller, "vm")["OS-EXT-SRV-ATTR:host"] == "cmp3"
    found = caller.get("/placement/allocation_candidates?resources=VGPU:1", mv="placement 1.36")
    assert len(found["allocation_requests"]) == 1


def test_cloud_of_the_usual_shape_has_two_servers_on_each_compute(call):
    assert len(detail(call(cloud(compute=2)))) == 4


def test_an_administrator_sets_a_state_by_hand(call):
    caller = call(a_cloud(ServerSpec("vm", "cmp1")))
    assert act(caller, "vm", {"os-resetState": {"state": "error"}}).status_code == 202
    assert detail(caller)["vm"]["status"] == "ERROR"
    assert act(caller, "vm", {"os-resetState": {"state": "paused"}}).status_code == 400
