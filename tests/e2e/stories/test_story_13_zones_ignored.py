"""Story 13: 2023.2 has no AvailabilityZoneFilter; a zone that Placement was never told of finds no host any more."""

from dataclasses import replace

from stairlift.sandbox.builders import cloud
from stairlift.sandbox.tenants import AggregateSpec

CAUGHT_BY = ("placement.aggregates",)


def scenario(*, told: bool):
    zone = AggregateSpec("az1", ("cmp1", "cmp2"), zone="az1", in_placement=told)
    return replace(cloud(control=1, network=1, compute=3), aggregates=(zone,))


def test_hosts_whose_zone_placement_does_not_know_are_named(staged):
    _, desk = staged(scenario(told=False))
    found = desk.finds()["placement.aggregates"]
    assert {one["subject"] for one in found} == {"az1/cmp1", "az1/cmp2"}
    assert {one["severity"] for one in found} == {"error"}
    assert "sync_aggregates" in found[0]["resolution"]


def test_where_it_does_all_is_well(staged):
    _, desk = staged(scenario(told=True))
    assert "placement.aggregates" not in desk.finds()
