"""`stairlift check`: everything that is wrong, in one go, with file and line; and nothing is changed by it."""

import sys
from pathlib import Path

import pytest

from operating import STEP
from stairlift.model.errors import Refusal

BAD = """\
# four entries, four different faults
[[strategy]]
match = { project = "nova" }
use = "no-such"

[[strategy]]
match = { project = "cinder" }
use = "command"
argv = ["./step", "{host}"]

[[strategy]]
match = { service = "nova-compute" }
use = "command"
argv = ["./missing", "{host}"]

[[strategy]]
match = {}
use = "command"
argv = ["./step", "{hots}"]
"""


ANSIBLE = """\
[[strategy]]
use = "ansible"
command = ["{command}"]
playbook = "up.yml"
inventory = "hosts.ini"
tags = "nova"
"""


def codes(document) -> list[str]:
    return [f["code"] for f in document["findings"]]


@pytest.fixture
def mistaken(operator):
    operator.write("stairlift.toml", BAD)
    operator.write("step", STEP).chmod(0o755)
    return operator


def test_nothing_is_wrong(operator):
    answer = operator.types("check", "--to", "2025.2", "--from", "2025.1", "-o", "json")
    assert answer.code == 0, answer.err
    document = answer.document
    assert (document["schema"], document["cloud"], document["to"]) == ("stairlift.check/1", "sandbox", "2025.2")
    (entry,) = document["strategies"]
    assert (entry["use"], entry["usable"]) == ("command", True)
    assert entry["steps"] == len(operator.plans()["steps"])
    assert operator.types("check").code == 0


def test_all_that_is_wrong_is_told_in_one_go_with_its_line(mistaken):
    answer = mistaken.types("check", "--to", "2025.2", "--from", "2025.1", "-o", "json")
    assert answer.code == 4
    assert "[check.refused]" in answer.err
    told = {f["code"]: f["message"] for f in answer.document["findings"] if "[[strategy]]" in f["message"]}
    file = mistaken.folder / "stairlift.toml"
    assert {code: message.partition(" ")[0] for code, message in told.items()} == {
        "strategy.unknown": f"{file}:2:",
        "strategy.unused": f"{file}:6:",
        "strategy.program": f"{file}:11:",
        "strategy.option": f"{file}:16:",
    }
    assert [e["usable"] for e in answer.document["strategies"]] == [False, True, False, False]


def test_the_same_without_a_target(mistaken):
    answer = mistaken.types("check", "-o", "json")
    assert answer.code == 4
    assert {"strategy.unknown", "strategy.unused", "strategy.program", "strategy.option"} <= set(codes(answer.document))
    assert answer.document["to"] is None


def test_for_people_it_is_one_table(mistaken):
    answer = mistaken.types("check")
    head, *rows = answer.out.splitlines()
    assert head.split() == ["SEVERITY", "CODE", "SUBJECT", "STATE", "WHAT,", "AND", "WHAT", "TO", "DO"]
    order = ["error", "warning", "info", "-"]
    assert [row.split()[0] for row in rows] == sorted((row.split()[0] for row in rows), key=order.index)
    assert any("stairlift.toml:2: [[strategy]] number 1: there is no strategy 'no-such'" in row for row in rows)
    assert "3 errors" in answer.err


def test_a_way_that_cannot_be_gone_is_a_finding_among_the_others(mistaken):
    answer = mistaken.types("check", "--to", "2027.1", "--from", "2019.1", "-o", "json")
    assert answer.code == 4
    assert "strategy.unknown" in codes(answer.document)


@pytest.mark.parametrize("words", [("--from", "2025.1"), ("--waive", "source.denied")])
def test_what_belongs_to_a_way_is_refused_without_one(operator, words):
    answer = operator.types("check", *words)
    assert answer.code == 2
    assert "--to" in answer.err


def test_findings_of_the_cloud(cloud, operator):
    cloud.fault("http", path="/os-services", status=503)
    document = operator.types("check", "-o", "json").document
    assert "source.server-error" in codes(document)


def test_the_plugin_that_raises(operator, monkeypatch):
    operator.write("stairlift.toml", '[[strategy]]\nuse = "command"\nargv = ["./step"]\n')
    monkeypatch.setattr("stairlift.strategy.command.CommandUpgradeStrategy.freeze", lambda _: 1 / 0)
    answer = operator.types("check", "-o", "json")
    assert answer.code == 4
    (found,) = [f for f in answer.document["findings"] if f["code"] == "strategy.broken"]
    assert (
        "stairlift.toml:1: [[strategy]] number 1: the strategy 'command' of stairlift does not work" in found["message"]
    )


def test_a_strategy_that_refuses_in_its_own_words_hides_none_of_the_others(mistaken, monkeypatch):
    def refused(_):
        raise Refusal(code="their.own", brief="closed on Fridays")

    monkeypatch.setattr("stairlift.strategy.command.CommandUpgradeStrategy.freeze", refused)
    answer = mistaken.types("check", "-o", "json")
    assert answer.code == 4
    assert {"their.own", "strategy.unknown"} <= set(codes(answer.document))


def test_ansible_and_its_inventory(operator):
    ansible = Path(sys.executable).with_name("ansible-playbook")
    operator.write("stairlift.toml", ANSIBLE.format(command=ansible))
    operator.write("up.yml", "- hosts: all\n  tasks:\n    - debug: {msg: x}\n      tags: [cinder]\n")
    operator.write("hosts.ini", "ctl1\ncmp1\nweb7\n")
    words = ("check", "--to", "2025.2", "--from", "2025.1", "-o", "json")
    answer = operator.types(*words)
    assert answer.code == 4
    told = {f["code"]: f["severity"] for f in answer.document["findings"] if f["code"].startswith("ansible.")}
    assert told == {"ansible.tag": "error", "ansible.host": "error", "ansible.stranger": "warning"}
    operator.write("up.yml", "- hosts: all\n  roles: [missing]\n")
    assert "ansible.playbook" in codes(operator.types(*words).document)


def test_it_leaves_no_trace(operator):
    before = sorted(path.name for path in operator.folder.iterdir())
    operator.types("check", "--to", "2025.2", "--from", "2025.1")
    assert sorted(path.name for path in operator.folder.iterdir()) == before
    assert operator.calls == []


def test_a_silent_cloud_does_not_hide_what_is_wrong_with_the_entries(mistaken):
    file = mistaken.folder / "clouds.yaml"
    text = file.read_text()
    port = text.partition("127.0.0.1:")[2].split("/")[0].split()[0].strip("'\"")
    file.write_text(text.replace(port, "1"))
    answer = mistaken.types("check")
    assert answer.code == 1, answer.err
    assert "[sources.silent]" in answer.err
    assert "no-such" in answer.out


@pytest.mark.parametrize("words", [["--to", "nowhere"], ["--inventory", "nowhere"]])
def test_wrong_words(operator, words):
    assert operator.types("check", *words).code == 2
