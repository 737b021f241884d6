"""The order in which sources answer, and in which they list what they know, changes nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stairlift.model.errors import Trouble
from stairlift.reconcile import reconcile
from stairlift.testing.clouds import NOON, a_cloud, an_ovn_cloud, the_founding_cloud


def a_messy_cloud():
    """Everything that could depend on who comes first: doubled rows, versions, zones, addresses, deployers."""
    return (
        a_cloud(control=2, network=1, compute=2)
        .storage("stor1", backends=("rbd", "nfs"))
        .row("cinder-volume", "stor1@rbd", zone="other", state="down", updated_at=NOON - timedelta(hours=1))
        .reporting("cmp1", "nova-compute", zone="az9")
        .placed("cmp1", "nova-compute", address="192.0.2.9")
        .placed("cmp1", "nova-compute", address="192.0.2.1")
        .running("cmp1", "31.0.0", "nova-compute")
        .running("cmp1", "32.0.0", "nova-compute")
        .running("ctl1", "31.0.1", "nova-api", "keystone")
        .deployed_by("plain")
        .deployed_by("kolla-ansible")
        .hypervisor("cmp1.example.com", host="cmp1")
        .reporting("cmp2.example.com", "neutron-dhcp-agent")
        .failing("manila-services", Trouble.NOT_DEPLOYED)
        .failing("heat-services", Trouble.DENIED)
    )


CLOUDS = [a_messy_cloud().observations(), an_ovn_cloud().observations(), the_founding_cloud().observations()]


@given(st.data())
def test_the_order_of_sources_and_facts_changes_nothing(data):
    observations = data.draw(st.sampled_from(CLOUDS))
    shuffled = [replace(o, facts=tuple(data.draw(st.permutations(o.facts)))) for o in observations]
    other = data.draw(st.permutations(shuffled))
    first, second = reconcile(observations, name="lab"), reconcile(other, name="lab")
    assert first.cloud == second.cloud
    assert first.findings == second.findings


@pytest.mark.parametrize(
    ("kinds", "deployer"),
    [
        ((), "plain"),
        (("plain",), "plain"),
        (("plain", "kolla-ansible"), "kolla-ansible"),
        (("openstack-ansible", "plain"), "openstack-ansible"),
        (("openstack-ansible", "kolla-ansible"), "kolla-ansible"),
        (("kolla-ansible", "openstack-ansible", "plain"), "kolla-ansible"),
    ],
)
def test_the_deployer_is_the_one_that_is_no_mere_list(kinds, deployer):
    built = a_cloud()
    for kind in kinds:
        built = built.deployed_by(kind)
    assert reconcile(built.observations(), name="lab").cloud.deployment == deployer
