"""A whole upgrade with Grenade: a simulated DevStack node for `discover`, and the tree in tests/data/grenade for the work."""

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from grenade_site import HOST, build, real_driver
from operating import Operator, until
from stairlift.model.release import Release
from stairlift.sandbox.builders import QUICK, hosts
from stairlift.sandbox.scenario import Scenario
from stairlift.sandbox.server import Sandbox

PROJECTS = ("keystone", "glance", "nova")
PROGRAMS = ("keystone", "glance-api", "nova-api", "nova-conductor", "nova-compute")
#: What reports to no registry: an inventory says where it runs.
HOSTS = "[keystone]\ndevstack-1\n\n[glance-api]\ndevstack-1\n\n[nova-api]\ndevstack-1\n"
SOURCES = '[sources]\ninventory = ["openstack", "ansible:hosts.ini"]\n'
pytestmark = pytest.mark.skipif(real_driver() is not None, reason="the real driver has its own suite")


@pytest.fixture
def site(tmp_path):
    made = build(tmp_path / "node", PROJECTS)
    yield made
    for process in made.processes():
        process.kill()


@pytest.fixture
def operator(site, tmp_path):
    node = Scenario("devstack", Release(2025, 1), hosts("devstack-", 1, PROGRAMS), timing=QUICK)
    with Sandbox(node) as cloud:
        yield with_grenade(Operator(tmp_path), site).at(cloud)


def with_grenade(operator, site, **more):
    """A stairlift.toml whose only entry is Grenade."""
    options = {**site.options(), **more}
    options.pop("folder")
    options["grenade"] = str(site.root / "grenade")
    operator.write("hosts.ini", HOSTS)
    lines = [f"{key} = {toml(value)}" for key, value in options.items()]
    operator.write(
        "stairlift.toml", "\n".join([SOURCES, "[[strategy]]", "match = {}", 'use = "grenade"', *lines]) + "\n"
    )
    operator.environ |= {"PATH": f"{site.root}/bin:{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return operator


def toml(value) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {json.dumps(item)}" for key, item in value.items()) + " }"
    return json.dumps(value)


def test_from_discovery_to_done_with_a_kill_in_the_middle(operator, site):
    plan = operator.plans()
    acts = [(step["action"], step["project"], step["reversibility"]) for step in plan["steps"]]
    assert acts[0] == ("drain", None, "no-return")
    assert [act[:2] for act in acts[1:]] == [("upgrade", project) for project in PROJECTS]
    assert {host for step in plan["steps"] for host in step["hosts"]} == {HOST}
    site.knob("sleep-glance", 3)
    run = operator.begins("run", "plan.json", "--yes")
    until((site.stack / "asleep").exists)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    assert operator.types_to_a_process("resume").code == 0
    assert operator.status()["state"] == "done"
    assert site.lines("upgraded") == list(PROJECTS), "each once"
    assert set(site.services().values()) == {"new running"}


def test_the_point_of_no_return_asks(operator, site):
    operator.plans()
    answer = operator.types_to_a_process("run", "plan.json", "--approve", operator.plans()["hash"])
    assert answer.code == 6, answer.err
    assert set(site.services().values()) == {"old running"}


def test_a_script_that_changed_since_the_plan_stops_the_run(operator, site):
    operator.plans()
    with (site.root / "grenade" / "functions").open("a") as script:
        script.write("# tuned\n")
    answer = operator.types_to_a_process("run", "plan.json", "--yes")
    assert answer.code == 4
    assert "functions has changed" in answer.err


def test_a_host_beyond_the_node_refuses_the_plan(site, tmp_path):
    two = Scenario(
        "devstack", Release(2025, 1), hosts("devstack-", 1, PROGRAMS) + hosts("cmp", 1, ("nova-compute",)), timing=QUICK
    )
    with Sandbox(two) as cloud:
        operator = with_grenade(Operator(tmp_path), site).at(cloud)
        answer = operator.types("plan", "--from", "2025.1", "--to", "2025.2", "--out", "plan.json")
    assert answer.code == 4
    assert "grenade.other-host" in answer.err + answer.out
