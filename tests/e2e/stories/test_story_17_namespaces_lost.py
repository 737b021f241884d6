"""Story 17: a network node came back without its namespaces, and tenants were without routing for half an hour."""

from dataclasses import replace

from planning import planned
from stairlift.sandbox.builders import cloud
from stairlift.sandbox.tenants import RouterSpec
from stairlift.testing.clouds import a_cloud

CAUGHT_BY = ("routers.active", "network nodes one at a time")


def test_a_router_without_exactly_one_active_copy_stops_before_the_first_change(staged):
    routers = (RouterSpec("blue", ha=True, ha_states=("standby", "standby")), RouterSpec("green", ha=True))
    _, desk = staged(replace(cloud(control=1, network=3, compute=1), routers=routers))
    (found,) = desk.finds()["routers.active"]
    assert found["severity"] == "error"
    assert "blue" in found["subject"] + found["message"]


def test_two_active_copies_are_as_bad(staged):
    routers = (RouterSpec("blue", ha=True, ha_states=("active", "active")),)
    _, desk = staged(replace(cloud(control=1, network=3, compute=1), routers=routers))
    assert len(desk.finds()["routers.active"]) == 1


def test_network_nodes_go_one_at_a_time():
    plan = planned(a_cloud(network=3))
    assert plan.windows["role:network"] == 1
    nodes = [s for s in plan.steps if s.stage == "network" and s.action == "upgrade"]
    assert [len(s.hosts) for s in nodes] == [1, 1, 1]
    assert all("role:network" in s.slots for s in nodes)
