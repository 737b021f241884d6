"""openstack-ansible's wrapper in front of the real ansible-playbook: groups, callbacks, the operator's variables.

The wrapper has the shape of scripts/openstack-ansible.sh and its rc file: it sets callback folders unless the environment
has some, and adds every user_*.yml.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stairlift.model.plan import Step
from stairlift.model.work import Assignment, Outcome
from stairlift.strategy.openstack_ansible import OpenstackAnsibleUpgradeStrategy
from stairlift.testing.strategy_contract import a_step

WRAPPER = """#!/usr/bin/env bash
export OSA_VERSION="33.1.0"
export ANSIBLE_INVENTORY="${{ANSIBLE_INVENTORY:-{folder}/inventory.ini}}"
export ANSIBLE_CALLBACK_PLUGINS="${{ANSIBLE_CALLBACK_PLUGINS:-{folder}/plugins}}"
export ANSIBLE_CALLBACK_WHITELIST="profile_tasks"
VAR1="$(for i in $(ls {folder}/user_*.yml); do echo -ne "-e @$i "; done)"
echo -e "Variable files: \\"${{VAR1}}\\""
{ansible} "${{@}}" ${{VAR1}}
PLAYBOOK_RC="$?"
echo -e "\\nEXIT NOTICE [Playbook execution success] *****"
exit "${{PLAYBOOK_RC}}"
"""
INVENTORY = """
[repo_all]
infra1-repo-container-1 ansible_connection=local
[nova_compute]
compute01 ansible_connection=local
[nova-api-os-compute]
infra1-nova-api-container-2 ansible_connection=local
[galera_all]
infra1-galera-container-3
[haproxy]
infra1 ansible_connection=local
[all:vars]
ansible_python_interpreter={{ ansible_playbook_python }}
"""
THEIRS = """
from ansible.plugins.callback import CallbackBase
class CallbackModule(CallbackBase):
    CALLBACK_VERSION, CALLBACK_TYPE, CALLBACK_NAME, CALLBACK_NEEDS_ENABLED = 2.0, "notification", "theirs", False
    def v2_playbook_on_stats(self, stats):
        self._display.display("their callback ran")
"""


@pytest.fixture(scope="module")
def strategy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("osa")
    ansible = shutil.which("ansible-playbook", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    (folder / "openstack-ansible").write_text(WRAPPER.format(folder=folder, ansible=ansible))
    (folder / "openstack-ansible").chmod(0o755)
    (folder / "inventory.ini").write_text(INVENTORY)
    (folder / "plugins").mkdir()
    (folder / "plugins" / "theirs.py").write_text(THEIRS)
    (folder / "user_variables.yml").write_text("stairlift_place: /\n")
    hop = {"folder": str(folder), "command": ["./openstack-ansible"], "directory": "."}
    return OpenstackAnsibleUpgradeStrategy({"folder": str(folder), "hops": {"2026.1": hop}})


def prepare(*hosts) -> Step:
    step = a_step(action="prepare", services=("nova-api",), hosts=hosts)
    object.__setattr__(step, "stage", "prepare")
    return step


def test_the_real_inventory_gives_the_containers_of_a_machine(strategy):
    step = a_step(services=("nova-api",), hosts=("infra1",))
    lines = [line for line in strategy.runbook(step) if "openstack.osa.nova" in line]
    assert "--limit infra1-nova-api-container-2 " in lines[0]


def test_a_step_runs_through_the_wrapper_with_both_callbacks_and_the_operators_variables(strategy, tmp_path):
    assignment = Assignment("r1", prepare("infra1"), 1, tmp_path)
    job = strategy.job(assignment)
    for name, text in job.files.items():
        (tmp_path / name).write_text(text)
    progress = tmp_path / "progress.jsonl"
    env = {**os.environ, **job.env, "STAIRLIFT_PROGRESS": str(progress)}
    done = subprocess.run(job.argv, cwd=job.cwd, env=env, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "their callback ran" in done.stdout
    assert "galera" not in done.stdout
    verdict = strategy.judge(assignment, Outcome(done.returncode, progress.read_text(), done.stdout))
    assert verdict.result == "done", verdict
    assert '"infra1-repo-container-1"' in progress.read_text()


def test_the_wrapper_says_its_own_version_and_ansible_its_own(strategy):
    versions = strategy.freeze().versions
    assert versions["openstack-ansible for 2026.1"] == "33.1.0"
    assert versions["ansible-core for 2026.1"].startswith("2.")
