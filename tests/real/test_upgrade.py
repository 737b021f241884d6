"""The whole way on a real OpenStack, while its users are at work: 2025.1 to 2026.1 through Ansible over SSH.

Every API is asked twenty times a second, servers are created and deleted, guests are heard of, the orchestrator is
killed on the way, and every compute host is emptied by live migration before its nova-compute restarts.
"""

import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from bench.availability.meter import Felt, felt
from bench.availability.tenants import Tenants, at_work
from bench.availability.upgrading import DONE, Journey

from .conftest import Bed

pytestmark = pytest.mark.real

TARGET = "2026.1"
KILLED_AFTER = 7
#: `make proof` goes both ways.
ORDER = os.environ.get("STAIRLIFT_TEST_ORDER", "node")
POLICY = {
    "order": f'"{ORDER}"',
    "cordon": "true",
    "drain": '"live-migrate"',
    "downtime_budget": "{ requests = 0 }",
}
GUEST = "server-1"


@dataclass(frozen=True)
class Upgraded:
    """What became of the run, and what users felt of it."""

    status: Any
    journey: Journey
    felt: Felt
    tenants: Tenants


@pytest.fixture(scope="module")
def cloud(bed: Bed) -> Any:
    """The cloud as Stairlift finds it before the upgrade, from its APIs and the Ansible inventory."""
    return _discovered(bed)


def _discovered(bed: Bed) -> Any:
    places = ("--inventory", "openstack", "--inventory", f"ansible:{bed.environ['ANSIBLE_INVENTORY']}")
    return json.loads(bed.stairlift("discover", *places, "-o", "json"))


@pytest.fixture(scope="module")
def upgraded(bed: Bed, cloud: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgraded]:
    """Plan, run, kill -9, resume, with tenants at work all the while."""
    journey = Journey(bed, tmp_path_factory.mktemp("upgrade"))
    try:
        yield _upgraded(journey)
    finally:
        journey.give_up()


def _upgraded(journey: Journey) -> Upgraded:
    bed, plan = journey.bed, journey.plan(POLICY)
    with at_work(bed, journey.folder, guests=(GUEST,)) as tenants:
        orchestrator = journey.run(plan)
        journey.until(orchestrator, lambda status: _far_enough(status["steps"]))
        orchestrator.send_signal(signal.SIGKILL)
        assert orchestrator.wait() == -signal.SIGKILL
        journey.ended(journey.resume(), DONE)
    return Upgraded(bed.status(), journey, felt(bed), tenants)


def _far_enough(steps: Any) -> bool:
    """So many are done and another one is running."""
    return steps.get("done", 0) >= KILLED_AFTER and steps.get("running", 0) > 0


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


def test_every_step_is_done_and_none_was_run_twice(upgraded: Upgraded) -> None:
    assert upgraded.status["state"] == "done"
    assert {s["state"] for s in upgraded.status["step_list"]} == {"done"}
    assert {s["attempts"] for s in upgraded.status["step_list"]} == {1}


def test_no_request_of_any_user_failed(upgraded: Upgraded) -> None:
    assert upgraded.felt.requests > 3000
    assert {api: n for api, n in upgraded.felt.failed.items() if n} == {}
    told = json.loads(upgraded.journey.bed.stairlift("availability", "-o", "json"))
    assert told["failed"] == 0
    assert upgraded.felt.requests >= told["requests"] > 3000


def test_every_server_that_was_asked_for_came_up_and_went(upgraded: Upgraded) -> None:
    assert len(upgraded.tenants.creates) >= 30
    assert upgraded.tenants.failed == []
    assert [row for row in upgraded.tenants.creates if not row["deleted"]] == []


def test_a_guest_keeps_its_network(upgraded: Upgraded) -> None:
    """While the agents of its host restart; where it moves, its own host is the one that answers."""
    assert upgraded.tenants.unmoved_silences(GUEST) == []


def test_every_compute_was_empty_when_it_restarted(bed: Bed, upgraded: Upgraded) -> None:
    """The fake driver forgets its servers with its process: one that had stayed could not be migrated any more."""
    assert len(upgraded.tenants.moves(GUEST)) >= 1
    drained = {tuple(s["hosts"]) for s in upgraded.status["step_list"] if "-compute-drain@" in s["id"]}
    assert drained == {("cmp1",), ("cmp2",), ("cmp3",)}


def test_nothing_is_left_to_be_put_back(bed: Bed, upgraded: Upgraded) -> None:
    assert upgraded.journey.open_effects() == []
    down = [row for row in _show_stat(bed) if row[17] not in {"UP", "OPEN"}]
    assert down == []
    assert [s for s in bed.told("status")["services"] if s["disabled"]] == []


def _show_stat(bed: Bed) -> list[list[str]]:
    said = bed.on("lb1", "echo 'show stat' | socat - /run/haproxy.sock")
    return [line.split(",") for line in said.splitlines() if line and not line.startswith("#")]


def test_nova_forgets_its_version_caps_one_process_at_a_time(upgraded: Upgraded) -> None:
    """Schedulers that are told at the same moment have lost servers that were being created."""
    steps = [s for s in upgraded.status["step_list"] if "-unpin-nova@" in s["id"]]
    assert [s["hosts"] for s in steps] == [["ctl1"], ["ctl2"]]
    assert steps[0]["ended_at"] <= steps[1]["started_at"]


def test_every_process_runs_code_of_the_target(bed: Bed, upgraded: Upgraded) -> None:
    """Looked up on the hosts, whatever our journal says."""
    running = {
        (host["host"], program["program"]): program["releases"]
        for host in bed.told("status")["hosts"]
        for program in host["programs"]
        if program["releases"]
    }
    assert len(running) == 2 * 12 + 3 * 2
    assert {key: releases for key, releases in running.items() if releases != [TARGET]} == {}


def test_every_record_is_fresh(bed: Bed, upgraded: Upgraded) -> None:
    told = bed.told("status")
    records = [*told["services"], *told["agents"]]
    assert len(records) >= 14
    assert [r for r in records if not r["fresh"]] == []


def test_servers_are_still_active_and_a_new_one_boots(bed: Bed, upgraded: Upgraded) -> None:
    before = bed.told("servers")
    assert [s["status"] for s in before] == ["ACTIVE"] * 3
    bed.testbed("seed", "1")
    assert [s["status"] for s in bed.told("servers")] == ["ACTIVE"] * 4


def test_the_cloud_tells_its_new_release(bed: Bed, upgraded: Upgraded) -> None:
    assert _discovered(bed)["release"]["series"] == TARGET


def test_no_password_is_left_anywhere(bed: Bed, upgraded: Upgraded) -> None:
    words = Path(bed.environ["OS_CLIENT_CONFIG_FILE"]).read_text().split()
    password = words[words.index("password:") + 1]
    held = [p for p in bed.state.rglob("*") if p.is_file() and f"password: {password}" in p.read_text(errors="replace")]
    assert held == []
