"""From what hosts answered to a plan for the remainder: nobody has to say what is done already."""

import json
from pathlib import Path

from planning import codes, planned, seen
from stairlift.inventory.host import HostInventory
from stairlift.model.release import Release
from stairlift.ports import Answer
from stairlift.testing.clouds import CloudBuilder

TESTBED = Path(__file__).parents[2] / "data" / "hosts" / "testbed.json"
#: The same programs one SLURP release later.
LATER = {
    "releases/2025.1": "releases/2026.1",
    "nova-31.0.0": "nova-33.0.0",
    "neutron-26.0.0": "neutron-28.0.0",
    "glance-30.0.0": "glance-32.0.0",
    "keystone-27.0.0": "keystone-29.0.0",
    "placement-13.0.0": "placement-15.0.0",
}


def cloud(*upgraded):
    """What the hosts of the testbed answered, with some of them at 2026.1 already."""
    hosts = json.loads(TESTBED.read_text())["hosts"]
    for host in upgraded:
        text = json.dumps(hosts[host])
        for old, new in LATER.items():
            text = text.replace(old, new)
        hosts[host] = json.loads(text)
    built = CloudBuilder().saying("hosts:lab", *HostInventory("lab").read(Answer({"hosts": hosts})))
    for host in ("cmp1", "cmp2", "cmp3"):
        built = built.hypervisor(host).reporting(host, "nova-compute", "neutron-openvswitch-agent", zone="nova")
    return built


def upgrades(plan):
    return {
        (name, host) for step in plan.steps if step.action == "upgrade" for name in step.services for host in step.hosts
    }


def test_hosts_alone_tell_the_release():
    release = seen(cloud()).cloud.release
    assert (release.series, [e.proof for e in release.evidence]) == (Release(2025, 1), [True] * 5)


def test_all_of_it_is_planned_where_nothing_is_done():
    wanted = upgrades(planned(cloud(), "2026.1", "2025.1"))
    assert {host for _, host in wanted} == {"ctl1", "ctl2", "cmp1", "cmp2", "cmp3"}


def test_what_runs_the_target_gets_no_step():
    built = cloud("ctl1", "ctl2", "cmp2")
    assert "release.unfinished" in codes(seen(built).findings)
    plan = planned(built, "2026.1", "2025.1")
    assert upgrades(plan) == {
        (name, host) for name in ("nova-compute", "neutron-openvswitch-agent") for host in ("cmp1", "cmp3")
    }
    assert any("nova-compute on cmp2" in sentence for sentence in plan.left_out)


def test_what_is_installed_and_not_restarted_gets_its_step():
    built = cloud("ctl1", "ctl2", "cmp2")
    restarted_never = [
        ["dist", row[1], row[2], row[3].replace("31.0.0", "33.0.0"), "1999999999"]
        if row[3:4] == ["nova-31.0.0.dist-info"]
        else row
        for row in json.loads(TESTBED.read_text())["hosts"]["cmp1"]["rows"]
    ]
    told = {"hosts": {"cmp1": {"address": None, "trouble": None, "rows": restarted_never}}}
    built = built.without("hosts:lab").saying("hosts:one", *HostInventory("one").read(Answer(told)))
    assert "service.not_restarted" in codes(seen(built).findings)
    assert ("nova-compute", "cmp1") in upgrades(planned(built, "2026.1", "2025.1"))
