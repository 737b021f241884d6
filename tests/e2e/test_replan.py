"""A run that has met what nobody foresaw is planned anew: what is done stays done, and only what remains is planned."""

import json

import pytest

from half_upgraded import STEP, half_done, led_to
from operating import Operator, Terminal, small_cloud
from stairlift.sandbox.server import Sandbox

COMPUTE = [f"2026.1-compute@cmp{n}" for n in range(5)]
CONTROL, EXPAND = "2026.1-control@ctl1", "2026.1-db-expand-nova"


def done_again(cloud: Sandbox, operator: Operator) -> None:
    """Bring another cloud as far as the steps that were done have brought the first."""
    for call in operator.calls:
        action, services, host, to = call.split()
        if host != "cmp2":
            services += ",nova-api" * (action == "upgrade" and services == "nova-conductor")
            project = "keystone" if services == "keystone" else "nova"
            cloud.step(host, action, services=services, project=project, to=to)


@pytest.fixture
def lab(tmp_path):
    with Sandbox(small_cloud(3)) as cloud:
        yield cloud, half_done(tmp_path, cloud)


def states(operator, *words) -> dict[str, str]:
    return {s["id"]: s["state"] for s in operator.status(*words, "--steps")["step_list"]}


def difference(operator, *words):
    answer = operator.types("replan", *words, "-o", "json")
    return answer.code, answer.document


class TestNothingHasDrifted:
    def test_it_says_so_and_the_run_stays(self, lab):
        _, operator = lab
        before = operator.status()
        answer = operator.types("replan", "--yes")
        assert answer.code == 0, answer.err
        assert f"nothing has drifted; it goes on with: stairlift resume {before['run']}" in answer.err
        assert operator.status() == before

    def test_a_half_upgraded_cloud_is_no_contradiction(self, lab):
        """Its APIs show the target by now, and its hypervisors are of two releases: that is our own doing."""
        _, operator = lab
        fresh = operator.types("plan", "--from", "2025.1", "--to", "2026.1")
        assert "release.contradicted" in fresh.err, "so says whoever knows nothing of the run"
        code, found = difference(operator)
        assert code == 0
        assert "release.contradicted" not in {f["code"] for f in found["findings"]}
        assert {EXPAND, CONTROL, COMPUTE[1]} <= set(found["kept"])
        assert COMPUTE[2] not in found["kept"]


class TestAHostHasCome:
    @pytest.fixture
    def grown(self, lab):
        """The same cloud with a fourth hypervisor."""
        _, operator = lab
        with Sandbox(small_cloud(4)) as later:
            done_again(later, operator)
            led_to(operator, later)
            yield operator

    def test_without_a_word_it_is_shown_and_nothing_changes(self, grown):
        before = grown.types("list", "-o", "json").document
        assert "drift.new" in grown.types("resume").err
        answer = grown.types("replan", "--out", "new.json")
        assert answer.code == 6, answer.err
        assert f"new      {COMPUTE[4]}: upgrade nova-compute on cmp4" in answer.out
        assert "changed" not in answer.out.replace("changed  2026.1-unpin-nova@ctl1: order", "")
        plan = json.loads((grown.folder / "new.json").read_text())
        assert f"stairlift replan {before[0]['run']} --approve {plan['hash']}" in answer.err
        assert grown.types("list", "-o", "json").document == before

    def test_a_new_run_takes_the_place_of_the_old_and_does_nothing_twice(self, grown):
        old, before = grown.status()["run"], grown.calls
        _, shown = difference(grown)
        answer = grown.types("replan", "--approve", shown["hash"])
        assert answer.code == 0, answer.err
        new = grown.status()["run"]
        assert f"run {new} takes the place of {old}" in answer.err
        assert (grown.status(old)["state"], grown.status(old)["reason"]) == ("cancelled", f"replaced by run {new}")
        found = states(grown, new)
        assert {found[step] for step in (EXPAND, CONTROL, COMPUTE[1])} == {"done"}
        assert {found[step] for step in COMPUTE[2:]} == {"pending"}
        assert grown.calls == before, "it starts nothing"
        answer = grown.types("resume", "--yes")
        assert answer.code == 0, answer.err
        assert set(states(grown, new).values()) == {"done"}
        calls = [tuple(call.split()[:3]) for call in grown.calls]
        again = [call for call in set(calls) if calls.count(call) > 1]
        assert again == [("upgrade", "nova-compute", "cmp2")], "which had failed"

    def test_only_the_plan_that_was_read_is_approved(self, grown):
        answer = grown.types("replan", "--approve", "sha256:00")
        assert (answer.code, "[plan.other_hash]" in answer.err) == (4, True)
        assert len(grown.types("list", "-o", "json").document) == 1

    def test_its_plan_is_no_plan_for_a_run_of_its_own(self, grown):
        """It would do again what the old run has done."""
        assert grown.types("replan", "--out", "new.json").code == 6
        before = grown.calls
        answer = grown.types("run", "new.json", "--yes")
        assert (answer.code, "[plan.replaces]" in answer.err) == (4, True), answer.err
        assert grown.calls == before

    def test_at_a_terminal_it_asks(self, grown):
        old = grown.status()["run"]
        terminal = Terminal(grown, "replan")
        terminal.until("to approve the new plan:").types("no\n")
        assert terminal.leaves() == 6
        assert grown.status()["run"] == old
        terminal = Terminal(grown, "replan")
        terminal.until("to approve the new plan:").types(f"{grown.status()['cloud']}\n")
        assert terminal.leaves() == 0
        assert grown.status()["run"] != old

    def test_a_run_can_be_planned_anew_more_than_once(self, grown):
        first = grown.status()["run"]
        assert grown.types("replan", "--yes").code == 0
        second = grown.status()["run"]
        grown.with_strategy("[policy]\nfailure_budget = { resource = 1 }\n").write("step", STEP)
        assert grown.types("replan", "--yes").code == 0
        third = grown.status()["run"]
        assert len({first, second, third}) == 3
        steps = {s["id"]: s for s in grown.status(third, "--steps")["step_list"]}
        assert (steps[CONTROL]["state"], steps[CONTROL]["reason"]) == ("done", f"done in run {first}")


class TestOtherDrift:
    def test_a_host_that_has_gone(self, lab):
        _, operator = lab
        with Sandbox(small_cloud(2)) as later:
            done_again(later, operator)
            led_to(operator, later)
            answer = operator.types("replan", "--yes")
            assert answer.code == 0, answer.err
            assert f"gone     {COMPUTE[3]}: upgrade nova-compute on cmp3" in answer.out
            assert operator.types("resume").code == 0, "no gate waits for a host that is known to be gone"

    def test_a_strategy_that_was_mended(self, lab):
        _, operator = lab
        operator.write("step", STEP + "# mended\n")
        assert "[plan.files_changed]" in operator.types("resume").err
        answer = operator.types("replan", "--yes")
        assert answer.code == 0, answer.err
        assert f"changed  {COMPUTE[2]} and " in answer.out
        assert f": file {operator.folder / 'step'}" in answer.out
        answer = operator.types("resume")
        assert answer.code == 0, answer.err

    def test_what_was_typed_is_typed_again_to_approve_it(self, lab):
        """Another policy would be another plan."""
        _, operator = lab
        operator.write("careful.toml", "max_unavailable = { resource = 2 }\n")
        shown = operator.types("replan", "--policy", "careful.toml")
        assert shown.code == 6
        command = shown.err[shown.err.index("stairlift replan ") :].splitlines()[0].split()
        assert command[3:5] == ["--policy", "careful.toml"]
        assert operator.types(*command[1:]).code == 0

    def test_a_policy_that_was_changed(self, lab):
        _, operator = lab
        operator.write("careful.toml", 'max_unavailable = { resource = 2 }\ncanary = 1\napprove = ["batch"]\n')
        answer = operator.types("replan", "--policy", "careful.toml", "--yes")
        assert answer.code == 0, answer.err
        assert "plan     window plane:resource: 1 -> 2" in answer.out
        assert "plan     policy approve: none -> " in answer.out
        assert operator.types("resume").code == 0

    def test_a_host_that_has_died_forbids_it_until_somebody_waives_it(self, lab):
        cloud, operator = lab
        cloud.fault("host-dies", host="cmp3")
        cloud.advance(3600)
        refused = operator.types("replan", "--yes")
        assert (refused.code, "record.stale" in refused.err) == (4, True)
        assert len(operator.types("list", "-o", "json").document) == 1
        answer = operator.types("replan", "--yes", "--waive", "record.stale:nova-compute@cmp3")
        assert answer.code == 0, answer.err
        assert f"gone     {COMPUTE[3]}" in answer.out
        assert operator.types("resume").code == 0

    def test_a_source_that_is_silent_is_no_drift(self, lab):
        """What it would have told of has not gone."""
        cloud, operator = lab
        cloud.fault("http", path="/os-services", status=503)
        answer = operator.types("replan", "--yes")
        assert answer.code == 4
        assert "source.server-error" in answer.err
        assert len(operator.types("list", "-o", "json").document) == 1

    def test_another_cloud_is_refused(self, lab):
        _, operator = lab
        with Sandbox(small_cloud(3)) as other:
            operator.at(other, "elsewhere")
            run = operator.types("list", "-o", "json").document[0]["run"]
            refused = operator.types("replan", run, "--os-cloud", "elsewhere")
            assert (refused.code, "drift.cloud" in refused.err) == (4, True), refused.err


def test_a_rollback_takes_back_what_both_runs_have_done(tmp_path):
    """Also the step that failed in the first: its host may be half upgraded."""
    with Sandbox(small_cloud(3)) as cloud:
        operator = Operator(tmp_path).at(cloud).with_strategy('undo = ["./undo", "{host}"]')
        operator.write("undo", '#!/bin/sh\necho "undo $1" >>"$(dirname "$0")/calls"\n').chmod(0o755)
        operator.plans("--stage", "compute", to="2026.1")
        operator.write("fail", "upgrade cmp2\n")
        assert operator.types("run", "plan.json", "--yes").code == 5
        operator.write("careful.toml", "max_unavailable = { resource = 2 }\n")
        assert operator.types("replan", "--policy", "careful.toml", "--yes").code == 0
        assert operator.status()["state"] == "paused"
        answer = operator.types("rollback", operator.status()["run"])
        assert answer.code == 0, answer.err
        assert sorted(call for call in operator.calls if call.startswith("undo")) == ["undo cmp1", "undo cmp2"]
        assert states(operator) == {COMPUTE[1]: "undone", COMPUTE[2]: "undone", COMPUTE[3]: "pending"}


def test_a_run_that_is_over_is_not_planned_anew(tmp_path):
    with Sandbox(small_cloud(1)) as cloud:
        operator = Operator(tmp_path).at(cloud).with_strategy()
        operator.plans("--stage", "compute", to="2026.1")
        assert operator.types("run", "plan.json", "--yes").code == 0
        refused = operator.types("replan")
        assert (refused.code, "[replan.not_at_rest]" in refused.err) == (4, True)
        assert "make a new plan" in refused.err


def test_a_part_stays_that_part(tmp_path):
    with Sandbox(small_cloud(3)) as cloud:
        operator = Operator(tmp_path).at(cloud).with_strategy()
        operator.plans("--stage", "compute", "--exclude", "cmp3", to="2026.1")
        operator.write("fail", "upgrade cmp2\n")
        assert operator.types("run", "plan.json", "--yes").code == 5
        with Sandbox(small_cloud(4)) as later:
            operator.at(later)
            _, found = difference(operator)
            assert [step["id"] for step in found["new"]] == [COMPUTE[4]]
            assert found["gone"] == []
            assert found["kept"] == [COMPUTE[1]]
