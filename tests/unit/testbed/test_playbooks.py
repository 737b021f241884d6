"""The upgrade playbook with real Ansible, on this machine, with a release that only writes down how it was called."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tb import programs, topology

from .conftest import TESTBED

PLAYBOOK = TESTBED / "ansible" / "upgrade.yml"
KNOWN = yaml.safe_load((TESTBED / "ansible" / "group_vars" / "all.yml").read_text())
COMMAND = """#!/bin/sh
echo "$(basename "$0") $*" >>{log}
case "$(grep -c . {log})" in {codes} esac
"""


class Play:
    """Runs the playbook against a host that is this machine."""

    def __init__(self, folder):
        self.folder, self.log = folder, folder / "calls"
        self.binaries = folder / "releases" / "2026.1" / "bin"
        self.binaries.mkdir(parents=True)
        (self.binaries / "python").touch()
        groups = "\n".join(
            f"[{name.replace('-', '_')}]\nhere" for name in programs.service_hosts() if name != "keystone"
        )
        (folder / "inventory.ini").write_text(
            f"[loadbalancer]\n[control]\nhere ansible_connection=local ansible_python_interpreter={sys.executable}\n"
            f"{groups}\n[all:vars]\nreleases_dir={folder}/releases\nprograms_dir={folder}/programs\n"
        )

    def command(self, name, *codes):
        """A program of the target release; its n-th call of the play ends with the n-th code, later ones with 0."""
        cases = " ".join(f"{number}) exit {code};;" for number, code in enumerate(codes, 1))
        path = self.binaries / name
        path.write_text(COMMAND.format(log=self.log, codes=cases))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def calls(self):
        return self.log.read_text().splitlines() if self.log.exists() else []

    def __call__(self, action, services, project=""):
        asked = {"action": action, "services": services, "hosts": "here", "project": project, "stage": "control"}
        asked |= {"from": "2025.1", "to": "2026.1"}
        extra = [word for name, value in asked.items() for word in ("-e", f"stairlift_{name}={value}")]
        tool = str(Path(sys.executable).with_name("ansible-playbook"))
        argv = [tool, "-i", str(self.folder / "inventory.ini"), str(PLAYBOOK), "--limit", "here", *extra]
        return subprocess.run(argv, check=False, capture_output=True, text=True, cwd=self.folder)


@pytest.fixture
def play(tmp_path):
    return Play(tmp_path)


def test_syntax():
    tool = Path(sys.executable).with_name("ansible-playbook")
    argv = [tool, "--syntax-check", PLAYBOOK, "-e", "stairlift_hosts=localhost"]
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr


@pytest.mark.parametrize(
    ("asked", "because"),
    [
        (("polish", "nova-api", "nova"), "no action polish"),
        (("upgrade", "nova-api,nova-cert"), "unknown among the services 'nova-api,nova-cert'"),
        (("upgrade", ""), "unknown among the services ''"),
        (("upgrade", "keystone"), "no keystone on here"),
        (("db-expand", "nova-api"), "no commands for the project ''"),
        (("db-migrate", "neutron-api", "neutron"), "no commands for the project 'neutron'"),
        (("unpin", "nova-compute", "nova"), "unpin is for nova-conductor"),
    ],
)
def test_what_the_playbook_does_not_know_fails_loudly(play, asked, because):
    done = play(*asked)
    assert done.returncode == 2
    assert because in done.stdout + done.stderr


def test_a_release_that_is_not_installed_fails_loudly(play):
    (play.binaries / "python").unlink()
    assert play("db-expand", "placement-api", "placement").returncode == 2
    assert play.calls() == []


def test_expansion_runs_the_commands_of_the_target_in_order(play):
    for name in ("nova-manage", "nova-status"):
        play.command(name, 0, 0, 1)
    assert play("db-expand", "nova-api", "nova").returncode == 0
    assert play.calls() == ["nova-manage api_db sync", "nova-manage db sync", "nova-status upgrade check"]


def test_a_failed_upgrade_check_stops(play):
    for name in ("nova-manage", "nova-status"):
        play.command(name, 0, 0, 2)
    assert play("db-expand", "nova-api", "nova").returncode == 2


def test_the_first_failed_command_ends_the_action(play):
    play.command("glance-manage", 1)
    assert play("db-expand", "glance-api", "glance").returncode == 2
    assert play.calls() == ["glance-manage db expand"]


def test_online_migrations_are_repeated_while_they_make_progress(play):
    play.command("nova-manage", 1, 1, 0)
    assert play("db-migrate", "nova-api", "nova").returncode == 0
    assert len(play.calls()) == 3


def test_online_migrations_that_fail_are_not_repeated(play):
    play.command("nova-manage", 1, 2)
    assert play("db-migrate", "nova-api", "nova").returncode == 2
    assert len(play.calls()) == 2


def test_contract_checks_its_own_work(play):
    play.command("keystone-manage", 0, 4)
    done = play("db-contract", "nova-api", "keystone")
    assert done.returncode == 2
    assert play.calls() == ["keystone-manage db_sync --contract", "keystone-manage db_sync --check"]


def test_the_playbook_knows_every_program_that_a_host_runs():
    assert {program for parts in KNOWN["services"].values() for program in parts} == set(programs.service_hosts())


def test_the_playbook_and_the_load_balancer_agree_about_the_apis():
    ours = {api.program: {"port": api.port, "health": api.health} for api in topology.APIS}
    assert KNOWN["apis"] == ours
