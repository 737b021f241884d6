"""The whole way on a real OpenStack: 2025.1 to 2026.1 through Ansible over SSH, the orchestrator killed on the way."""

import json
import os
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from .conftest import Bed

pytestmark = pytest.mark.real

SOURCE, TARGET = "2025.1", "2026.1"
KILLED_AFTER = 7
#: `make proof` goes both ways.
ORDER = os.environ.get("STAIRLIFT_TEST_ORDER", "service")
PATIENCE = 1500.0


@pytest.fixture(scope="module")
def cloud(bed: Bed) -> Any:
    """The cloud as Stairlift finds it before the upgrade, from its APIs and the Ansible inventory."""
    return json.loads(bed.stairlift("discover", *_sources(bed), "-o", "json"))


@pytest.fixture(scope="module")
def upgraded(bed: Bed, cloud: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Plan, run, kill -9, resume; the status document of the run that is done."""
    folder = tmp_path_factory.mktemp("upgrade")
    plan, log, policy = folder / "plan.json", folder / "log", folder / "policy.toml"
    policy.write_text(f'order = "{ORDER}"\n')
    way = ("--from", SOURCE, "--to", TARGET, "--policy", str(policy))
    bed.stairlift("plan", *_sources(bed), *way, "--out", str(plan))
    orchestrator = bed.start("run", str(plan), "--yes", log=log)
    _wait_for_steps(bed, KILLED_AFTER, orchestrator, log)
    orchestrator.send_signal(signal.SIGKILL)
    assert orchestrator.wait() == -signal.SIGKILL
    second = bed.start("resume", log=log)  # --yes holds across a resume
    code = second.wait(timeout=PATIENCE)
    assert code == 0, log.read_text()
    return _status(bed)


def _sources(bed: Bed) -> tuple[str, ...]:
    return "--inventory", "openstack", "--inventory", f"ansible:{bed.environ['ANSIBLE_INVENTORY']}"


def _status(bed: Bed) -> Any:
    return json.loads(bed.stairlift("status", "--steps", "-o", "json"))


def _wait_for_steps(bed: Bed, done: int, orchestrator: Any, log: Path) -> None:
    """Until so many steps are done and another one is running."""
    end = time.monotonic() + PATIENCE
    while True:
        assert orchestrator.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        time.sleep(1)
        if log.read_text().count("✔") >= done:
            counts = _status(bed)["steps"]
            if counts.get("done", 0) >= done and counts.get("running"):
                return


def test_discovery_reconciles_apis_and_inventory(cloud: Any) -> None:
    assert cloud["release"]["candidates"] == ["2025.1", "2025.2"]
    assert sorted(h["name"] for h in cloud["hosts"]) == ["cmp1", "cmp2", "cmp3", "ctl1", "ctl2"]
    roles = {h["name"]: h["roles"] for h in cloud["hosts"]}
    assert roles["ctl1"] == ["control", "network"]
    assert roles["cmp1"] == ["compute"]
    binaries = Counter(s["binary"] for s in cloud["services"])
    assert binaries["keystone"] == binaries["nova-api"] == binaries["neutron-metadata-agent"] == 2
    assert binaries["nova-compute"] == binaries["neutron-openvswitch-agent"] == 3
    assert not [f for f in cloud["findings"] if f["severity"] == "error"]


def test_every_step_is_done_and_none_was_run_twice(upgraded: Any) -> None:
    assert upgraded["state"] == "done"
    assert {s["state"] for s in upgraded["step_list"]} == {"done"}
    assert {s["attempts"] for s in upgraded["step_list"]} == {1}


def test_every_process_runs_code_of_the_target(bed: Bed, upgraded: Any) -> None:
    """Looked up on the hosts, whatever our journal says."""
    running = {
        (host["host"], program["program"]): program["releases"]
        for host in bed.told("status")["hosts"]
        for program in host["programs"]
        if program["releases"]
    }
    assert len(running) == 2 * 12 + 3 * 2
    assert {key: releases for key, releases in running.items() if releases != [TARGET]} == {}


def test_every_record_is_fresh(bed: Bed, upgraded: Any) -> None:
    told = bed.told("status")
    records = [*told["services"], *told["agents"]]
    assert len(records) >= 14
    assert [r for r in records if not r["fresh"]] == []


def test_servers_are_still_active_and_a_new_one_boots(bed: Bed, upgraded: Any) -> None:
    before = bed.told("servers")
    assert [s["status"] for s in before] == ["ACTIVE"] * 3
    bed.testbed("seed", "1")
    assert [s["status"] for s in bed.told("servers")] == ["ACTIVE"] * 4


def test_the_cloud_tells_its_new_release(bed: Bed, upgraded: Any) -> None:
    after = json.loads(bed.stairlift("discover", *_sources(bed), "-o", "json"))
    assert after["release"]["series"] == TARGET


def test_no_password_is_left_anywhere(bed: Bed, upgraded: Any) -> None:
    words = Path(bed.environ["OS_CLIENT_CONFIG_FILE"]).read_text().split()
    password = words[words.index("password:") + 1]
    held = [p for p in bed.state.rglob("*") if p.is_file() and f"password: {password}" in p.read_text(errors="replace")]
    assert held == []
