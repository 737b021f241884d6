"""Story 4: a reload by SIGHUP left nova-compute refusing every build (LP 1715374); a restart was the cure."""

from importlib import resources

import pytest
import yaml

from planning import planned
from stairlift.model.release import Release
from stairlift.sandbox.builders import cloud
from stairlift.sandbox.world.world import World
from stairlift.testing.clouds import a_cloud

CAUGHT_BY = ("a restart, never a reload",)
_SHIPPED = ("packages", "openstack_ansible", "kolla", "puppet")


def playbooks():
    for name in _SHIPPED:
        stack = [resources.files("stairlift.strategy") / name]
        while stack:
            for child in stack.pop().iterdir():
                if child.is_dir():
                    stack.append(child)
                elif child.name.endswith((".yml", ".py")):
                    yield pytest.param(child.read_text(encoding="utf-8"), id=f"{name}/{child.name}")


@pytest.mark.parametrize("text", list(playbooks()))
def test_nothing_that_we_run_sends_a_sighup_or_reloads_a_service(text):
    for word in ("SIGHUP", "kill -1", "kill -HUP", "state: reloaded", "systemctl reload", "reload-or-restart"):
        assert word not in text


def test_the_built_in_playbook_restarts_whatever_is_unpinned():
    text = (resources.files("stairlift.strategy") / "packages/playbook/tasks/restart_service.yml").read_text()
    (task,) = [task for task in yaml.safe_load(text) if task.get("ansible.builtin.service")]
    assert task["ansible.builtin.service"]["state"] == "restarted"
    assert "unpin" in task["loop"]


def test_who_drops_the_old_rpc_version_is_a_step_for_each_host_and_a_new_process():
    plan = planned(a_cloud(control=2, network=1, compute=2))
    steps = [step for step in plan.steps if step.action == "unpin"]
    assert {host for step in steps for host in step.hosts} >= {"ctl1", "ctl2"}
    world = World(cloud(), 0.0)
    key, starts = ("ctl1", "nova-conductor"), world.lives[("ctl1", "nova-conductor")].starts
    world.restart(key, 10.0)
    assert world.lives[key].starts == starts + 1
    assert world.lives[key].release == Release(2025, 1)
