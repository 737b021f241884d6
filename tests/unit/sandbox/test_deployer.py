"""The files of the sandbox's deployer."""

from stairlift.sandbox.deployer import inventory_text, write_deployer
from stairlift.sandbox.scenario_file import load


def test_every_program_has_a_group_with_its_hosts():
    lines = inventory_text(load("demo"), "http://127.0.0.1:1", "/usr/bin/python3").split("\n\n")
    groups = {section.splitlines()[0]: section.splitlines()[1:] for section in lines[1:]}
    assert groups["[nova-api]"] == ["ctl1", "ctl2", "ctl3"]
    assert groups["[neutron-server]"] == ["ctl1", "ctl2", "ctl3"]
    assert groups["[neutron-openvswitch-agent]"] == ["net1", "net2", *(f"cmp{n}" for n in range(1, 7))]
    assert "sandbox_url=http://127.0.0.1:1" in groups["[all:vars]"]
    assert "ansible_python_interpreter=/usr/bin/python3" in groups["[all:vars]"]


def test_the_inventory_knows_hosts_by_its_own_names_and_not_all_of_them(tmp_path):
    text = write_deployer(tmp_path / "new" / "folder", load("sick"), "http://127.0.0.1:1").inventory.read_text("utf-8")
    assert "cmp7" in text
    assert "cmp6" not in text
    named = load("ovn")
    assert "sandbox_host" not in inventory_text(named, "http://127.0.0.1:1")
