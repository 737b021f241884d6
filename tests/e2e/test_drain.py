"""A whole run that empties its hypervisors, by the command itself, on a simulated cloud."""

import os
import signal
from dataclasses import replace

import psutil
import pytest

from operating import until
from stairlift.model.release import Release
from stairlift.openstack.client import SessionCloudClient
from stairlift.sandbox.builders import QUICK, hosts
from stairlift.sandbox.scenario import Scenario
from stairlift.sandbox.server import Sandbox
from stairlift.sandbox.tenants import FlavorSpec, NetworkSpec, RouterSpec, ServerSpec
from stairlift.strategy.neutron.desk import Desk as Neutron
from stairlift.strategy.nova.desk import Desk

SMALL = FlavorSpec("small", vcpus=1, ram=64, disk=1)
POLICY = '\n[policy]\ndrain = "{drain}"\nmigrations = {{ host = 2, cloud = 3 }}\nretry_after = 1\n'


def vm(name, host, **given):
    return ServerSpec(name, host, flavor="small", **given)


class Desktop:
    """An operator, a cloud of three hypervisors, and somebody who looks at its servers."""

    def __init__(self, operator, box, monkeypatch):
        self.operator, self.box = operator, box
        monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", operator.environ["OS_CLIENT_CONFIG_FILE"])
        self.client = SessionCloudClient.from_config("sandbox")
        self.nova = Desk(self.client)

    def where(self):
        return {s.name: s.host for s in self.nova.servers()}

    def server(self, name):
        return next(s for s in self.nova.servers() if s.name == name)

    def moved(self):
        rows = self.client.get("compute", "/os-migrations", "2.80").documents["body"]["migrations"]
        return [row["instance_uuid"] for row in rows if row["status"] == "completed"]

    def disabled(self):
        return [one.name for one in self.nova.computes() if not one.enabled]

    def states(self):
        return {one["id"]: one["state"] for one in self.operator.status("--steps")["step_list"]}


@pytest.fixture
def desktop(operator, monkeypatch):
    running = []

    def made(*servers, drain="live-migrate"):
        control = hosts("ctl", 1, ("keystone", "placement-api", "nova-api", "nova-conductor", "nova-scheduler"))
        every = control + hosts("cmp", 3, ("nova-compute",))
        scenario = Scenario("drained", Release(2025, 1), every, timing=QUICK)
        scenario = replace(scenario, flavors=(SMALL,), servers=servers, servers_per_compute=0)
        box = Sandbox(scenario)
        box.__enter__()
        running.append(box)
        operator.at(box).with_strategy(POLICY.format(drain=drain))
        return Desktop(operator, box, monkeypatch)

    yield made
    for box in running:
        box.__exit__(None, None, None)


def test_everybody_moves_and_the_cloud_is_as_it_was(desktop):
    there = desktop(vm("a", "cmp1"), vm("b", "cmp2"), vm("c", "cmp3"))
    plan = there.operator.plans()
    per_host = [[s["action"] for s in plan["steps"] if s["hosts"] == [host]] for host in ("cmp1", "cmp2", "cmp3")]
    assert per_host == [["cordon", "drain", "upgrade", "uncordon"]] * 3
    answer = there.operator.types("run", "plan.json", "--yes")
    assert answer.code == 0, answer.err
    assert there.disabled() == []
    assert {there.nova.server(one).vm_state for one in there.moved()} == {"active"}
    # that of the first host had only old hosts to go to; whoever reached an upgraded one stayed
    assert len(there.moved()) <= 4
    assert set(there.where().values()) < {"cmp1", "cmp2", "cmp3"}


def test_who_cannot_leave_stops_the_run_by_name_and_a_tag_lets_it_go_on(desktop):
    there = desktop(vm("a", "cmp1"), vm("mine", "cmp1", locked=True))
    plan = there.operator.plans()
    [told] = [f for f in plan["findings"] if f["code"] == "drain.stays"]
    assert "mine (project" in told["message"]
    answer = there.operator.types("run", "plan.json", "--yes")
    assert answer.code == 5, answer.err
    assert "it is locked" in answer.err
    assert there.where()["a"] != "cmp1"
    assert there.disabled() == [], "no upgrade has begun there, so the host is given back while the run rests"
    [step] = [name for name, state in there.states().items() if state == "failed"]
    there.nova.tag(there.server("mine").id, "stairlift:drain=skip")
    assert there.operator.types("retry", there.operator.status()["run"], step).code == 0
    resumed = there.operator.types("resume", "--yes")
    assert resumed.code == 0, resumed.err
    assert there.where()["mine"] == "cmp1"
    assert there.disabled() == []


def test_who_is_stopped_meanwhile_runs_again(desktop):
    there = desktop(vm("pet", "cmp1", tags=("stairlift:drain=stop",)))
    there.operator.plans()
    answer = there.operator.types("run", "plan.json", "--yes")
    assert answer.code == 0, answer.err
    pet = there.server("pet")
    assert (pet.host, pet.vm_state, pet.tags) == ("cmp1", "active", ("stairlift:drain=stop",))
    asked = [one["path"] for one in there.box.log() if one["method"] == "POST" and one["path"].endswith("/action")]
    assert len(asked) == 2


def _jobs(folder):
    """The processes of drains of this operator."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "stairlift.strategy.nova" in words and any(word.startswith(str(folder)) for word in words):
            found.append(process.pid)
    return found


def test_why_says_who_is_left_and_a_killed_drain_goes_on(desktop):
    there = desktop(vm("slow", "cmp1"), drain="wait-empty")
    there.operator.plans()
    run = there.operator.begins("run", "plan.json", "--yes")
    try:
        until(lambda: "left on cmp1" in there.operator.types("status").out)
        drain = next(name for name, state in there.states().items() if state == "running")
        why = there.operator.types("status", "--why", drain).out
        assert "slow" in why
        assert "ask its owner to move or remove it" in why
        for pid in _jobs(there.operator.folder):
            os.kill(pid, signal.SIGKILL)
        until(lambda: there.operator.status("--steps")["steps"] and _attempts(there, drain) == 2)
        there.client.send("DELETE", "compute", f"/servers/{there.server('slow').id}")
        _, err = run.communicate(timeout=120)
        assert run.returncode == 0, err
    finally:
        if run.poll() is None:
            run.kill()
            run.communicate()
    assert there.disabled() == []


def _attempts(there, step):
    return next(one["attempts"] for one in there.operator.status("--steps")["step_list"] if one["id"] == step)


def test_a_network_node_is_looked_after(operator, monkeypatch):
    """Its lonely network has a second agent while it is upgraded, and one afterwards; nobody is switched off."""
    agents = ("neutron-l3-agent", "neutron-dhcp-agent")
    every = hosts("ctl", 1, ("keystone", "nova-api", "nova-conductor", "neutron-server")) + hosts("net", 2, agents)
    lonely, ha = NetworkSpec("lonely", dhcp=("net1",)), RouterSpec("ha", ha=True)
    scenario = Scenario("networks", Release(2025, 1), every, timing=QUICK)
    with Sandbox(replace(scenario, networks=(lonely,), routers=(ha,), servers_per_compute=0)) as box:
        operator.at(box).with_strategy("\n[policy]\ndrain_networks = true\n")
        plan = operator.plans("--stage", "network")
        assert [s["action"] for s in plan["steps"]] == ["drain", "upgrade", "uncordon"] * 2
        answer = operator.types("run", "plan.json", "--yes")
        assert answer.code == 0, answer.err
        log = [
            (one["method"], one["path"]) for one in box.log() if "/network/" in one["path"] and one["method"] != "GET"
        ]
        assert [method for method, _ in log] == ["POST", "DELETE"]
        assert all("/dhcp-networks" in path for _, path in log)
        monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", operator.environ["OS_CLIENT_CONFIG_FILE"])
        neutron = Neutron(SessionCloudClient.from_config("sandbox"))
        [net1] = neutron.agents(host="net1", binary="neutron-dhcp-agent")
        [network] = neutron.networks_of(net1.id)
        assert [agent.host for agent in neutron.serving(network)] == ["net1"]
