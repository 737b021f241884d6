"""A plan grows with the cloud and not faster: counted, since clocks differ."""

from functools import cache

import pytest

from planning import ANY, binding, policy, request, seen
from stairlift.plan import plan
from stairlift.testing.clouds import CloudBuilder, a_cloud, an_ovn_cloud


def plain(hosts: int) -> CloudBuilder:
    return a_cloud(network=10, compute=hosts)


def with_ovn(hosts: int) -> CloudBuilder:
    built = an_ovn_cloud()
    facts = tuple(
        pair
        for n in range(hosts)
        for pair in CloudBuilder()
        .hypervisor(f"hv{n}")
        .reporting(f"hv{n}", "nova-compute", "ovn-controller", "neutron-ovn-metadata-agent")
        .facts
    )
    return CloudBuilder((*built.facts, *facts), built.troubles)


@cache
def cloud(form, hosts: int):
    return seen(form(hosts))


def planned(form, hosts: int, bindings=(ANY,), **given):
    made = cloud(form, hosts)
    return plan(made.cloud, made.findings, request("2025.2", "2025.1", **given), bindings)


def edges(form, hosts: int, **given) -> int:
    return sum(len(step.needs) + len(step.after) for step in planned(form, hosts, **given).steps)


PREPARED = (binding("p", stage="prepare"), ANY)
WAYS = {
    "node by node": {},
    "service by service": {"policy": policy(order="service")},
    "no canary": {"policy": policy(canary=0)},
    "prepared": {"bindings": PREPARED},
    "prepared, no canary": {"bindings": PREPARED, "policy": policy(canary=0)},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("form", [plain, with_ovn])
def test_edges_grow_with_the_number_of_hosts(form, way):
    few, many = edges(form, 500, **WAYS[way]), edges(form, 1000, **WAYS[way])
    assert many <= 2.1 * few
    assert many <= 20 * 1000


def test_steps_grow_with_the_number_of_hosts():
    few, many = planned(plain, 500), planned(plain, 1000)
    assert len(many.steps) - len(few.steps) == 500


def test_the_stages_of_a_big_cloud_alone_stay_small_too():
    for stages in (("prepare", "compute"), ("ovn", "compute"), ("compute",)):
        few = edges(with_ovn, 500, stages=stages, bindings=PREPARED)
        assert edges(with_ovn, 1000, stages=stages, bindings=PREPARED) <= 2.1 * few
