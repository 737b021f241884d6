"""What the playbook for packages is told, and what its modules read on a host. tests/real/test_packages.py runs it."""

import dataclasses
import json
import os
import shlex
import subprocess
import time

import pytest

from deployers import osa_cloud
from planning import planned, policy, upgrades
from stairlift.knowledge.packages import system_packages
from stairlift.model.errors import Refusal, UsageError
from stairlift.model.plan import Binding
from stairlift.strategy.ansible import AnsibleUpgradeStrategy
from stairlift.strategy.packages import PackagesUpgradeStrategy
from stairlift.strategy.packages.playbook.library import stairlift_packages, stairlift_units
from stairlift.strategy.packages.work import TASKS, commands
from stairlift.testing.clouds import CloudBuilder
from stairlift.testing.strategy_contract import a_step, an_assignment
from unit.strategy.stand_in import stand_in

DEB822 = "Types: deb\nURIs: http://archive.example.com/{to}\nSuites: noble-updates/{codename}\nComponents: main\n"


def built(folder, **options):
    return PackagesUpgradeStrategy({"folder": str(folder), "command": [stand_in(folder)], **options})


def told(strategy, step):
    """What the playbook is told, by its last word."""
    return json.loads(strategy.job(an_assignment(step)).argv[-1])


def run_lines(step, cells=()):
    return [" ".join(command["argv"]) for command in commands(step, cells)]


EXPAND = a_step(action="db-expand", services=("nova-conductor",), project="nova")


class TestTold:
    def test_services_in_the_order_of_the_step_with_their_packages_and_versions(self, tmp_path):
        rows = told(built(tmp_path), a_step())["packages_services"]
        assert [row["name"] for row in rows] == ["neutron-openvswitch-agent", "nova-compute"]
        assert rows[1] == {
            "name": "nova-compute",
            "packages": ["nova-compute"],
            "units": ["nova-compute"],
            "otherwise": [],
            "versions": [[33, 0], [34, 0]],
        }

    def test_the_source_of_the_target(self, tmp_path):
        apt = told(built(tmp_path, source=DEB822, pin="release n={codename}"), a_step())["packages_apt"]
        assert apt["file"] == "stairlift-openstack.sources"
        assert "URIs: http://archive.example.com/2026.1\nSuites: noble-updates/gazpacho\n" in apt["source"]
        assert apt["pin"] == "release n=gazpacho"

    def test_no_source_where_the_operator_switches(self, tmp_path):
        assert told(built(tmp_path), a_step())["packages_apt"]["source"] == ""

    def test_root_unless_the_operator_says_otherwise(self, tmp_path):
        assert told(built(tmp_path), a_step())["packages_become"] is True
        assert told(built(tmp_path, become=False), a_step())["packages_become"] is False

    def test_the_runbook_is_the_same_command(self, tmp_path):
        strategy = built(tmp_path)
        [line] = strategy.runbook(a_step())
        assert shlex.split(line)[-len(strategy.job(an_assignment()).argv) :] == list(strategy.job(an_assignment()).argv)

    def test_a_node_takes_its_other_services_along(self, tmp_path):
        assert built(tmp_path).capabilities().manner.whole_node

    def test_every_file_of_tasks_is_there(self, tmp_path):
        files = built(tmp_path).freeze().files
        for tasks in {
            told(built(tmp_path), dataclasses.replace(EXPAND, action=a))["packages_tasks"]
            for a in ("prepare", "drain", "upgrade", "unpin", "verify", "db-expand")
        }:
            assert any(file.endswith(f"playbook/tasks/{tasks}.yml") for file in files)
        assert set(TASKS.values()) == {"prepare", "drain", "upgrade", "unpin", "verify", "database"}


class TestCommands:
    def test_nova_is_checked_after_its_expansion(self):
        *first, cells, last = run_lines(EXPAND)
        assert first == ["nova-manage api_db sync", "nova-manage db sync"]
        assert cells.startswith("sh -c test ")
        assert last == "nova-status upgrade check"

    def test_further_cells_by_their_own_configuration(self):
        assert "nova-manage --config-file /etc/nova/cell1.conf db sync --local_cell" in run_lines(
            EXPAND, ["/etc/nova/cell1.conf"]
        )

    def test_keystone_is_checked_before(self):
        step = dataclasses.replace(EXPAND, project="keystone", services=("keystone",))
        check, expand, gate = commands(step, ())
        assert " ".join(check["argv"]) == "keystone-status upgrade check"
        assert " ".join(expand["argv"]) == "keystone-manage db_sync --expand"
        assert (" ".join(gate["argv"]), gate["ok"]) == ("keystone-manage db_sync --check", [0, 4])

    def test_a_contraction_leaves_nothing_pending(self):
        step = dataclasses.replace(EXPAND, project="keystone", services=("keystone",), action="db-contract")
        assert commands(step, ())[-1]["ok"] == [0]

    def test_neutron_contracts_with_its_expansion_where_it_must_stand_still(self):
        step = dataclasses.replace(EXPAND, project="neutron", services=("neutron-server",), action="db-contract")
        early = [line.split()[-1] for line in run_lines(dataclasses.replace(step, stage="control"))]
        assert early == ["check", "--expand", "--contract", "has_offline_migrations"]
        assert [line.split()[-1] for line in run_lines(dataclasses.replace(step, stage="finish"))] == ["--contract"]

    @pytest.mark.parametrize(("listed", "further", "code"), [(2, 0, 0), (3, 0, 1), (3, 1, 0), (0, 0, 0)])
    def test_a_cell_that_nobody_named_stops_the_expansion(self, tmp_path, listed, further, code):
        rows = "".join(f"| cell{n} | 0afcdd3e-c66b-40c0-817c-febe42a0388{n} | rabbit:// |\n" for n in range(listed))
        program = tmp_path / "nova-manage"
        program.write_text(f"#!/bin/sh\nprintf '{rows}'\n")
        program.chmod(0o755)
        argv = commands(EXPAND, [f"/etc/nova/cell{n}.conf" for n in range(further)])[-2]["argv"]
        path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
        assert subprocess.run(argv, env=path, check=False).returncode == code

    def test_neutron_gets_its_configuration(self):
        step = dataclasses.replace(EXPAND, project="neutron", services=("neutron-server",))
        assert run_lines(step)[1].startswith("neutron-db-manage --config-file=/etc/neutron/neutron.conf --config-file=")

    def test_exit_codes_are_data(self):
        migrate = dataclasses.replace(EXPAND, action="db-migrate")
        [command] = commands(migrate, ())
        assert (command["ok"], command["again"], command["user"]) == ([0], [1], "nova")
        check = commands(EXPAND, ())[-1]
        assert check["ok"] == [0, 1], "a warning goes on, its words are in the log"

    def test_a_project_without_such_commands_is_refused(self):
        with pytest.raises(Refusal, match="no commands are known for db-contract of nova"):
            commands(dataclasses.replace(EXPAND, action="db-contract"), ())


class TestOptions:
    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"source": "deb http://x {release} main"}, "unknown placeholder {release}"),
            ({"source": "deb http://x {to} main", "source_file": "x.sources"}, "must end in .list"),
            ({"source_file": "../x.list"}, "source_file must be a file name"),
            ({"source": "deb http://x/?token=geheim {to}"}, "looks like a secret"),
            ({"source": "deb https://me:geheim@apt.example.com {to} main"}, "holds a URL with a password"),
            ({"settle": 0}, "settle must be a whole number"),
            ({"become": "yes"}, "become must be true or false"),
            ({"playbook": "mine.yml"}, "playbook is not an option"),
            ({"concurrency": "many"}, "concurrency must be one of"),
        ],
    )
    def test_what_is_wrong_is_named(self, tmp_path, options, said):
        with pytest.raises(UsageError) as refused:
            built(tmp_path, **options)
        assert said in refused.value.brief


class TestReview:
    @pytest.fixture(autouse=True)
    def _silent_ansible(self, monkeypatch):
        """What Ansible says of its inventory is its strategy's matter and test."""
        monkeypatch.setattr("stairlift.strategy.ansible.review.review", lambda *_: ())

    def test_steps_that_are_no_matter_of_packages(self, tmp_path):
        steps = (a_step(), a_step(action="backup"), a_step(services=("ovn-controller",)))
        found = built(tmp_path).review(steps, osa_cloud().cloud)
        assert [f.code for f in found] == ["strategy.action", "strategy.no-package"]

    def test_an_order_that_shared_libraries_cannot_keep(self, tmp_path):
        one = dataclasses.replace(a_step(services=("nova-api",)), stage="control")
        two = dataclasses.replace(a_step(services=("nova-conductor",)), stage="control")
        [finding] = built(tmp_path).review((one, two), osa_cloud().cloud)
        assert (finding.code, finding.subject) == ("packages.scattered", "cmp1.example.com")
        assert built(tmp_path).review((one,), osa_cloud().cloud) == ()


class TestModules:
    def test_what_of_a_host_belongs_to_openstack(self):
        rows = (
            "nova-compute\t3:31.0.0-1\tnova\tii \n"
            "python3-oslo.log\t6.0-1\tpython-oslo.log\tii \n"
            "nova-api\t3:30.0.0-1\tnova\trc \n"
            "nova-doc\t3:31.0.0-1\tnova\thi \n"
            "bash\t5.2\tbash\tii \n"
        )
        found = stairlift_packages.installed(rows, ["nova"], ["python3-oslo*"])
        assert [row["name"] for row in found] == ["nova-compute", "python3-oslo.log", "nova-doc"]

    def test_what_apt_would_do(self):
        said = (
            "Remv nova-consoleauth [2:18.0.0-1]\n"
            "Inst python3-nova [3:31.0.0-1] (3:33.0.0-1 local:x [all]) []\n"
            "Inst python3-new (1.0-1 local:x [all])\n"
            "Conf python3-nova (3:33.0.0-1 local:x [all])\n"
        )
        assert stairlift_packages.transaction(said) == {
            "install": {"python3-nova": "3:33.0.0-1", "python3-new": "1.0-1"},
            "remove": ["nova-consoleauth"],
        }

    def test_what_is_held_by_a_glob(self):
        names = ["libvirt0", "libvirt-daemon", "qemu-system", "nova-compute"]
        assert stairlift_packages.held(names, ["libvirt?", "qemu-*", "[m-o]ova-*"]) == [
            "libvirt0",
            "qemu-system",
            "nova-compute",
        ]
        assert stairlift_packages.held(names, []) == []

    def test_what_is_the_systems_stays_unless_it_is_named(self):
        would = ["python3-nova", "python3-libvirt", "linux-image-6.8.0-31-generic", "libvirt0", "libvirt-daemon"]
        would += ["qemu-system-x86", "openvswitch-switch", "python3-openvswitch", "systemd", "python3-systemd"]
        system = list(system_packages())
        given = {"hold": [], "system": system, "along": []}
        kept = ["libvirt-daemon", "libvirt0", "linux-image-6.8.0-31-generic", "openvswitch-switch", "qemu-system-x86"]
        assert stairlift_packages.kept(would, given) == [*kept, "systemd"]
        some = stairlift_packages.kept(would, given | {"along": ["libvirt*", "qemu-*"]})
        assert some == ["linux-image-6.8.0-31-generic", "openvswitch-switch", "systemd"]
        both = stairlift_packages.kept(would, given | {"hold": ["libvirt0"], "along": ["libvirt*", "qemu-*"]})
        assert "libvirt0" in both, "what somebody holds counts more"

    def test_when_a_package_was_unpacked(self, tmp_path):
        (tmp_path / "nova-compute.list").touch()
        (tmp_path / "libx:amd64.list").touch()
        os.utime(tmp_path / "libx:amd64.list", (5, 5))
        assert stairlift_packages.unpacked_at("libx", tmp_path) == 5
        assert stairlift_packages.unpacked_at("nova-compute", tmp_path) > 5
        assert stairlift_packages.unpacked_at("nova", tmp_path) == 0

    def test_when_a_process_started(self):
        assert abs(stairlift_units.started_at(os.getpid()) - time.time()) < 3600
        assert stairlift_units.started_at(os.getpid()) < time.time()
        assert stairlift_units.started_at(2**22 + 1) == 0

    @pytest.mark.parametrize(
        ("running", "active", "since", "stale"),
        [
            (False, True, 1, True),
            (True, False, 0, True),
            (True, True, 0, False),
            (True, True, 2e12, True),
        ],
    )
    def test_what_is_stale(self, running, active, since, stale):
        pid = os.getpid() if running else 0
        assert stairlift_units.state("nova-compute", pid, active, since)["stale"] is stale

    def test_another_process_means_that_the_first_one_died(self):
        first = {"pid": 7, "stale": False}
        assert stairlift_units.since_then(first, {"pid": 7, "stale": False})["stale"] is False
        assert stairlift_units.since_then(first, {"pid": 8, "stale": False})["stale"] is True

    def test_properties_of_a_unit(self):
        assert stairlift_units.properties("MainPID=7\nActiveState=active\n") == {
            "MainPID": "7",
            "ActiveState": "active",
        }


def test_without_ansible_it_says_what_it_lacks(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert PackagesUpgradeStrategy.lacking() == AnsibleUpgradeStrategy.lacking() != ()


def test_a_node_that_is_both_is_one_step_of_the_plan(tmp_path):
    """Its packages share libraries, so what a control step installs is nova-compute's code as well."""
    able = built(tmp_path).capabilities()
    taker = Binding("packages-1", "packages", {}, {}, able.concurrency, manner=able.manner)
    cloud = (
        CloudBuilder()
        .serving("compute")
        .reporting("one", "nova-conductor", "nova-scheduler")
        .compute("one")
        .compute("two")
    )
    steps = upgrades(planned(cloud, bindings=(taker,), policy=policy(order="node")))
    assert [(step.hosts, "nova-compute" in step.services) for step in steps] == [(("one",), True), (("two",), True)]
    assert steps[0].services[:2] == ("nova-conductor", "nova-scheduler")
