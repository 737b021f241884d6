"""AnsibleInventory with the real ansible-inventory on inventories of three deployers."""

import json
import os
import sys
import time
from functools import cache
from pathlib import Path

import pytest

from stairlift.inventory.ansible import AnsibleInventory
from stairlift.inventory.context import AnsibleSettings, SourceContext
from stairlift.model.errors import SourceTrouble, Trouble, UsageError
from stairlift.model.observation import Deployment

INVENTORIES = Path(__file__).parents[2] / "data" / "inventories"


@cache
def told(path):
    """The answer and the facts of one of the sample inventories."""
    source = AnsibleInventory(str(INVENTORIES / path))
    answer = source.fetch()
    deployment, *hosts = source.read(answer)
    return answer, deployment, {host.name: host for host in hosts}


def trouble_of(source):
    with pytest.raises(SourceTrouble) as caught:
        source.read(source.fetch())
    return caught.value


@pytest.mark.parametrize(
    ("path", "kind", "hosts"),
    [
        ("plain/hosts.yml", "plain", 7),
        ("kolla/multinode", "kolla-ansible", 10),
        ("osa/inventory.py", "openstack-ansible", 7),
    ],
)
def test_deployers_are_known_by_their_inventories(path, kind, hosts):
    _, deployment, found = told(path)
    assert deployment == Deployment(kind)
    assert len(found) == hosts


@pytest.mark.parametrize("path", ["plain/hosts.yml", "kolla/multinode", "osa/inventory.py"])
def test_nothing_secret_is_kept(path):
    answer, _, _ = told(path)
    text = json.dumps(answer.documents)
    assert "hunter" not in text
    assert "ANSIBLE_VAULT" not in text


@pytest.mark.parametrize(
    ("path", "strangers"),
    [("plain/hosts.yml", {"localhost", "monitor.example.net"}), ("kolla/multinode", {"localhost", "mon1"})],
)
def test_hosts_without_services_are_no_hosts_of_the_cloud(path, strangers):
    answer, _, found = told(path)
    assert strangers <= set(answer.documents["inventory"]["_meta"]["hostvars"]) | {
        host for group in answer.documents["inventory"].values() for host in group.get("hosts", ())
    }
    assert not strangers & set(found)


def test_plain():
    _, _, hosts = told("plain/hosts.yml")
    assert hosts["c2.example.net"].services == (
        "keystone",
        "neutron-server",
        "nova-api",
        "nova-conductor",
        "nova-scheduler",
    )
    gateway = hosts["g1.example.net"]
    assert gateway.services == ("neutron-dhcp-agent", "neutron-l3-agent", "neutron-openvswitch-agent")
    assert gateway.address == "192.0.2.41"
    assert {name: hosts[f"{name}.example.net"].zone for name in ("n1", "n2", "n3", "c1")} == {
        "n1": "az-a",
        "n2": "attic",
        "n3": "az-b",
        "c1": None,
    }
    assert hosts["n3.example.net"].address is None  # a template, which only a playbook could resolve


def test_kolla():
    _, _, hosts = told("kolla/multinode")
    assert "nova-compute" in hosts["cmp1"].services
    assert "compute" in hosts["cmp1"].groups
    assert (hosts["cmp1"].zone, hosts["cmp3"].zone, hosts["net1"].zone) == ("az1", "az2", None)
    assert {"nova-api", "nova-conductor", "nova-scheduler", "cinder-scheduler"} <= set(hosts["ctl1"].services)
    assert {"neutron-l3-agent", "neutron-dhcp-agent", "neutron-metadata-agent"} <= set(hosts["net1"].services)
    assert hosts["stor1"].services == ("cinder-volume",)
    assert hosts["net2"].address == "192.0.2.32"


def test_containers_live_on_their_machines():
    _, _, hosts = told("osa/inventory.py")
    api = hosts["infra1-nova-api-container-0a1b2c3d"]
    assert (api.node, api.address, api.services) == ("infra1", "192.0.2.111", ("nova-api", "nova-conductor"))
    assert hosts["compute1"].services == ("neutron-openvswitch-agent", "nova-compute")
    machine = hosts["infra1"]  # runs no service itself, and carries those that do
    assert (machine.node, machine.address, machine.services) == ("infra1", "192.0.2.11", ())


class TestTroubles:
    def test_no_host_at_all_is_no_empty_cloud(self):
        trouble = trouble_of(AnsibleInventory(str(INVENTORIES / "empty" / "hosts")))
        assert trouble.trouble is Trouble.EMPTY

    def test_hosts_without_any_service_are_none_either(self, tmp_path):
        (tmp_path / "hosts").write_text("[web]\nweb1\n[db]\ndb1\n")
        trouble = trouble_of(AnsibleInventory(str(tmp_path / "hosts")))
        assert trouble.trouble is Trouble.EMPTY
        assert "Its groups are: db, web" in trouble.details

    def test_a_missing_inventory_is_no_empty_one(self, tmp_path):
        assert trouble_of(AnsibleInventory(str(tmp_path / "nowhere"))).trouble is Trouble.MALFORMED

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("hosts.yml", "all:\n  hosts:\n    h1:\n      ansible_password: hunter2: x\n"),
            ("hosts", "[nova_compute]\nh1 ansible_password=a hunter2\n"),
        ],
    )
    def test_a_broken_inventory_says_where_and_quotes_nothing(self, tmp_path, name, content):
        (tmp_path / name).write_text(content)
        trouble = trouble_of(AnsibleInventory(str(tmp_path / name)))
        assert trouble.trouble is Trouble.MALFORMED
        assert str(tmp_path / name) in trouble.details
        assert "hunter2" not in trouble.brief + trouble.details

    def test_a_vaulted_file_needs_its_password_and_never_asks(self, tmp_path):
        vaulted = self.vaulted(tmp_path)
        started = time.monotonic()
        assert trouble_of(AnsibleInventory(str(vaulted))).trouble is Trouble.MALFORMED
        assert time.monotonic() - started < 30

    def test_vault_arguments_are_passed_through(self, tmp_path):
        vaulted = self.vaulted(tmp_path)
        settings = AnsibleSettings(arguments=("--vault-password-file", str(tmp_path / "password")))
        source = AnsibleInventory(str(vaulted), settings)
        assert len(source.read(source.fetch())) == 2

    @staticmethod
    def vaulted(folder):
        (folder / "password").write_text("not-a-real-secret\n")
        (folder / "group_vars").mkdir()
        secrets = folder / "group_vars" / "all.yml"
        secrets.write_text("api_token: hunter2\n")
        tool = Path(sys.executable).parent / "ansible-vault"
        assert os.spawnv(os.P_WAIT, tool, [tool, "encrypt", "--vault-password-file", folder / "password", secrets]) == 0
        (folder / "hosts").write_text("[nova_compute]\ncmp1\n")
        return folder / "hosts"

    def test_a_program_that_hangs_is_ended_with_all_its_children(self, tmp_path):
        marker = tmp_path / "marker"
        script = tmp_path / "hanging"
        script.write_text(f"#!/bin/sh\n(sleep 1.5; touch {marker}) &\nsleep 60\n")
        script.chmod(0o755)
        settings = AnsibleSettings(command=(str(script),), timeout=0.3)
        started = time.monotonic()
        assert trouble_of(AnsibleInventory("x", settings)).trouble is Trouble.TIMEOUT
        assert time.monotonic() - started < 5
        time.sleep(1.6)
        assert not marker.exists()

    @pytest.mark.parametrize("output", ["", "[]", '{"_meta": 5}', '{"all": {}}', '{"_meta": {"hostvars": {"h"'])
    def test_output_that_makes_no_sense_is_malformed(self, tmp_path, output):
        script = tmp_path / "talking"
        script.write_text(f"#!/bin/sh\necho noise >&2\ncat <<'END'\n{output}\nEND\n")
        script.chmod(0o755)
        trouble = trouble_of(AnsibleInventory("x", AnsibleSettings(command=(str(script),))))
        assert trouble.trouble is Trouble.MALFORMED

    def test_a_program_that_is_gone_is_unreachable(self):
        trouble = trouble_of(AnsibleInventory("x", AnsibleSettings(command=("no-such-ansible",))))
        assert trouble.trouble is Trouble.UNREACHABLE
        assert "no-such-ansible" in trouble.brief


class TestCalling:
    def test_runs_where_the_user_is(self, tmp_path, monkeypatch):
        """So the ansible.cfg beside them applies, as it would to their own command."""
        (tmp_path / "hosts").write_text("[nova_compute]\ncmp1\n")
        script = tmp_path / "where"
        script.write_text(
            f'#!/bin/sh\npwd > {tmp_path}/pwd\necho "$@" > {tmp_path}/argv\nexec ansible-inventory "$@"\n'
        )
        script.chmod(0o755)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        AnsibleInventory("hosts", AnsibleSettings(command=(str(script),), arguments=("--limit", "all"))).fetch()
        assert (tmp_path / "pwd").read_text().strip() == str(tmp_path)
        assert (tmp_path / "argv").read_text().split() == ["-i", "hosts", "--list", "--export", "--limit", "all"]

    def test_the_users_own_ansible_comes_before_ours(self, tmp_path, monkeypatch):
        own = tmp_path / "ansible-inventory"
        own.write_text('#!/bin/sh\necho \'{"_meta": {"hostvars": {}}, "nova_compute": {"hosts": ["theirs"]}}\'\n')
        own.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        source = AnsibleInventory("x")
        assert source.read(source.fetch())[1].name == "theirs"

    def test_without_one_on_path_the_one_beside_us_serves(self, monkeypatch, tmp_path):
        monkeypatch.setenv("PATH", str(tmp_path))
        source = AnsibleInventory.from_spec("localhost,", SourceContext(client=lambda: None))
        with pytest.raises(SourceTrouble, match="has 1 hosts and no group"):
            source.read(source.fetch())


class TestSpecs:
    def context(self, **changed):
        return SourceContext(client=lambda: None, **changed)

    def test_a_path_that_is_not_there_is_named(self):
        with pytest.raises(UsageError, match="/nowhere/hosts"):
            AnsibleInventory.from_spec("/nowhere/hosts", self.context())

    def test_a_path_is_needed(self):
        with pytest.raises(UsageError, match="path"):
            AnsibleInventory.from_spec("", self.context())

    def test_ansible_is_needed(self):
        with pytest.raises(UsageError, match="no-such-ansible was not found"):
            AnsibleInventory.from_spec("localhost,", self.context(ansible=AnsibleSettings(("no-such-ansible",))))

    def test_but_not_for_reading_a_recording(self):
        settings = AnsibleSettings(("no-such-ansible",))
        source = AnsibleInventory.from_spec("/nowhere/hosts", self.context(ansible=settings, live=False))
        assert source.name == "ansible:/nowhere/hosts"
