"""The stage `infra` as an operator meets it: off unless asked, behind a gate of its own, one-way where it is."""

import pytest

from operating import Operator

INVENTORY = "[control]\nctl1 ansible_connection=local\n[keystone:children]\ncontrol\n[mariadb:children]\ncontrol\n"
ENTRY = '[[strategy]]\nmatch = { stage = "infra" }\nuse = "command"\n'
ENTRY += 'argv = ["./step", "{action}", "{service}", "{host}", "{from}", "{to}"]\n'


@pytest.fixture
def operator(tmp_path) -> Operator:
    made = Operator(tmp_path).with_strategy()
    made.write("hosts", INVENTORY + "[haproxy]\nlb1\n")
    made.environ["STAIRLIFT_INVENTORY"] = f"ansible:{tmp_path / 'hosts'}"
    return made


def asking(operator: Operator) -> Operator:
    file = operator.folder / "stairlift.toml"
    file.write_text(ENTRY + file.read_text())
    return operator


def test_it_is_found_and_left_alone(operator):
    found = operator.types("discover", "-o", "json").document
    assert [(s["binary"], s["host"]) for s in found["infrastructure"]] == [("haproxy", "lb1"), ("mariadb", "ctl1")]
    assert [h["name"] for h in found["hosts"]] == ["ctl1"]
    assert not [s for s in operator.plans()["steps"] if s["stage"] == "infra"]


def test_a_person_approves_it_by_itself_and_then_what_is_one_way(operator):
    plan = asking(operator).plans("--stage", "infra")
    assert [s["id"] for s in plan["steps"]] == [
        "2025.2-approve-infra",
        "2025.2-infra-haproxy@lb1",
        "2025.2-infra-mariadb@ctl1",
    ]
    first = operator.types("run", "plan.json", "--approve", plan["hash"])
    assert (first.code, operator.calls) == (6, [])
    assert "2025.2-approve-infra wants approval: what the whole cloud stands on changes next" in first.err
    run = operator.status()["run"]
    assert operator.types("approve", run, "2025.2-approve-infra").code == 0
    assert operator.types("resume").code == 6
    assert operator.calls == ["upgrade haproxy lb1 2025.1 2025.2"]
    assert operator.types("approve", run, "2025.2-infra-mariadb@ctl1").code == 0
    assert operator.types("resume").code == 0
    assert operator.calls[1:] == ["upgrade mariadb ctl1 2025.1 2025.2"]
    assert operator.status()["state"] == "done"
