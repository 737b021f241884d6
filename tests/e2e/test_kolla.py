"""What kolla-ansible's configuration switches off, asked of the real ansible-playbook.

The playbooks and defaults have the package's shape; tests/real/test_kolla.py asks the same of the package itself.
"""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from stairlift.strategy.kolla import KollaAnsibleUpgradeStrategy
from stairlift.testing.plans import a_step
from unit.strategy.kolla_stand_in import virtual_environment

SITE = """
- hosts: [iscsid, tgtd, "&enable_iscsid_True"]
  tags: iscsi
- hosts: [etcd, "&enable_etcd_True"]
  tags: etcd
- hosts: [openvswitch, "&enable_openvswitch_True_enable_ovs_dpdk_False"]
  tags: openvswitch
"""
DEFAULTS = """
enable_cinder: "no"
enable_neutron: true
enable_iscsid: "{{ enable_cinder | bool and enable_cinder_backend_iscsi | bool }}"
enable_cinder_backend_iscsi: "yes"
enable_etcd: false
enable_openvswitch: "{{ enable_neutron | bool }}"
"""
PARTS = ("iscsid", "tgtd", "etcd", "openvswitch")


@pytest.fixture
def strategy(tmp_path):
    programs, share = tmp_path / "venv" / "bin", tmp_path / "venv" / "share" / "kolla-ansible" / "ansible"
    (share / "group_vars" / "all").mkdir(parents=True)
    (share / "site.yml").write_text(SITE)
    (share / "group_vars" / "all" / "common.yml").write_text(DEFAULTS)
    programs.mkdir()
    (programs / "kolla-ansible").write_text("#!/bin/sh\necho kolla-ansible 22.2.0\n")
    (programs / "kolla-ansible").chmod(0o755)
    (programs / "ansible-playbook").symlink_to(shutil.which("ansible-playbook", path=Path(sys.executable).parent))
    (tmp_path / "globals.yml").write_text("workaround_ansible_issue_8743: yes\n")
    (tmp_path / "globals.d").mkdir()
    (tmp_path / "multinode").write_text("[etcd]\nctl1\n")
    hop = {
        "folder": str(tmp_path),
        "command": [str(programs / "kolla-ansible")],
        "inventory": "multinode",
        "config_dir": ".",
    }
    return lambda **more: KollaAnsibleUpgradeStrategy({"folder": str(tmp_path), "hops": {"2026.1": {**hop, **more}}})


def steps():
    bare = a_step("s", action="upgrade", hosts=("ctl1",), services=PARTS)
    return [replace(bare, stage="infra", project="infra")]


def off(strategy):
    return [f.message.partition("has ")[2].partition(" switched")[0] for f in strategy.review(steps(), None)]


def test_defaults_count(strategy):
    assert off(strategy()) == ["iscsid, tgtd, etcd"]


def test_globals_count_before_defaults_and_arguments_before_globals(strategy, tmp_path):
    (tmp_path / "globals.yml").write_text("enable_cinder: yes\n")
    (tmp_path / "globals.d" / "more.yml").write_text('enable_neutron: "no"\n')
    assert off(strategy()) == ["etcd, openvswitch"]
    assert off(strategy(args=["-e", "enable_etcd=yes"])) == ["openvswitch"]


def test_what_cannot_be_asked_forbids_nothing(strategy, tmp_path):
    (tmp_path / "globals.yml").write_text("$ANSIBLE_VAULT;1.1;AES256\n6162\n")
    assert off(strategy()) == []


# What `prepare` found is told where the plan is approved

#: Tells what the callback would: every host of the limit has worked. The playbooks run in tests/real/test_kolla.py.
DEPLOYER = """\
#!/bin/sh
[ "$1" = --version ] && { echo kolla-ansible 21.3.0; exit; }
while [ $# -gt 0 ]; do
  case "$1" in --limit) limit=$2 ;; */difference.yml) compared=yes ;; esac
  shift
done
[ "$compared" ] && printf 'nova-api: 2 lines\\n\\n==== nova-api\\n' >"$STAIRLIFT_FOLDER/configuration.diff"
numbers='{"ok": 9, "worked": 5, "changed": 1, "failures": 0, "unreachable": 0}'
echo "{\\"kind\\": \\"stats\\", \\"hosts\\": {$(echo "$limit" | sed "s/[^,][^,]*/\\"&\\": $numbers/g")}}" >>"$STAIRLIFT_PROGRESS"
"""
TOML = """\
[[hop]]
to = "2025.2"
command = ["venv/bin/kolla-ansible"]
inventory = "multinode"
config_dir = "."

[[strategy]]
match = { stage = "prepare" }
use = "kolla-ansible"
"""


def test_what_would_change_by_service_is_told_where_the_plan_is_approved(operator):
    known = {"all": ["ctl1", "cmp1", "cmp2"], "compute": ["cmp1", "cmp2"]}
    command = Path(virtual_environment(operator.folder / "venv", "2025.2", groups=known))
    command.write_text(DEPLOYER)
    operator.write("multinode", "[compute]\ncmp1\n")
    operator.write("globals.yml", "workaround_ansible_issue_8743: yes\n")
    toml = (operator.folder / "stairlift.toml").read_text()
    operator.write("stairlift.toml", TOML + toml)
    operator.plans()
    answer = operator.types("run", "plan.json", "--stage", "prepare")
    assert answer.code == 6, answer.err
    found = operator.status()["found"]
    assert {"images are there; in the configuration would change: nova-api: 2 lines"} == {f["reason"] for f in found}
    assert all(Path(f["facts"]["configuration"]).is_file() for f in found)
    told = operator.types("status").out
    assert f"would change: nova-api: 2 lines; configuration: {found[0]['facts']['configuration']}\n" in told
