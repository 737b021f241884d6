"""The contract of strategies, kept by the built-in ones and by one that another package might bring."""

import getpass
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from stairlift.model.errors import UsageError
from stairlift.model.plan import Step
from stairlift.model.work import Assignment, Capabilities, Frozen, Job, Outcome, Verdict
from stairlift.strategy.ansible import AnsibleUpgradeStrategy
from stairlift.strategy.command import CommandUpgradeStrategy
from stairlift.strategy.grenade import GrenadeUpgradeStrategy
from stairlift.strategy.haproxy import HaproxyUpgradeStrategy
from stairlift.strategy.kolla import KollaAnsibleUpgradeStrategy
from stairlift.strategy.neutron import NeutronUpgradeStrategy
from stairlift.strategy.nova import NovaUpgradeStrategy
from stairlift.strategy.openstack_ansible import OpenstackAnsibleUpgradeStrategy
from stairlift.strategy.packages import PackagesUpgradeStrategy
from stairlift.strategy.puppet import PuppetUpgradeStrategy
from stairlift.testing.strategy_contract import StrategyContract
from unit.strategy.kolla_stand_in import virtual_environment
from unit.strategy.osa_stand_in import wrapper
from unit.strategy.puppet_stand_in import summary
from unit.strategy.stand_in import stand_in

GRENADE = Path(__file__).parents[1] / "data" / "grenade" / "grenade"


def _script(folder: Path, name: str) -> str:
    script = folder / name
    script.write_text("#!/bin/sh\nexit 0\n")
    script.chmod(0o755)
    return f"./{name}"


class TestCommand(StrategyContract):
    strategy = CommandUpgradeStrategy

    def options(self, folder):
        return {"folder": str(folder), "argv": [_script(folder, "step"), "{action}", "{service}", "{host}", "{to}"]}


class TestCommandWithUndo(StrategyContract):
    strategy = CommandUpgradeStrategy

    def options(self, folder):
        undo = [_script(folder, "undo"), "{service}", "--host={host}"]
        argv = [_script(folder, "step"), "{service}@{host}", "{project}/{stage}/{step}/{run}/{from}"]
        return {"folder": str(folder), "argv": argv, "undo": undo, "concurrency": "batch", "repeatable": True}


class TestCommandOnTheHost(StrategyContract):
    strategy = CommandUpgradeStrategy

    def options(self, folder):
        (folder / "ssh_config").write_text("Host *\n")
        ssh = {"user": "ops", "port": 2222, "config": "ssh_config", "options": ["-J", "bastion"], "become": ["sudo"]}
        there = {"run_on": "host", "cwd": "/opt/upgrade", "ssh": ssh, "names": {"cmp9": "10.0.0.9"}}
        return {"folder": str(folder), "argv": ["./step", "{service}"], "undo": ["./undo", "{host}"], **there}


class TestNova(StrategyContract):
    strategy = NovaUpgradeStrategy

    def options(self, folder):
        return {"os_cloud": "lab", "masakari": True, "up_within": 60}

    def step(self, **changes):
        return super().step(**{"action": "cordon", **changes})


class TestHaproxy(StrategyContract):
    strategy = HaproxyUpgradeStrategy

    def options(self, folder):
        (folder / "ssh_config").write_text("Host *\n")
        sockets = ["ssh://root@lb1/run/haproxy.sock", "tcp://lb2:9999", "haproxy.sock"]
        servers = {"nova-api@ctl1": ["nova_api/one", "nova_metadata/one"], "keystone@ctl1": "keystone/one"}
        times = {"drain_within": 30, "overtime": "fail", "up_within": 60}
        there = {"ssh": {"config": "ssh_config"}, "names": {"ctl1": "10.0.0.1"}}
        return {"folder": str(folder), "socket": sockets, "servers": servers, **times, **there}

    def step(self, **changes):
        return super().step(**{"action": "drain", **changes})


class TestPuppetAgent(StrategyContract):
    strategy = PuppetUpgradeStrategy

    def options(self, folder):
        (folder / "ssh_config").write_text("Host *\n")
        commands = {"nova": {"db-expand": ["nova-manage api_db sync", "nova-manage db sync"]}}
        more = {"tags": ["{project}", "apt"], "package_tags": [], "units": {"nova-api": "apache2"}, "wait_for_lock": 60}
        ssh = {"config": "ssh_config", "become": ["sudo", "-n"]}
        settings = {"server": "puppet.example.com", "runtimeout": 7200, "report": True}
        base = {"folder": str(folder), "mode": "agent", "environment": "openstack_{to}", "command": ["puppet"]}
        return {**base, **more, "ssh": ssh, "names": {}, "settings": settings, "commands": commands}

    environment = "openstack_2026_1"

    def success(self, assignment: Assignment) -> Outcome:
        sections = {"begun": "1795373939", "summary": summary(1795373940, environment=self.environment)}
        notes = [
            {"kind": "act", "text": "puppet"},
            *({"kind": "section", "name": n, "text": t} for n, t in sections.items()),
        ]
        notes.append({"kind": "end", "returncode": 2})
        numbered = [{**note, "act": n, "host": h} for n, h in enumerate(assignment.step.hosts) for note in notes]
        return Outcome(0, "".join(json.dumps(note) + "\n" for note in numbered))


class TestPuppetApply(TestPuppetAgent):
    environment = "gazpacho"

    def options(self, folder):
        there = {"manifest": "/etc/up/site.pp", "modulepath": "/a:/b", "hiera_config": "/etc/up/hiera.yaml"}
        environment = {"2026.1": "gazpacho"}
        restart = ["service", "{unit}", "restart"]
        return {"folder": str(folder), "mode": "apply", "environment": environment, "restart": restart, **there}


class TestAnsible(StrategyContract):
    strategy = AnsibleUpgradeStrategy
    short = False

    def options(self, folder):
        (folder / "upgrade.yml").write_text("- hosts: all\n")
        return {"folder": str(folder), "command": [stand_in(folder)], "playbook": "upgrade.yml"}

    def success(self, assignment: Assignment) -> Outcome:
        names = [name.partition(".")[0] if self.short else name for name in assignment.step.hosts]
        numbers = {"ok": 3, "worked": 2, "changed": 1, "failures": 0, "unreachable": 0}
        return Outcome(0, json.dumps({"kind": "stats", "hosts": dict.fromkeys(names, numbers)}) + "\n")


class TestAnsibleWithEverything(TestAnsible):
    short = True

    def options(self, folder):
        (folder / "back.yml").write_text("- hosts: all\n")
        (folder / "hosts.ini").write_text("cmp1\n")
        (folder / "pw").write_text("hunter2\n")
        return {
            **super().options(folder),
            "undo_playbook": "back.yml",
            "inventory": ["hosts.ini", "extra.example.com,"],
            "tags": ["nova", "neutron"],
            "skip_tags": "slow",
            "extra_vars": {"window": {"from": "22:00"}, "notes": "two words"},
            "vault": ["--vault-id", "dev@pw", "--vault-password-file=pw"],
            "args": ["--diff"],
            "limit": "short",
            "names": {"cmp9": "compute-9"},
            "forks": 2,
            "directory": ".",
            "concurrency": "cloud",
        }


class TestGrenade(StrategyContract):
    """One node only: where the suite asks for other hosts, this strategy is asked for its own."""

    strategy = GrenadeUpgradeStrategy
    projects: ClassVar[list[str]] = ["keystone", "nova"]

    def options(self, folder):
        shutil.copytree(GRENADE, folder / "grenade", dirs_exist_ok=True)
        (folder / "stack").mkdir(exist_ok=True)
        return {
            "folder": str(folder),
            "grenade": "grenade",
            "stack_root": str(folder / "stack"),
            "host": "cmp1.example.com",
            "projects": self.projects,
            "plugins": ["nova https://example.org/nova master"],
        }

    def step(self, **changes):
        if changes.get("hosts") in (("cmp1", "cmp2.example.com"), ("other.example.com",)):
            changes = {**changes, "hosts": ("cmp1.example.com",)}
        return super().step(**{"stage": "control", **changes})

    def test_a_job_names_every_host_and_service(self, tmp_path):
        services = ("nova-compute", "neutron-l3-agent")
        job = self.build(tmp_path).job(self.assignment(services=services))
        assert all(name in job.files["task.json"] for name in ("cmp1.example.com", *services))

    def success(self, assignment: Assignment) -> Outcome:
        end = {"kind": "end", "returncode": 0, "phase": "closed", "missing": "", "cancelled": False}
        return Outcome(0, json.dumps(end) + "\n")


class TestGrenadeWithEverything(TestGrenade):
    projects: ClassVar[list[str]] = ["keystone", "nova", "heat"]

    def options(self, folder):
        (folder / "localrc").write_text("export http_proxy=\n")
        (folder / "pluginrc").write_text("enable_grenade_plugin heat https://example.org/heat\n")
        return {
            **super().options(folder),
            "base_release": "{from}",
            "target_release": "{to}",
            "base_devstack": str(folder / "stack" / "{from}" / "devstack"),
            "target_devstack": str(folder / "stack" / "{to}" / "devstack"),
            "base_branch": "stable/{from_name}",
            "target_branch": "stable/{to}",
            "external": True,
            "verify": True,
            "smoke": True,
            "tempest": True,
            "settings": {"FORCE_ONLINE_MIGRATIONS": "True"},
            "localrc": "localrc",
            "pluginrc": "pluginrc",
            "plugin_dir": "plugins",
            "free_gib": 20,
            "user": getpass.getuser(),
            "by": "project",
        }


class TestKollaAnsible(TestAnsible):
    strategy = KollaAnsibleUpgradeStrategy

    def options(self, folder):
        (folder / "multinode").write_text("[compute]\n")
        (folder / "etc").mkdir(exist_ok=True)
        command = virtual_environment(folder / "venv")
        hop = {"folder": str(folder), "command": [command], "inventory": "multinode", "config_dir": "etc"}
        options = {"folder": str(folder), "hops": {"2026.1": hop}, "limit": "host", "names": {"cmp9": "compute-9"}}
        return {**options, "tags": ["prometheus"]}


class TestOpenstackAnsible(TestAnsible):
    strategy = OpenstackAnsibleUpgradeStrategy

    def options(self, folder):
        metal = ["cmp1", "cmp1.example.com", "cmp2.example.com", "other.example.com", "compute-9"]
        known = dict.fromkeys(("all", "nova_compute", "neutron_openvswitch_agent", "neutron_l3_agent"), metal)
        hop = {"folder": str(folder), "command": [wrapper(folder / "bin", known=known)], "directory": "."}
        return {"folder": str(folder), "hops": {"2026.1": hop}, "limit": "host", "names": {"cmp9": "compute-9"}}


class TestNeutron(StrategyContract):
    strategy = NeutronUpgradeStrategy

    def options(self, folder):
        return {"folder": str(folder), "os_cloud": "lab", "routers": "move", "within": 60}

    def step(self, **changes):
        return super().step(**{"action": "drain", "stage": "network", **changes})


class TestPackages(TestAnsible):
    strategy = PackagesUpgradeStrategy

    def options(self, folder):
        return {
            "folder": str(folder),
            "command": [stand_in(folder)],
            "inventory": "localhost,",
            "source": "Types: deb\nURIs: https://example.com/{to}\nSuites: {codename}\n",
            "source_file": "openstack.sources",
            "pin": "release o={codename}",
            "hold": ["openvswitch-*"],
            "cells": ["/etc/nova/cell1.conf"],
            "become": False,
            "settle": 3,
            "concurrency": "batch",
        }


class SshUpgradeStrategy:
    """What a third party might write: a file, a class, an entry point."""

    name: ClassVar[str] = "ssh"

    def __init__(self, options: Mapping[str, Any]) -> None:
        unknown = set(options) - {"folder", "script"}
        if unknown:
            raise UsageError(code="strategy.option", brief=f"{unknown.pop()} is not an option")
        for key in ("folder", "script"):
            if not isinstance(options.get(key), str):
                raise UsageError(code="strategy.option", brief=f"{key} must be a text")
        self._folder, self._script = options["folder"], options["script"]

    def capabilities(self) -> Capabilities:
        return Capabilities(concurrency="host")

    def freeze(self) -> Frozen:
        return Frozen()

    def job(self, assignment: Assignment) -> Job:
        if assignment.undo:
            raise UsageError(code="ssh.undo", brief="there is no way back")
        return Job(argv=self._words(assignment.step), cwd=self._folder)

    def runbook(self, step: Step) -> tuple[str, ...]:
        return (" ".join(self._words(step)),)

    def judge(self, assignment: Assignment, outcome: Outcome) -> Verdict:
        return Verdict("done") if outcome.returncode == 0 else Verdict("failed", f"exit status {outcome.returncode}")

    def _words(self, step: Step) -> tuple[str, ...]:
        if not step.hosts or not all(host.replace(".", "").replace("-", "x").isalnum() for host in step.hosts):
            raise UsageError(code="ssh.host", brief="no host, or an odd one")
        if any(host.startswith("-") for host in step.hosts):
            raise UsageError(code="ssh.host", brief="a host that reads as an option")
        return ("pdsh", "-w", ",".join(step.hosts), self._script, ",".join(step.services))


class TestThirdParty(StrategyContract):
    strategy = SshUpgradeStrategy

    def options(self, folder):
        return {"folder": str(folder), "script": "upgrade-me"}


class Forgetful(SshUpgradeStrategy):
    """Breaks promises, to show that the suite notices."""

    def __init__(self, options):
        self._folder, self._script = str(options["folder"]), str(options["script"])
        self._jobs = 0

    def job(self, assignment):
        self._jobs += 1
        return Job(argv=("pdsh", "-w", ",".join(assignment.step.hosts), str(self._jobs), "{service}"), cwd="here")

    def judge(self, assignment, outcome):
        return Verdict("done")


class BrokenPromises(StrategyContract):
    strategy = Forgetful

    def options(self, folder):
        return {"folder": str(folder), "script": "x"}


@pytest.mark.parametrize(
    "promise",
    [
        "test_refuses_an_unknown_option_by_name",
        "test_refuses_options_of_a_wrong_type",
        "test_the_same_assignment_gives_the_same_job",
        "test_a_job_names_every_host_and_service",
        "test_a_job_is_complete",
        "test_a_step_without_hosts_is_refused",
        "test_a_host_that_reads_as_an_option_or_a_list_is_refused",
        "test_undo_is_given_exactly_where_it_is_declared",
        "test_failure_is_not_done_and_has_a_reason",
        "test_a_torn_report_is_judged",
    ],
)
def test_the_suite_notices_a_broken_promise(promise, tmp_path):
    with pytest.raises(AssertionError):
        getattr(BrokenPromises(), promise)(tmp_path)
