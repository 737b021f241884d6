"""What a review tells of playbooks and inventories, asked of the real ansible-core."""

import sys
from pathlib import Path

import pytest

from planning import codes, finding, seen
from stairlift.model.cloud import Cloud
from stairlift.strategy.ansible import AnsibleUpgradeStrategy, review
from stairlift.strategy.ansible.listing import Listed, complaint, read_listing
from stairlift.testing.clouds import a_cloud
from stairlift.testing.plans import a_step

ANSIBLE = str(Path(sys.executable).with_name("ansible-playbook"))
PLAYBOOK = """\
- hosts: all
  gather_facts: false
  tasks:
    - debug: {msg: "{{ stairlift_services }}"}
      tags: [nova]
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A playbook and an inventory of the cloud's hypervisors."""
    for name in [name for name in __import__("os").environ if name.startswith("ANSIBLE_")]:
        monkeypatch.delenv(name)
    (tmp_path / "ansible.cfg").write_text("[defaults]\n")
    (tmp_path / "up.yml").write_text(PLAYBOOK)
    (tmp_path / "hosts.ini").write_text(
        "[compute]\ncmp1\ncmp2\ncmp3\n[control]\nctl1\nctl2\nctl3\n[network]\nnet1\nnet2\n"
    )
    return tmp_path


def the_cloud() -> Cloud:
    return seen(a_cloud()).cloud


def strategy(folder, **options) -> AnsibleUpgradeStrategy:
    given = {"playbook": "up.yml", "inventory": "hosts.ini", "command": [ANSIBLE]} | options
    return AnsibleUpgradeStrategy({"folder": str(folder), **given})


def reviewed(folder, *hosts: str, **options):
    steps = [a_step(f"step@{host}", hosts=(host,)) for host in hosts or ("cmp1", "cmp2")]
    return strategy(folder, **options).review(steps, the_cloud())


def test_nothing_is_wrong(folder):
    assert [f for f in reviewed(folder) if f.severity != "warning"] == []


def test_ansible_is_asked_once_however_many_steps_there_are(folder, monkeypatch):
    asked = []
    real = review.list_playbooks
    monkeypatch.setattr(review, "list_playbooks", lambda *words: asked.append(words) or real(*words))
    reviewed(folder, *["cmp1", "cmp2", "cmp3"] * 20)
    assert len(asked) == 1


def test_a_role_that_does_not_exist(folder):
    (folder / "up.yml").write_text("- hosts: all\n  roles: [nova_upgrade]\n")
    found = finding(reviewed(folder), "ansible.playbook")
    assert found.severity == "error"
    assert "role 'nova_upgrade' was not found" in found.message
    assert f"{folder}/up.yml" in found.message


def test_a_playbook_that_is_no_yaml_and_none_of_its_lines_is_shown(folder):
    (folder / "up.yml").write_text("- hosts: all\n  vars:\n    password: hunter2\n   x: [\n")
    found = finding(reviewed(folder), "ansible.playbook")
    assert found.severity == "error"
    assert "hunter2" not in str(found)


def test_the_undo_playbook_is_looked_at_too(folder):
    (folder / "back.yml").write_text("- hosts: all\n  roles: [nova_back]\n")
    found = finding(reviewed(folder, undo_playbook="back.yml"), "ansible.playbook")
    assert found.subject == "back.yml"


def test_a_tag_that_no_task_has(folder):
    found = finding(reviewed(folder, tags=["nova", "neutron"]), "ansible.tag")
    assert (found.severity, found.subject) == ("error", "neutron")
    assert "nova" in found.resolution


def test_a_tag_that_may_come_with_an_include(folder):
    """What is included while it runs is in no listing."""
    (folder / "up.yml").write_text(PLAYBOOK + "    - include_tasks: more.yml\n      tags: [always]\n")
    assert finding(reviewed(folder, tags="neutron"), "ansible.tag").severity == "warning"


@pytest.mark.parametrize("tags", ["nova", "all", ["always"], "tagged,nova"])
def test_tags_that_there_are(folder, tags):
    assert "ansible.tag" not in codes(reviewed(folder, tags=tags))


def test_a_host_that_the_inventory_lacks(folder):
    found = finding(reviewed(folder, "cmp1", "cmp9.example.com"), "ansible.host")
    assert (found.severity, found.subject) == ("error", "up.yml")


def test_a_host_that_the_inventory_has_under_another_name(folder):
    assert "ansible.host" not in codes(reviewed(folder, "cmp1.example.com", limit="short"))
    assert "ansible.host" not in codes(reviewed(folder, "c-9", names={"c-9": "cmp1"}))


def test_an_inventory_that_is_empty(folder):
    """Ansible says so in a warning and leaves with 0."""
    (folder / "hosts.ini").write_text("")
    assert "is empty" in finding(reviewed(folder), "ansible.host").message


def test_an_inventory_that_names_strangers(folder):
    (folder / "hosts.ini").write_text((folder / "hosts.ini").read_text() + "[other]\nweb1\nlocalhost\n")
    found = finding(reviewed(folder), "ansible.stranger")
    assert found.severity == "warning"
    assert "names web1, which" in found.message


def test_a_host_that_no_play_is_for(folder):
    (folder / "up.yml").write_text(PLAYBOOK.replace("hosts: all", "hosts: compute"))
    found = finding(reviewed(folder, "cmp1", "ctl1"), "ansible.no_play")
    assert (found.severity, "for ctl1:" in found.message) == ("error", True)


def test_a_play_whose_group_is_made_while_it_runs(folder):
    (folder / "up.yml").write_text(PLAYBOOK.replace("hosts: all", "hosts: made_by_group_by"))
    assert finding(reviewed(folder), "ansible.no_play").severity == "warning"


def test_a_play_for_whomever_the_step_names(folder):
    (folder / "up.yml").write_text(PLAYBOOK.replace("hosts: all", "hosts: '{{ stairlift_hosts }}'"))
    assert "ansible.no_play" not in codes(reviewed(folder, "cmp1", "ctl1"))


def test_check_mode_that_is_to_change_something(folder):
    assert finding(reviewed(folder, check=True), "ansible.check_mode").severity == "error"


def test_an_ansible_that_takes_too_long(folder, monkeypatch):
    slow = folder / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr("stairlift.strategy.ansible.listing.PATIENCE", 0.2)
    assert "longer than 0.2 s" in finding(reviewed(folder, command=[str(slow)]), "ansible.playbook").message


OLD = """\
ERROR! the role 'nope' was not found in /a:/b

The error appears to be in '/a/up.yml': line 3, column 15, but may
be elsewhere in the file depending on the exact syntax problem.

The offending line appears to be:

  password: hunter2
"""


def test_the_words_of_an_older_ansible():
    assert complaint(1, OLD) == "the role 'nope' was not found in /a:/b ('/a/up.yml': line 3, column 15)"


def test_words_that_nobody_knows_are_not_repeated():
    assert complaint(250, "Traceback: hunter2") == "it ended with exit status 250"


LISTING = """
playbook: up.yml

  play #1 (compute): name: with [brackets]\tTAGS: [play]
    pattern: ['compute']
    hosts (2):
      cmp2
      cmp1
      TASK TAGS: [always, inner]

  play #2 (nobody): nobody\tTAGS: []
    pattern: ['nobody']
    hosts (0):
      TASK TAGS: []

playbook: everybody.yml

  play #1 (all): all\tTAGS: []
    pattern: ['all']
    hosts (1):
      ctl1
      TASK TAGS: []
"""


def test_a_listing_is_read():
    first, second = read_listing(LISTING)
    assert first == Listed(frozenset({"cmp1", "cmp2"}), frozenset({"play", "always", "inner"}), True)
    assert second == Listed(frozenset({"ctl1"}), frozenset(), False)
