"""The checks on a simulated cloud over HTTP: as a command, before a run, and before its one-way steps."""

import time

import pytest

from operating import Operator, small_cloud
from stairlift.drive.check_registry import installed
from stairlift.sandbox.builders import hosts
from stairlift.sandbox.scenario import Scenario
from stairlift.sandbox.server import Sandbox

WAY = ("--to", "2025.2", "--from", "2025.1")
WAIVER = """
[[waiver]]
code = "servers.migrating"
who = "ada"
why = "the reader role is on its way"
until = {until}
"""


@pytest.fixture(scope="module")
def cloud():
    with Sandbox(small_cloud()) as it:
        yield it


@pytest.fixture
def operator(cloud, tmp_path):
    yield Operator(tmp_path).at(cloud).with_strategy()
    cloud.clear_faults()


@pytest.fixture
def own(tmp_path):
    """A cloud that nobody shares, so that a run may change it."""
    with Sandbox(small_cloud(name="own")) as it:
        yield it


def states(answer) -> dict[str, str]:
    return {check["code"]: check["state"] for check in answer.document["checks"]}


def checked(operator, *words):
    return operator.types("check", *WAY, "-o", "json", *words)


def test_on_a_healthy_cloud_all_that_can_be_asked_is_asked_and_holds(operator):
    answer = checked(operator)
    found = states(answer)
    people = {"notes.unread", "freeze.unconfirmed", "backup.unconfirmed"}
    assert {code for code, state in found.items() if state not in {"passed", "skipped"}} == people
    assert answer.code == 0
    assert {c for c, s in found.items() if s == "skipped"} == {
        check.info.code for check in installed().checks if check.info.needs == "shell" and check.info.code in found
    }
    assert all(check["evidence"] for check in answer.document["checks"] if check["state"] == "passed")


def test_every_row_of_the_table_says_how_it_came_out(operator):
    head, *rows = operator.types("check", *WAY).out.splitlines()
    assert "STATE" in head
    assert any("servers.in_flight" in row and "passed" in row and "0 servers" in row for row in rows)
    assert any("freeze.unconfirmed" in row and "[[waiver]]" in row for row in rows)


@pytest.mark.parametrize("status", [401, 403, 500, 503])
def test_whoever_may_not_ask_does_not_know(operator, cloud, status):
    cloud.fault("http", path="/os-migrations", status=status)
    answer = checked(operator)
    assert states(answer)["servers.migrating"] == "unknown"
    assert answer.code == 4
    (found,) = [f for f in answer.document["findings"] if f["code"] == "servers.migrating"]
    assert (found["severity"], found["subject"]) == ("error", "unknown")
    assert str(status) in found["message"]
    assert "Traceback" not in answer.err


def test_what_the_cloud_does_not_have_is_no_unknown(operator, cloud):
    cloud.fault("http", path="/os-migrations", status=404)
    assert states(checked(operator))["servers.migrating"] == "passed"


def test_an_api_that_answers_too_late(operator, cloud):
    clouds = operator.folder / "clouds.yaml"
    clouds.write_text(clouds.read_text().replace("  sandbox:", "  sandbox:\n    api_timeout: 1"))
    cloud.fault("http", path="/os-migrations", delay=5)
    began = time.monotonic()
    answer = checked(operator)
    assert states(answer)["servers.migrating"] == "unknown"
    assert "in time" in answer.out
    assert time.monotonic() - began < 60


def test_an_empty_cloud_passes_nothing_that_it_has_not(tmp_path):
    with Sandbox(Scenario("empty", small_cloud().release, hosts("ctl", 1, ("keystone",)))) as empty:
        answer = checked(Operator(tmp_path).at(empty).with_strategy())
    assert answer.code == 4
    assert "cloud.empty" in answer.out
    assert "servers.in_flight" not in states(answer)
    assert "Traceback" not in answer.err


class TestWaived:
    @pytest.fixture(autouse=True)
    def _denied(self, cloud, operator):
        cloud.fault("http", path="/os-migrations", status=403)

    def gives(self, operator, until="2099-12-31"):
        file = operator.folder / "stairlift.toml"
        file.write_text(file.read_text() + WAIVER.format(until=until))

    def test_by_name_it_does_not_refuse_any_more(self, operator):
        self.gives(operator)
        answer = checked(operator)
        assert (answer.code, states(answer)["servers.migrating"]) == (0, "waived")
        (found,) = [check for check in answer.document["checks"] if check["code"] == "servers.migrating"]
        assert found["waived_by"] == "servers.migrating"

    def test_one_whose_time_is_over_does_not_count_and_is_named(self, operator):
        self.gives(operator, "2020-01-01")
        answer = checked(operator)
        assert answer.code == 4
        assert "the waiver servers.migrating of ada ended on 2020-01-01" in answer.err

    def test_it_is_on_record_in_the_plan_and_shown_with_the_run(self, operator):
        self.gives(operator)
        answer = operator.types("plan", *WAY, "--out", "plan.json")
        assert "waived: servers.migrating by ada until 2099-12-31: the reader role is on its way" in answer.out
        assert operator.types("run", "plan.json", "--stage", "control", "--approve", operator.plans()["hash"]).code
        assert "waived    servers.migrating by ada" in operator.types("status").out

    def test_without_it_nothing_begins_and_nothing_is_recorded(self, operator):
        operator.types("plan", *WAY, "--out", "plan.json")
        answer = operator.types("run", "plan.json", "--yes")
        assert answer.code == 4
        assert "[run.not_ready]" in answer.err
        assert "servers.migrating unknown" in answer.err
        assert operator.types("list", "-o", "json").document in ([], {"runs": []})

    def test_what_changes_nothing_may_start_all_the_same(self, operator):
        operator.types("plan", *WAY, "--out", "plan.json")
        assert "[run.not_ready]" not in operator.types("run", "plan.json", "--stage", "prepare").err


def test_before_a_one_way_step_a_gate_that_fails_pauses_the_run(own, tmp_path):
    operator = Operator(tmp_path).at(own).with_strategy()
    own_hash = operator.plans()["hash"]
    words = ("--approve", own_hash, "--stage", "control", "--stage", "compute")
    assert operator.types("run", "plan.json", *words).code == 7
    own.fault("http", path="/servers", status=503)
    assert operator.types("resume").code == 7
    reason = operator.types("status", "-o", "json").document["reason"]
    assert "may not begin: guests.missing unknown" in reason
    assert not any(call.startswith("db-migrate") for call in (tmp_path / "calls").read_text().splitlines())
    own.clear_faults()
    answer = operator.types("resume")
    assert answer.code == 6
    assert "seen: release.mixed passed: " in answer.err
    assert "[seen: endpoint.silent passed: " in operator.types("events").out
    assert operator.types("resume", "--yes").code == 0
