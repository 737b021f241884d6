"""A server that goes into an error behind the canary stops the batch, with words that say so."""

import subprocess
import sys

import pytest

from operating import Operator, small_cloud
from stairlift.sandbox.server import Sandbox

CANARY, SECOND = "2025.2-compute@cmp1", "2025.2-compute@cmp2"
STEP = f"""\
#!/bin/sh
cd "$(dirname "$0")"
echo "$1 $2 $3" >>calls
[ "$3" = cmp1 ] && [ -e break.py ] && {sys.executable} break.py
exit 0
"""
BREAK = """\
from stairlift.openstack.client import SessionCloudClient

client = SessionCloudClient.from_config(None)
first = client.get("compute", "/servers?all_tenants=True").documents["body"]["servers"][0]
client.send("POST", "compute", f"/servers/{first['id']}/action", {"os-resetState": {"state": "error"}})
"""


@pytest.fixture
def operator(tmp_path):
    with Sandbox(small_cloud()) as cloud:
        yield Operator(tmp_path).at(cloud)


def with_gates(operator, gates):
    operator.with_strategy(gates)
    operator.write("step", STEP).chmod(0o755)
    operator.plans("--stage", "compute")
    operator.write("break.py", BREAK)


def steps(operator):
    return {step["id"]: step for step in operator.status("--steps")["step_list"]}


def test_a_server_in_an_error_stops_the_batch_behind_the_canary(operator):
    with_gates(operator, "[gates]\nwithin = 14\n")
    answer = operator.types("run", "plan.json", "--yes")
    assert answer.code == 5, answer.err
    assert "gate counts did not hold within 14 s" in answer.err
    assert "has gone into an error since the run began" in answer.err
    found = steps(operator)
    assert (found[CANARY]["state"], found[SECOND]["state"]) == ("failed", "pending")
    assert "gone into an error" in operator.types("status", "--why", CANARY).out
    kinds = [event["kind"] for event in operator.types("events", "-o", "json").document["events"]]
    assert "step.missing" in kinds


def test_whoever_does_not_want_it_goes_on(operator):
    with_gates(operator, "[gates]\ncounts = false\n")
    assert operator.types("run", "plan.json", "--yes").code == 0


def test_what_was_in_an_error_before_keeps_nobody_waiting(operator):
    with_gates(operator, "[gates]\nwithin = 30\n")
    broken = operator.write("now.py", BREAK)
    subprocess.run([sys.executable, broken], env=operator.environment(), check=True, timeout=60)
    (operator.folder / "break.py").unlink()
    assert operator.types("run", "plan.json", "--yes").code == 0


def test_a_gate_that_was_asked_for_and_cannot_be_asked_is_told(operator):
    with_gates(operator, "[gates]\napi = true\nprocess = true\n")
    (operator.folder / "break.py").unlink()
    assert operator.types("run", "plan.json", "--yes").code == 0
    events = operator.types("events", "-o", "json").document["events"]
    (unknown,) = {tuple(e["data"]["unknown"]) for e in events if e["kind"] == "step.done"}
    assert unknown == (
        "gate api: no load balancer was asked for the addresses of API servers: --inventory haproxy:PATH",
        "gate process: no host lets us look: --inventory hosts:INVENTORY",
    )


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("[gates]\nrecords = 1", "there is no 'records'"),
        ("[gates]\nlogs = 1", "logs is true or false"),
        ("[gates]\nwithin = 0", "within"),
    ],
)
def test_a_wrong_table_is_named(operator, table, told):
    operator.with_strategy(table)
    answer = operator.types("plan", "--from", "2025.1", "--to", "2025.2", "--out", "plan.json")
    assert answer.code == 2
    assert told in answer.err
