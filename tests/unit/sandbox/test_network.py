"""Neutron's face: agents, their pages, and OVN's that tell the truth only when asked twice."""

import pytest

from stairlift.sandbox.builders import cloud, large

AGENTS = "/network/v2.0/agents"


def agents(caller, query=""):
    return {(a["binary"], a["host"]): a for a in caller.get(AGENTS + query)["agents"]}


def test_agents_have_what_the_real_ones_have(look):
    found = agents(look(cloud(control=1, network=1, compute=1)))
    assert {key: a["agent_type"] for key, a in found.items()} == {
        ("neutron-openvswitch-agent", "net1"): "Open vSwitch agent",
        ("neutron-l3-agent", "net1"): "L3 agent",
        ("neutron-dhcp-agent", "net1"): "DHCP agent",
        ("neutron-metadata-agent", "net1"): "Metadata agent",
        ("neutron-openvswitch-agent", "cmp1"): "Open vSwitch agent",
    }
    assert all(a["alive"] and a["admin_state_up"] for a in found.values())
    assert found["neutron-l3-agent", "net1"]["availability_zone"] == "nova"
    assert found["neutron-l3-agent", "net1"]["configurations"]["agent_mode"] == "legacy"
    assert found["neutron-openvswitch-agent", "cmp1"]["availability_zone"] is None
    assert "T" not in found["neutron-openvswitch-agent", "cmp1"]["heartbeat_timestamp"]


def test_pages_hold_each_agent_once_in_the_order_of_ids(look):
    caller = look(large(100))
    pages = caller.pages(f"{AGENTS}?limit=120", "agents")
    ids = [a["id"] for page in pages for a in page]
    assert [len(page) for page in pages] == [120, 120, 60]
    assert ids == sorted(set(ids))
    assert len(caller.get(AGENTS)["agents"]) == 300


def test_a_full_last_page_links_to_an_empty_one_as_neutron_does(look):
    caller = look(large(20))
    assert [len(page) for page in caller.pages(f"{AGENTS}?limit=30", "agents")] == [30, 30, 0]


def test_a_limit_of_nought_is_no_limit(look):
    assert len(look("demo").get(f"{AGENTS}?limit=0")["agents"]) == 14


def test_filters_and_fields(call):
    caller = call("demo")
    assert agents(caller, "?host=net1&agent_type=L3+agent").keys() == {("neutron-l3-agent", "net1")}
    assert len(agents(caller, "?binary=neutron-l3-agent&binary=neutron-dhcp-agent")) == 4
    narrow = caller.get(f"{AGENTS}?fields=host&fields=alive")["agents"]
    assert all(a.keys() == {"host", "alive"} for a in narrow)
    caller.cloud.stop("net1", "neutron-l3-agent")
    caller.cloud.advance(20)
    assert agents(caller, "?alive=false").keys() == {("neutron-l3-agent", "net1")}
    assert len(agents(caller, "?alive=True")) == 13


def test_a_restart_shows_in_started_at_and_a_fresh_heartbeat(call):
    caller = call("demo")
    key = ("neutron-l3-agent", "net1")
    before = agents(caller)[key]
    caller.cloud.stop("net1", "neutron-l3-agent")
    caller.cloud.advance(20)
    assert not agents(caller)[key]["alive"]
    caller.cloud.start("net1", "neutron-l3-agent")
    after = agents(caller)[key]
    assert after["alive"]
    assert after["started_at"] > before["started_at"]
    assert after["heartbeat_timestamp"] >= after["started_at"] > before["heartbeat_timestamp"]


def test_admin_state_is_kept(call):
    caller = call("demo")
    path = f"{AGENTS}/{agents(caller)['neutron-l3-agent', 'net1']['id']}"
    assert caller.ask("PUT", path, json={"agent": {"admin_state_up": False}}).status_code == 200
    assert not caller.get(path)["agent"]["admin_state_up"]
    assert not agents(caller)["neutron-l3-agent", "net1"]["admin_state_up"]
    assert caller.ask("PUT", path, json={"agent": {}}).status_code == 400


def test_who_is_no_administrator_gets_an_empty_list_and_no_403(look):
    caller = look(cloud())
    token = caller.log_in(user="reader").headers["X-Subject-Token"]
    assert caller.ask("GET", AGENTS, token=token).json() == {"agents": []}
    assert caller.ask("GET", AGENTS, token="").status_code == 401


def test_ovn_agents_are_fresh_only_at_the_second_poll(call):
    caller = call("ovn")
    first, second = agents(caller), agents(caller)
    key = ("ovn-controller", "cmp1.example.com")
    assert first[key]["alive"]
    assert first[key]["heartbeat_timestamp"] < caller.cloud.state()["now"][:10]
    assert second[key]["heartbeat_timestamp"][:10] >= caller.cloud.state()["now"][:10]
    assert {a["agent_type"] for (b, h), a in first.items() if h.startswith("gw")} == {"OVN Controller Gateway agent"}


def test_a_dead_chassis_is_taken_for_alive_at_the_first_poll(call):
    caller = call("ovn")
    agents(caller), agents(caller)
    caller.cloud.stop("cmp1", "ovn-controller")
    caller.cloud.advance(600)
    key = ("ovn-controller", "cmp1.example.com")
    assert [agents(caller)[key]["alive"] for _ in range(2)] == [True, False]
    assert agents(caller)["ovn-controller", "cmp2.example.com"]["alive"]


def test_ovn_agents_cannot_be_cordoned(look):
    caller = look("ovn")
    path = f"{AGENTS}/{agents(caller)['ovn-controller', 'cmp1.example.com']['id']}"
    assert caller.ask("PUT", path, json={"agent": {"admin_state_up": False}}).status_code == 400


@pytest.mark.parametrize("path", ["/network", "/network/v2.0", "/network/v2.0/"])
def test_version_documents_need_no_token(look, path):
    assert look(cloud()).ask("GET", path, token="").status_code == 200


def test_extensions_and_zones(look):
    caller = look(cloud())
    aliases = {e["alias"] for e in caller.get("/network/v2.0/extensions")["extensions"]}
    assert {"agent", "router_availability_zone"} <= aliases
    assert caller.get("/network/v2.0/extensions/agent")["extension"]["alias"] == "agent"
    assert caller.ask("GET", "/network/v2.0/extensions/nothing").status_code == 404
    zones = {(z["name"], z["resource"]) for z in caller.get("/network/v2.0/availability_zones")["availability_zones"]}
    assert zones == {("nova", "network"), ("nova", "router")}
