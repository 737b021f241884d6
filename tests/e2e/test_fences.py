"""Hypervisors that are cordoned around their upgrade, as people type it: commands, a simulated Nova, real processes."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from operating import Operator, small_cloud, until
from stairlift.model.release import Release
from stairlift.openstack.client import SessionCloudClient
from stairlift.sandbox.builders import QUICK, hosts
from stairlift.sandbox.scenario import Scenario
from stairlift.sandbox.server import Sandbox

CORDON = "[policy]\ncordon = true"


@pytest.fixture
def cloud() -> Iterator[Sandbox]:
    with Sandbox(small_cloud(computes=3)) as it:
        yield it


@pytest.fixture
def operator(cloud: Sandbox, tmp_path: Path) -> Operator:
    return Operator(tmp_path).at(cloud).with_strategy(CORDON)


@pytest.fixture
def nova(operator: Operator, monkeypatch: pytest.MonkeyPatch):
    """Nova's own word on who gets no new servers, and why."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", operator.environ["OS_CLIENT_CONFIG_FILE"])
    client = SessionCloudClient.from_config(operator.environ["OS_CLOUD"])

    def disabled() -> dict[str, str]:
        rows = client.get("compute", "/os-services", "2.53").documents["body"]["services"]
        return {row["host"]: row["disabled_reason"] for row in rows if row["status"] == "disabled"}

    disabled.client = client
    return disabled


def test_every_hypervisor_is_out_while_it_is_upgraded_and_in_again_afterwards(operator: Operator, nova) -> None:
    plan = operator.plans("--stage", "compute")
    assert [step["action"] for step in plan["steps"]] == ["cordon", "upgrade", "uncordon"] * 3
    assert {step["strategy"] for step in plan["steps"]} == {"nova-2", "command-1"}
    operator.write("slow", "cmp2")
    process = operator.begins("run", "plan.json", "--yes")
    until(lambda: any(" cmp2 " in f"{call} " for call in operator.calls))
    run = operator.status()["run"]
    assert nova() == {"cmp2": f"stairlift {run} 2025.2-compute-cordon@cmp2"}
    (operator.folder / "slow").unlink()
    assert process.wait(120) == 0
    assert nova() == {}
    ledger = operator.types("ledger", "-o", "json").document
    assert {effect["id"]: effect["state"] for effect in ledger["effects"]} == {
        f"cordon:cmp{n}": "restored" for n in (1, 2, 3)
    }
    assert "fenced" not in operator.status()


def test_what_is_disabled_by_somebody_else_stays_disabled(operator: Operator, nova) -> None:
    rows = nova.client.get("compute", "/os-services", "2.53").documents["body"]["services"]
    (row,) = [row for row in rows if row["host"] == "cmp2"]
    body = {"status": "disabled", "disabled_reason": "broken fan"}
    nova.client.send("PUT", "compute", f"/os-services/{row['id']}", body, "2.53")
    operator.plans("--stage", "compute")
    assert operator.types("run", "plan.json", "--yes").code == 0
    assert nova() == {"cmp2": "broken fan"}
    assert "cordon:cmp2  foreign" in operator.types("ledger").out


def test_a_failed_host_is_kept_a_person_is_told_and_puts_it_back(operator: Operator, nova) -> None:
    operator.plans("--stage", "compute")
    operator.write("fail", "upgrade cmp2\n")
    assert operator.types("run", "plan.json", "--yes").code == 5
    status = operator.status()
    run = status["run"]
    assert list(nova()) == ["cmp2"]
    (fenced,) = status["fenced"]
    assert (fenced["id"], fenced["state"], fenced["note"]) == (
        "cordon:cmp2",
        "kept",
        "2025.2-compute@cmp2 is failed",
    )
    assert fenced["command"] in operator.types("status").out
    done = operator.types(*fenced["command"].split()[1:])
    assert done.code == 0, done.err
    assert "cordon:cmp2 put back by" in done.err
    assert nova() == {}
    again = operator.types("ledger", run, "--restore", "cordon:cmp2")
    assert (again.code, "ledger.unknown" in again.err) == (2, True)
    (operator.folder / "fail").unlink()
    assert operator.types("retry", run, "2025.2-compute@cmp2", "--reason", "mended").code == 0
    assert operator.types("resume", "--yes").code == 0
    assert nova() == {}
    reopened = [e for e in operator.types("events", "-o", "json").document["events"] if e["kind"] == "step.reopened"]
    assert [e["step"] for e in reopened] == ["2025.2-compute-cordon@cmp2"]


def test_a_dead_orchestrator_leaves_what_anybody_can_put_back(operator: Operator, nova) -> None:
    operator.plans("--stage", "compute")
    operator.write("slow", "cmp1")
    process = operator.begins("run", "plan.json", "--yes")
    until(lambda: operator.calls)
    process.send_signal(signal.SIGKILL)
    process.wait(20)
    refused = operator.types("ledger", "--restore")
    assert (refused.code, "2025.2-compute@cmp1 is at work there" in refused.err) == (4, True)
    assert list(nova()) == ["cmp1"]
    (operator.folder / "slow").unlink()
    until(lambda: not operator.types("cancel").code)
    assert nova() == {}


def test_a_runbook_says_what_a_person_types(operator: Operator) -> None:
    operator.plans("--stage", "compute")
    shown = operator.types("plan", "--from", "2025.1", "--to", "2025.2", "--stage", "compute", "--commands").out
    assert (
        "openstack compute service set --disable --disable-reason "
        "'stairlift RUN 2025.2-compute-cordon@cmp1' cmp1 nova-compute" in shown
    )
    assert "openstack compute service set --enable cmp3 nova-compute" in shown


BALANCER = """
[[strategy]]
match = { action = ["drain", "uncordon"] }
use = "haproxy"
socket = "haproxy.sock"
"""


def test_backends_leave_the_load_balancer_one_after_the_other(tmp_path: Path) -> None:
    control = hosts("ctl", 2, ("keystone", "nova-api", "nova-conductor"))
    scenario = Scenario("two", Release(2025, 1), control, timing=QUICK)
    with Sandbox(scenario, haproxy=tmp_path / "haproxy.sock") as cloud:
        operator = Operator(tmp_path).at(cloud).with_strategy(BALANCER)
        plan = operator.plans("-i", "openstack", "-i", f"haproxy:{tmp_path / 'haproxy.sock'}", "--stage", "control")
        drains = [step for step in plan["steps"] if step["action"] == "drain"]
        assert [step["hosts"] for step in drains] == [["ctl1"], ["ctl2"]]
        assert set(drains[0]["services"]) == {"keystone", "nova-api"}
        operator.write("slow", "ctl2")
        process = operator.begins("run", "plan.json", "--yes")
        until(lambda: any(call.startswith("upgrade ") and " ctl2 " in call for call in operator.calls))
        assert out(cloud) == {"ctl2"}
        (operator.folder / "slow").unlink()
        assert process.wait(120) == 0
        assert out(cloud) == set()
        assert {e["state"] for e in operator.types("ledger", "-o", "json").document["effects"]} == {"restored"}


def out(cloud: Sandbox) -> set[str]:
    """The servers that HAProxy is told to give nothing to."""
    header, *rows = [line.split() for line in cloud.haproxy_says("show servers state").splitlines()[1:] if line]
    names = header[1:]
    found = [dict(zip(names, row, strict=False)) for row in rows]
    return {row["srv_name"] for row in found if row["srv_admin_state"] != "0"}
