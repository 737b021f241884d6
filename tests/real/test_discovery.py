"""Everything that runs on a real cloud is found, and nothing else: compared with what its hosts' supervisors say."""

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import Bed

pytestmark = pytest.mark.real

#: What the supervisors call it, and what it is. Open vSwitch is two programs, and sshd is none of the cloud's.
NAMES = {"ovs-vswitchd": "openvswitch", "ovsdb-server": "openvswitch"}
NOT_THE_CLOUD_S = {"sshd"}


@pytest.fixture(scope="module")
def supervised(bed: Bed) -> dict[tuple[str, str], list[str]]:
    """The releases of every program that a supervisor runs, by host and program."""
    return {
        (host["host"], NAMES.get(program["program"], program["program"])): program["releases"]
        for host in bed.told("status")["hosts"]
        for program in host["programs"]
        if program["state"] == "RUNNING" and program["program"] not in NOT_THE_CLOUD_S
    }


@pytest.fixture(scope="module")
def cloud(bed: Bed) -> Any:
    """What Stairlift finds, by every API and a look at every host."""
    return json.loads(bed.stairlift("discover", *sources(bed), "-o", "json"))


def sources(bed: Bed) -> tuple[str, ...]:
    return ("-i", "openstack", "-i", f"hosts:{bed.environ['ANSIBLE_INVENTORY']}")


def found(cloud: Any) -> dict[tuple[str, str], Any]:
    return {(one["host"], one["binary"]): one for one in (*cloud["services"], *cloud["infrastructure"])}


def test_every_program_of_every_host_is_found_and_none_is_invented(cloud, supervised):
    assert set(found(cloud)) == set(supervised)
    assert {one["state"] for one in found(cloud).values()} == {"up"}


def test_each_names_who_says_so(bed, cloud):
    looked = f"hosts:{bed.environ['ANSIBLE_INVENTORY']}"
    assert all(looked in one["sources"] for one in found(cloud).values())
    reporting = {
        one["binary"] for one in cloud["services"] if set(one["sources"]) & {"nova-services", "neutron-agents"}
    }
    assert reporting >= {"nova-compute", "nova-conductor", "nova-scheduler", "neutron-openvswitch-agent"}


def test_the_release_of_each_is_the_one_that_its_process_has_loaded(cloud, supervised):
    openstack = {where: releases for where, releases in supervised.items() if releases}
    assert len(openstack) > 20
    told = {where: (found(cloud)[where]["releases"], found(cloud)[where]["version_from"]) for where in openstack}
    assert told == {where: (releases, "process") for where, releases in openstack.items()}


def test_what_runs_is_what_is_installed(cloud):
    assert [f for f in cloud["findings"] if f["code"].startswith(("service.", "host."))] == []


def test_a_host_that_is_gone_stops_nobody(bed, supervised, tmp_path):
    inventory = tmp_path / "inventory.ini"
    known = Path(bed.environ["ANSIBLE_INVENTORY"]).read_text()
    inventory.write_text(f"{known}\n[absent]\ngone ansible_host=10.77.0.99\n")
    told = json.loads(bed.stairlift("discover", "-i", f"hosts:{inventory}", "-o", "json"))
    assert set(found(told)) == set(supervised)
    assert [(f["code"], f["subject"]) for f in told["findings"]] == [("host.not_seen", "gone")]


def test_a_recording_tells_the_same(bed, cloud, tmp_path):
    bed.stairlift("discover", *sources(bed), "--save", str(tmp_path / "kept"))
    again = json.loads(bed.stairlift("discover", "-i", f"recording:{tmp_path / 'kept'}", "-o", "json"))
    assert {w: (s["version"], s["version_from"]) for w, s in found(again).items()} == {
        w: (s["version"], s["version_from"]) for w, s in found(cloud).items()
    }
