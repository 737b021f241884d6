"""What users do, tried behind the last step of whole runs of a simulated cloud, by the meter's own process.

That the probe does the same on a real cloud is in tests/real/test_write_probes.py.
"""

import json
from dataclasses import replace
from datetime import datetime

import pytest

from operating import Operator, until
from stairlift.model.release import Release
from stairlift.openstack.client import SessionCloudClient
from stairlift.probe.writing import tag_of
from stairlift.sandbox.builders import QUICK, hosts
from stairlift.sandbox.scenario import Scenario
from stairlift.sandbox.server import Sandbox
from stairlift.sandbox.tenants import FlavorSpec

METER = '[meter]\nbaseline = "1s"\nrate = 5\nlinger = "60s"\n'
WRITE = 'write = { cloud = "sandbox", every = "2s"'
CONTROL = ("keystone", "placement-api", "glance-api", "nova-api", "nova-conductor", "nova-scheduler", "neutron-server")


def a_cloud() -> Scenario:
    every = hosts("ctl", 1, CONTROL) + hosts("cmp", 1, ("nova-compute", "neutron-openvswitch-agent"))
    made = Scenario("written", Release(2025, 1), every, timing=QUICK, servers_per_compute=0)
    return replace(made, flavors=(FlavorSpec("small", vcpus=1, ram=64, disk=1),))


@pytest.fixture
def cloud():
    with Sandbox(a_cloud()) as it:
        yield it


@pytest.fixture
def operator(cloud, tmp_path, monkeypatch):
    """Somebody whose probe may write every two seconds: a minute is for clouds that somebody uses."""
    made = Operator(tmp_path).at(cloud)
    monkeypatch.setattr("stairlift.wiring.meter._LEAST_EVERY", 1)
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", made.environ["OS_CLIENT_CONFIG_FILE"])
    yield made
    for folder in tmp_path.glob("state/meter/*"):
        (folder / "over").touch()


def runs(operator, more: str = ""):
    """Plan the whole cloud and carry it out; what was said, and where it stands."""
    operator.with_strategy(f"{METER}{WRITE}{more} }}\n")
    operator.plans()
    answer = operator.types("run", "plan.json", "--yes")
    assert answer.code == 0, answer.err
    return answer.err, operator.status("--steps")


def came_to_an_end(operator, status) -> list[str]:
    """What the write probe did that had come to its end behind the last step."""
    last = max(datetime.fromisoformat(step["ended_at"]) for step in status["step_list"]).timestamp()
    [file] = operator.folder.glob("state/meter/*/samples.jsonl")
    lines = [json.loads(line) for line in file.read_bytes().split(b"\n")[:-1] if line]
    names = [target["id"] for target in lines[0]["targets"]]
    late = (line for line in lines if "span" in line and line["at"] >= last)
    return [names[int(place)] for line in late for place in line["n"]]


def left_of(run: str) -> list:
    client, tag = SessionCloudClient.from_config("sandbox"), tag_of(run)
    servers = client.get("compute", f"/servers?tags={tag}", "2.52").documents["body"]["servers"]
    return servers + client.get("network", f"/ports?name={tag}").documents["body"]["ports"]


def test_a_run_is_over_when_a_server_was_booted_and_removed_behind_its_last_step(operator):
    said, status = runs(operator)
    assert "the last step has ended; what users do is tried once more" in said
    assert "canary.functional" not in said
    assert {"neutron.port", "nova.boot", "nova.delete"} <= set(came_to_an_end(operator, status))
    assert left_of(status["run"]) == []
    effects = operator.types("ledger", "-o", "json").document
    assert [one["state"] for one in (effects["effects"] if isinstance(effects, dict) else effects)] == ["restored"]


def test_a_server_that_cannot_be_booted_is_told_in_the_words_of_the_api(operator, cloud):
    cloud.fault("http", path="*/compute/v2.1/server[s]", method="POST", status=503)
    said, status = runs(operator)
    assert "after the upgrade: canary.functional nova.boot: behind the last step this failed: a server" in said
    assert "(HTTP 503)" in said
    assert left_of(status["run"]) == []


def test_a_probe_that_may_not_write_is_waited_for_no_longer_and_told(operator):
    said, _ = runs(operator, ', network = "nowhere"')
    assert said.count("the write probe makes nothing, and its log says why: attempts/") == 1
    assert "after the upgrade: canary.functional unknown: what users do is not known" in said
    [log] = operator.folder.glob("state/attempts/*/meter/1/log")
    assert "the project has no such networks" in log.read_text()


def writes_to(operator, cloud: str):
    operator.with_strategy(f'{METER}write = {{ cloud = "{cloud}" }}\n')
    operator.plans()
    return operator.types("run", "plan.json", "--yes")


def test_a_cloud_that_nobody_knows_is_refused_before_anything_is_on_record(operator):
    answer = writes_to(operator, "nowhere")
    assert answer.code == 2, answer.err
    assert "nowhere" in answer.err
    assert "clouds.yaml" in answer.err
    assert operator.types("list", "-o", "json").document == []


def test_a_probe_without_credentials_leaves_the_others_to_measure_and_is_waited_for_no_longer(operator, monkeypatch):
    """Somebody has taken them out of clouds.yaml, or carries the run on where they are not."""
    monkeypatch.setattr("stairlift.wiring.meter._client", lambda _: SessionCloudClient.from_config("sandbox"))
    answer = writes_to(operator, "nowhere")
    assert answer.code == 0, answer.err
    assert "has left" not in answer.err
    assert "after the upgrade: canary.functional unknown: what users do is not known" in answer.err
    assert operator.status()["meter"]["requests"]
    [log] = operator.folder.glob("state/attempts/*/meter/1/log")
    assert "nothing is written: There is no cloud 'nowhere'" in log.read_text()


def test_without_a_write_probe_nobody_waits_and_nobody_claims_to_know(operator):
    operator.with_strategy(METER)
    operator.plans()
    answer = operator.types("run", "plan.json", "--yes")
    assert answer.code == 0, answer.err
    assert "what users do" not in answer.err
    [folder] = operator.folder.glob("state/meter/*")
    until((folder / "over").exists, 30)
