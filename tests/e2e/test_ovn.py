"""OVN on the sandbox: what discovery makes of its agents, and the order in which a run goes through them."""

import sys

import pytest

from operating import Operator
from stairlift.sandbox.deployer import write_deployer
from stairlift.sandbox.scenario_file import load
from stairlift.sandbox.server import Sandbox

GATEWAYS = ["gw1", "gw2"]
MORE = """\
[gates]
within = 20
[aliases]
"gw1.example.com" = "gw1"
"gw2.example.com" = "gw2"
"""
#: Stops the ovn-controller of the first gateway when that is "upgraded", by the sandbox's own address.
STEP = """\
#!/bin/sh
cd "$(dirname "$0")"
echo "$1 $2 $3" >>calls
[ "$3" = gw1 ] && [ -e lost.py ] && {python} lost.py
exit 0
"""
LOST = """\
from stairlift.sandbox.client import SandboxClient

SandboxClient("{url}").stop("gw1", "ovn-controller")
"""


@pytest.fixture
def cloud():
    with Sandbox(load("ovn")) as it:
        yield it


@pytest.fixture
def operator(cloud, tmp_path):
    """With the deployer's inventory, which alone places what registers nowhere."""
    made = Operator(tmp_path).at(cloud).with_strategy(MORE)
    made.write("step", STEP.format(python=sys.executable)).chmod(0o755)
    inventory = write_deployer(tmp_path, load("ovn"), cloud.url).inventory
    made.plans("-i", "openstack", "-i", f"ansible:{inventory}", "--stage", "ovn")
    return made


def hosts(operator, *binaries):
    return [line.split()[2] for line in operator.calls if line.split()[1] in binaries]


def test_chassis_then_each_gateway_then_each_member_then_northd(operator):
    answer = operator.types("run", "plan.json", "--yes")
    assert answer.code == 0, answer.err
    assert [line.split()[1] for line in operator.calls] == [
        *["ovn-controller"] * 6, *["ovn-nb-db"] * 3, *["ovn-sb-db"] * 3, *["ovn-northd"] * 3,
    ]  # fmt: skip
    assert hosts(operator, "ovn-controller")[-2:] == GATEWAYS


def test_a_gateway_that_does_not_come_back_keeps_the_next_one_and_the_databases_as_they_are(cloud, operator):
    operator.write("lost.py", LOST.format(url=cloud.url))
    answer = operator.types("run", "plan.json", "--yes")
    assert answer.code == 5, answer.err
    assert "ovn-controller on gw1" in answer.err
    assert hosts(operator, "ovn-controller")[-1] == "gw1"
    assert hosts(operator, "ovn-nb-db", "ovn-sb-db", "ovn-northd") == []


def test_discovery_tells_gateways_from_other_chassis(operator):
    found = operator.types("discover", "-i", "neutron", "-o", "json").document["services"]
    chassis = {one["host"]: one.get("duty") for one in found if one["binary"] == "ovn-controller"}
    assert [host.partition(".")[0] for host, duty in chassis.items() if duty == "gateway"] == GATEWAYS
    assert len(chassis) == 6
