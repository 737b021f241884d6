"""The availability meter as its own process beside real runs of a simulated cloud: what it sees, and what it outlives."""

import json
import os
import signal
import time
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from operating import Operator, small_cloud, until
from stairlift.model.release import Release
from stairlift.sandbox.builders import QUICK, hosts
from stairlift.sandbox.scenario import Scenario
from stairlift.sandbox.server import Sandbox

BASELINE = 2.0
METER = f'[meter]\nbaseline = "{BASELINE:g}s"\nlinger = "60s"\n'
STEP = "2025.2-compute@cmp1"


@pytest.fixture
def cloud():
    with Sandbox(small_cloud(computes=3), doors=True) as it:
        yield it


@pytest.fixture
def measured(cloud, tmp_path):
    """Makes an operator with a meter and a plan; afterwards nothing of his is left."""

    def made(more: str = "", *words: str) -> Operator:
        operator = Operator(tmp_path).at(cloud).with_strategy(METER + more)
        operator.plans("--stage", "compute", *words)
        operator.write("slow", "cmp1")
        return operator

    yield made
    (tmp_path / "slow").unlink(missing_ok=True)
    for folder in tmp_path.glob("state/meter/*"):
        (folder / "over").touch()
    until(lambda: not meters(tmp_path), 60)


def meters(folder: Path) -> list[psutil.Process]:
    """The processes that measure for runs of this state directory; not their supervisors."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if line[1:3] == ["-m", "stairlift.probe"] and line[3].startswith(str(folder)):
            found.append(process)
    return found


def samples(operator) -> list[dict]:
    [file] = operator.folder.glob("state/meter/*/samples.jsonl")
    return [json.loads(line) for line in file.read_bytes().split(b"\n")[:-1] if line]


def seconds(operator) -> list[dict]:
    return [line for line in samples(operator) if "span" in line]


def sent(line: dict) -> int:
    """How many requests a line tells of, whatever came of them."""
    return sum(sum(numbers[0].values()) + sum(numbers[1:]) for numbers in line["n"].values())


def begins(operator):
    """Start the run and wait until its first step is at work."""
    process = operator.begins("run", "plan.json", "--yes")
    until(lambda: operator.calls or process.poll() is not None, 60)
    assert operator.calls, process.communicate()
    return process


def goes_on(operator, process) -> int:
    (operator.folder / "slow").unlink(missing_ok=True)
    _, said = process.communicate(timeout=60)
    assert "Traceback" not in said, said
    return process.returncode


def availability(operator) -> dict:
    answer = operator.types("availability", "-o", "json")
    assert answer.code == 0, answer.err
    return answer.document


def api(document, name: str) -> dict:
    return next(one for one in (*document["apis"], *document["backends"]) if one["name"] == name)


def failing(cloud, **fault):
    cloud.fault("http", **{"path": "/compute/v2.1/servers", "status": 503} | fault)


def test_it_asks_at_its_rate_and_ends_with_its_run(measured):
    operator = measured()
    process = begins(operator)
    until(lambda: len(seconds(operator)) >= 8, 60)
    assert goes_on(operator, process) == 0
    found = availability(operator)
    lines = seconds(operator)
    asked = sum(sum(numbers[0].values()) + sum(numbers[1:]) for line in lines for numbers in line["n"].values())
    lasted = lines[-1]["at"] + lines[-1]["span"] - lines[0]["at"]
    assert asked / lasted >= 0.85 * 20, "a loaded machine may keep a few back"
    assert {one["api"] for one in found["apis"]} == {"keystone", "nova"}
    assert found["failed"] == 0
    before = found["baseline"]
    assert before["end"] < operator.status("--steps")["step_list"][0]["started_at"], "nothing was changed before"
    until(lambda: not meters(operator.folder), 30)


def test_a_slow_answer_delays_nobody_else(measured, cloud):
    operator = measured()
    process = begins(operator)
    failing(cloud, status=None, delay=3)
    until(lambda: (api(availability(operator), "nova")["latency"]["p99"]["since"] or 0) > 2500, 60)
    before = availability(operator)
    until(lambda: len(seconds(operator)) >= 12, 60)
    after = availability(operator)
    assert api(after, "keystone")["requests"] > api(before, "keystone")["requests"]
    assert goes_on(operator, process) == 0


def test_what_users_lose_is_charged_to_the_step_and_pauses_the_run_once(measured, cloud):
    operator = measured('[policy]\ndowntime_budget = { nova = "0s" }\n')
    process = begins(operator)
    failing(cloud, times=3)
    until(lambda: operator.status()["reason"], 60)
    assert goes_on(operator, process) == 7
    status = operator.status()
    assert status["state"] == "paused"
    assert "users lost" in status["reason"]
    assert f"while {STEP} was in flight" in status["reason"]
    assert status["meter"]["apis"]["nova"]["failed"] == 3
    found = availability(operator)
    assert [(one["step"], one["failed"]) for one in found["steps"] if one["failed"]] == [(STEP, {"nova": 3})]
    assert api(found, "nova")["states"]["failed"] == 3
    assert [len(operator.calls), len(meters(operator.folder))] == [1, 1], "it goes on measuring while the run rests"
    resumed = operator.types("resume")
    assert resumed.code == 0, resumed.err
    assert "3 failed (nova 3); see: stairlift availability" in resumed.err
    assert availability(operator)["failed"] == 3


def test_a_new_loss_after_that_is_a_new_breach(measured, cloud):
    operator = measured("[policy]\ndowntime_budget = { requests = 0 }\n")
    process = begins(operator)
    failing(cloud, times=1)
    until(lambda: operator.status()["reason"], 60)
    assert goes_on(operator, process) == 7
    operator.write("slow", "cmp2")
    process = operator.begins("resume")
    until(lambda: len(operator.calls) == 2, 60)
    failing(cloud, times=1)
    until(lambda: "cmp2" in operator.status()["reason"], 60)
    assert goes_on(operator, process) == 7
    assert operator.types("resume").code == 0


def test_what_failed_before_is_told_once_and_not_charged(measured, cloud):
    failing(cloud, path="/compute/v2.1/server[s]")  # what the checks ask is another path
    operator = measured('[policy]\ndowntime_budget = { nova = "0s", keystone = "0s" }\n')
    (operator.folder / "slow").unlink()
    stopped = operator.types("run", "plan.json", "--yes")
    assert stopped.code == 7, "a budget that cannot be held against anything protects nobody"
    assert "nova failed before anything was changed" in operator.status()["reason"]
    assert operator.types("resume").code == 0
    nova = api(availability(operator), "nova")
    assert nova["states"]["failed"] > 0
    assert not nova["charged"]


def test_an_orchestrator_that_is_killed_leaves_no_gap(measured):
    operator = measured('[policy]\ndowntime_budget = { "*" = "0s" }\n')
    process = begins(operator)
    [meter] = meters(operator.folder)
    process.kill()
    process.wait()
    count = len(seconds(operator))
    until(lambda: len(seconds(operator)) >= count + 3, 60)
    (operator.folder / "slow").unlink()
    answer = operator.types("resume")
    assert answer.code == 0, answer.err
    lines = seconds(operator)
    assert len([line for line in samples(operator) if "session" in line]) == 1, f"process {meter.pid} was adopted"
    assert all(abs(b["at"] - a["at"] - a["span"]) < 0.1 for a, b in pairwise(lines))
    assert api(availability(operator), "nova")["no_data"] == 0


def test_a_meter_that_is_killed_is_followed_by_another(measured):
    operator = measured()
    process = begins(operator)
    [meter] = meters(operator.folder)
    targets = samples(operator)[0]["targets"]
    meter.kill()
    until(lambda: len([line for line in samples(operator) if "session" in line]) == 2, 60)
    assert samples(operator)[-1].get("targets", targets) == targets
    [after] = meters(operator.folder)
    assert after.pid != meter.pid
    for supervisor in [after.parent()]:
        supervisor.kill()
    until(lambda: len([line for line in samples(operator) if "session" in line]) == 3, 60)
    until(lambda: len(meters(operator.folder)) == 1, 60)
    assert after.pid not in {one.pid for one in meters(operator.folder)}, "two never measure for one run"
    assert goes_on(operator, process) == 0


def test_a_meter_that_stood_still_blames_itself(measured):
    operator = measured('[policy]\ndowntime_budget = { "*" = "0s", requests = 0 }\n')
    process = begins(operator)
    [meter] = meters(operator.folder)
    meter.send_signal(signal.SIGSTOP)
    time.sleep(2)
    meter.send_signal(signal.SIGCONT)
    until(lambda: api(availability(operator), "nova")["states"]["own"] >= 10, 60)
    assert goes_on(operator, process) == 0
    found = availability(operator)
    assert found["failed"] == 0
    assert max(sent(line) / line["span"] for line in seconds(operator)) < 60, "no burst afterwards"
    still = [line for line in seconds(operator) if line["span"] > 1.5 and line["n"]]
    assert any(not any(numbers[0] for numbers in line["n"].values()) for line in still), (
        "a line in which all is unknown"
    )


def two_controls() -> Scenario:
    control = hosts("ctl", 2, ("keystone", "nova-api", "nova-conductor"))
    return Scenario("two", Release(2025, 1), control + hosts("cmp", 1, ("nova-compute",)), timing=QUICK)


def test_a_backend_that_is_down_is_seen_and_felt_by_nobody(tmp_path):
    with Sandbox(two_controls(), doors=True) as cloud:
        operator = Operator(tmp_path).at(cloud).with_strategy(f'{METER}[policy]\ndowntime_budget = {{ "*" = "0s" }}\n')
        operator.plans("--stage", "compute", "-i", "openstack", "-i", cloud.haproxy)
        operator.write("slow", "cmp1")
        process = begins(operator)
        cloud.stop("ctl2", "nova-api")
        until(lambda: api(availability(operator), "nova@ctl2")["states"]["failed"] >= 2, 60)
        assert goes_on(operator, process) == 0
        found = availability(operator)
        assert api(found, "nova@ctl1")["states"]["failed"] == 0
        assert api(found, "nova")["states"]["failed"] == 0, "the load balancer sends its users elsewhere"
        shown = operator.types("availability", "--follow", "--backends")
        assert shown.code == 0
        assert "nova@ctl2" in shown.out
        until(lambda: not meters(tmp_path), 30)


def test_a_write_probe_leaves_nothing_behind(cloud, tmp_path):
    with Sandbox("demo") as rich:
        operator = Operator(tmp_path).at(rich).with_strategy(f'{METER}write = {{ cloud = "sandbox" }}\n')
        operator.plans("--stage", "compute", "--hosts", "cmp1")
        operator.write("slow", "cmp1")
        process = begins(operator)
        until(lambda: {"nova.boot", "nova.delete"} <= asked(operator), 120)
        assert goes_on(operator, process) == 0
        found = availability(operator)
        assert api(found, "nova")["states"]["failed"] == 0
        assert {one["via"] for one in found["apis"]} == {"public"}, "what is written is of the API that it asks"
        effects = [event["data"]["effects"] for event in events(operator) if "effects" in event["data"]]
        assert effects == [{"probe:sandbox": "intended"}, {"probe:sandbox": "restored"}]
        until(lambda: not meters(tmp_path), 30)
        assert not [e for e in rich.log() if e["method"] == "DELETE" and (e["status"] or 0) >= 400]


def asked(operator) -> set[str]:
    """What has been answered so far, by the ids of its targets."""
    targets = [target["id"] for target in samples(operator)[0]["targets"]]
    return {targets[int(place)] for line in seconds(operator) for place in line["n"]}


def events(operator) -> list[dict]:
    answer = operator.types("events", "-o", "json")
    assert answer.code == 0, answer.err
    return answer.document["events"] if isinstance(answer.document, dict) else answer.document


def test_what_a_killed_run_has_left_is_put_back_by_hand(cloud, tmp_path):
    with Sandbox("demo") as rich:
        operator = (
            Operator(tmp_path).at(rich).with_strategy(f'{METER}write = {{ cloud = "sandbox", server = false }}\n')
        )
        operator.plans("--stage", "compute", "--hosts", "cmp1")
        operator.write("slow", "cmp1")
        process = begins(operator)
        process.kill()
        process.wait()
        assert [(e["id"], e["state"]) for e in ledger(operator)] == [("probe:sandbox", "intended")]
        answer = operator.types("ledger", "--restore")
        assert answer.code == 0, answer.err
        assert [(e["id"], e["state"]) for e in ledger(operator)] == [("probe:sandbox", "restored")]
        (tmp_path / "slow").unlink()
        assert operator.types("resume").code == 0
        [folder] = tmp_path.glob("state/meter/*")
        until(lambda: not meters(tmp_path), 30)
        assert folder.is_dir()


def ledger(operator) -> list[dict]:
    document = operator.types("ledger", "-o", "json").document
    return document["effects"] if isinstance(document, dict) else document


def test_cancel_ends_it(measured, cloud):
    operator = measured('[policy]\ndowntime_budget = { nova = "0s" }\n')
    process = begins(operator)
    failing(cloud, times=1)
    until(lambda: operator.status()["reason"], 60)
    assert goes_on(operator, process) == 7
    assert meters(operator.folder)
    assert operator.types("cancel", "--reason", "enough").code == 0
    until(lambda: not meters(operator.folder), 30)


def test_without_being_asked_for_nobody_measures(cloud, tmp_path):
    operator = Operator(tmp_path).at(cloud).with_strategy()
    operator.plans("--stage", "compute")
    assert operator.types("run", "plan.json", "--yes").code == 0
    assert not (tmp_path / "state" / "meter").exists()
    answer = operator.types("availability")
    assert answer.code == 2
    assert "was not measured" in answer.err
    assert "meter" not in operator.status()


def test_no_secret_is_in_any_file(measured, cloud):
    operator = measured()
    process = begins(operator)
    until(lambda: len(seconds(operator)) >= 3, 60)
    assert goes_on(operator, process) == 0
    written = b"".join(path.read_bytes() for path in operator.folder.glob("state/**/*") if path.is_file())
    password = (operator.folder / "clouds.yaml").read_text().split("password: ")[1].split()[0].encode()
    assert password not in written
    assert b"X-Auth-Token" not in written
    assert os.environ.get("OS_PASSWORD") is None
