"""The Contract, sentence by sentence, as far as discover, plan, run, resume, retry, skip, approve and their views go."""

import json

import pytest
import yaml

from operating import Operator, small_cloud
from stairlift.sandbox.server import Sandbox

FINDING = {"code", "severity", "subject", "message", "resolution"}
DB_EXPAND, CONTROL, CANARY, SECOND, UNPIN, MIGRATE = (
    "2025.2-db-expand-nova",
    "2025.2-control@ctl1",
    "2025.2-compute@cmp1",
    "2025.2-compute@cmp2",
    "2025.2-unpin-nova@ctl1",
    "2025.2-db-migrate-nova",
)


def plan_words(*words: str) -> tuple[str, ...]:
    return ("plan", "--from", "2025.1", "--to", "2025.2", *words)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """An operator after a run that went well, and the run's id."""
    with Sandbox(small_cloud()) as cloud:
        operator = Operator(tmp_path_factory.mktemp("finished")).at(cloud).with_strategy()
        operator.plans()
        answer = operator.types("run", "plan.json", "--yes")
        assert answer.code == 0, answer.err
        assert answer.out == "", "talk is on stderr"
        yield operator


class TestDiscover:
    def test_the_document(self, operator):
        answer = operator.types("discover", "-o", "json")
        assert (answer.code, answer.err) == (0, "")
        found = answer.document
        assert found["schema"] == "stairlift.cloud/1"
        assert found["cloud"] == "sandbox"
        assert {"series", "candidates", "evidence", "proof"} <= set(found["release"])
        assert found["release"]["series"] is None
        assert found["release"]["candidates"] == ["2025.1", "2025.2"]
        for host in found["hosts"]:
            assert {"name", "aliases", "planes", "roles", "zone"} <= set(host)
        for service in found["services"]:
            keys = {"binary", "project", "host", "plane", "status", "state", "updated_at", "sources", "instances"}
            assert keys <= set(service)
            assert service["state"] in {"up", "down", "unknown"}
        assert {"name", "host", "state", "status"} <= set(found["hypervisors"][0])
        assert {"service_type", "interface", "url"} <= set(found["endpoints"][0])
        assert all(set(finding) == FINDING for finding in found["findings"])

    def test_one_service_per_binary_and_host(self, operator):
        services = operator.types("discover", "-o", "json").document["services"]
        assert sorted((s["binary"], s["host"]) for s in services) == [
            ("nova-compute", "cmp1"),
            ("nova-compute", "cmp2"),
            ("nova-conductor", "ctl1"),
        ]

    def test_tables_are_data_and_findings_are_talk(self, operator):
        answer = operator.types("discover")
        assert answer.code == 0
        assert "nova-conductor" in answer.out
        assert "api.unplaced" not in answer.out
        assert "api.unplaced" in answer.err

    @pytest.mark.parametrize("words", [("-o", "yaml"), ("-f", "yaml"), ("--format", "yaml"), ("--output", "yaml")])
    def test_yaml_by_any_name(self, operator, words):
        assert yaml.safe_load(operator.types("discover", *words).out)["schema"] == "stairlift.cloud/1"

    def test_f_is_o(self, operator):
        assert operator.types("discover", "-f", "json").document["schema"] == "stairlift.cloud/1"

    def test_sources_alone(self, operator):
        found = operator.types("discover", "--inventory", "hypervisors", "-o", "json").document
        assert len(found["hypervisors"]) == 2
        assert found["services"] == []

    def test_a_recording_tells_the_same_cloud(self, operator):
        live = operator.types("discover", "--save", "kept", "-o", "json").document
        assert operator.types("discover", "--inventory", "recording:kept", "-o", "json").document == live

    def test_only_endpoints_of_the_selected_interface_are_contacted(self, operator, cloud):
        before = len(cloud.log())
        operator.types("discover")
        asked = [entry["path"] for entry in cloud.log()[before:]]
        assert asked
        assert all(path.startswith(("/internal/", "/identity/")) for path in asked), asked


def test_a_large_cloud_is_cut_to_what_a_person_reads_and_says_how_to_see_all(tmp_path):
    with Sandbox(small_cloud(60)) as cloud:
        operator = Operator(tmp_path).at(cloud).with_strategy()
        answer = operator.types("discover")
        assert "60: cmp1 .. cmp60" in answer.out
        assert len(answer.out.splitlines()) < 50
        assert "... and 21 more hosts; -o json has all" in answer.err
        assert len(operator.types("discover", "-o", "json").document["hosts"]) == 61


class TestPlan:
    def test_the_document(self, operator):
        answer = operator.types(*plan_words("-o", "json"))
        assert answer.code == 0
        plan = answer.document
        assert plan["schema"] == "stairlift.plan/1"
        assert {"hash", "cloud", "from", "to", "hops", "steps", "findings"} <= set(plan)
        assert (plan["from"], plan["to"], plan["hops"]) == ("2025.1", "2025.2", ["2025.2"])
        keys = {"id", "action", "stage", "plane", "project", "services", "hosts", "strategy", "needs", "reason"}
        for step in plan["steps"]:
            assert keys <= set(step)
            assert step["reversibility"] in {"undo", "parking", "no-return"}
            assert step["services"]
            assert step["hosts"]
            assert step["reason"]
        assert all(set(finding) == FINDING for finding in plan["findings"])

    def test_steps_are_in_an_order_that_respects_needs(self, operator):
        seen = set()
        for step in operator.types(*plan_words("-o", "json")).document["steps"]:
            assert set(step["needs"]) <= seen
            seen.add(step["id"])

    def test_the_same_cloud_and_configuration_give_the_same_plan_and_hash(self, operator, cloud):
        first = operator.types(*plan_words("-o", "json")).document
        cloud.advance(3)
        again = operator.types(*plan_words("-o", "json")).document
        assert first["hash"] == again["hash"]
        assert first["steps"] == again["steps"]
        operator.write("stairlift.toml", (operator.folder / "stairlift.toml").read_text() + "[policy]\ncanary = 2\n")
        assert operator.types(*plan_words("-o", "json")).document["hash"] != first["hash"]

    def test_out_writes_what_o_json_prints(self, operator):
        printed = operator.types(*plan_words("-o", "json", "--out", "plan.json")).document
        assert json.loads((operator.folder / "plan.json").read_text()) == printed

    def test_codenames_are_series(self, operator):
        by_name = operator.types("plan", "--from", "epoxy", "--to", "flamingo", "-o", "json").document
        assert (by_name["from"], by_name["to"]) == ("2025.1", "2025.2")

    def test_commands_print_what_would_be_typed(self, operator):
        answer = operator.types(*plan_words("--commands"))
        assert f"cd {operator.folder} && {operator.folder}/step upgrade nova-compute cmp1 2025.1 2025.2" in answer.out

    def test_one_way_is_said_to_people(self, operator):
        answer = operator.types(*plan_words())
        assert "ONE-WAY" in answer.out
        assert "safe to stop here" in answer.out

    @pytest.mark.parametrize(
        ("words", "code", "finding"),
        [
            (("--to", "2025.2"), 4, "release.ambiguous"),
            (("--from", "2025.1", "--to", "2025.1"), 4, "plan.not_an_upgrade"),
            (("--from", "2025.1", "--to", "2024.2"), 4, "plan.not_an_upgrade"),
            (("--from", "2024.1", "--to", "2025.2"), 4, "release.contradicted"),
        ],
    )
    def test_a_refusal_leaves_with_4_says_why_and_is_a_document_all_the_same(self, operator, words, code, finding):
        answer = operator.types("plan", *words, "-o", "json", "--out", "refused.json")
        assert answer.code == code
        assert answer.document["schema"] == "stairlift.plan/1"
        assert finding in {f["code"] for f in answer.document["findings"]}
        assert finding in answer.err
        assert not (operator.folder / "refused.json").exists()

    def test_a_refusal_without_a_plan_has_no_hash_and_no_steps(self, operator):
        document = operator.types("plan", "--to", "2025.2", "-o", "json").document
        assert (document["hash"], document["steps"], document["hops"]) == (None, [], [])

    def test_an_unknown_series_is_2(self, operator):
        assert operator.types("plan", "--to", "zappa").code == 2
        assert operator.types("plan", "--from", "2025.3", "--to", "2026.1").code == 2

    def test_a_finding_is_waived_by_name_and_stays_on_record(self, operator):
        words = ("plan", "--from", "2024.2", "--to", "2025.1")
        assert operator.types(*words).code == 4
        answer = operator.types(*words, "--waive", "release.contradicted", "-o", "json")
        assert answer.code == 0, answer.err
        assert answer.document["waivers"] == ["release.contradicted"]
        told = operator.types(*words, "--waive", "release.contradicted", "--waive", "record.stal:x")
        assert "waived  release.contradicted" in told.err
        assert "--waive record.stal:x waives nothing" in told.err

    def test_narrowing(self, operator):
        hosts = operator.types(*plan_words("--hosts", "cmp*", "--exclude", "cmp2", "-o", "json")).document
        assert {host for step in hosts["steps"] for host in step["hosts"]} == {"cmp1"}
        stages = operator.types(*plan_words("--stage", "compute", "-o", "json")).document
        assert {step["stage"] for step in stages["steps"]} == {"compute"}
        assert "plan.narrowed" in {f["code"] for f in stages["findings"]}

    def test_a_policy_of_its_own(self, operator):
        operator.write("careful.toml", "canary = 2\n")
        plan = operator.types(*plan_words("--policy", "careful.toml", "-o", "json")).document
        assert plan["policy"]["canary"] == 2

    def test_what_nothing_matches_is_a_warning_of_the_plan_and_a_refusal_of_the_run(self, operator):
        operator.write("stairlift.toml", "")
        plan = operator.plans()
        assert "plan.no_strategy" in {f["code"] for f in plan["findings"]}
        answer = operator.types("run", "plan.json", "--yes")
        assert answer.code == 4
        assert "plan.no_strategy" in answer.err


class TestRun:
    def test_the_order_of_the_document_that_it_began_with(self, finished):
        assert [call.rsplit(" ", 2)[0] for call in finished.calls] == [
            "db-expand nova-conductor ctl1",
            "upgrade nova-conductor ctl1",
            "upgrade nova-compute cmp1",
            "upgrade nova-compute cmp2",
            "unpin nova-conductor ctl1",
            "db-migrate nova-conductor ctl1",
        ]

    def test_a_plan_that_was_carried_out_is_nothing_to_do(self, finished):
        before = finished.calls
        answer = finished.types("run", "plan.json", "--yes")
        assert answer.code == 0
        assert "nothing to do" in answer.err
        assert finished.calls == before
        assert len(finished.types("list", "-o", "json").document) == 1

    def test_unless_somebody_wants_it_again(self, operator):
        """As after a restore, where neither the journal nor an API that two releases share can tell."""
        operator.plans("--stage", "finish")
        for words, runs in ((), 1), (("--again",), 2), ((), 2):
            assert operator.types("run", "plan.json", "--yes", *words).code == 0
            assert len(operator.types("list", "-o", "json").document) == runs

    def test_resume_of_a_finished_run_is_0(self, finished):
        answer = finished.types("resume")
        assert (answer.code, answer.out) == (0, "")

    def test_a_plan_without_steps_is_nothing_to_do(self, operator):
        operator.plans("--stage", "network")
        answer = operator.types("run", "plan.json", "--yes")
        assert answer.code == 0
        assert "nothing to do" in answer.err

    def test_without_a_terminal_and_without_approval_it_is_6_and_nothing_is_recorded(self, operator):
        plan = operator.plans()
        answer = operator.types("run", "plan.json")
        assert answer.code == 6
        assert f"stairlift run plan.json --approve {plan['hash']}" in answer.err
        assert operator.types("list", "-o", "json").document == []

    def test_another_hash_is_4(self, operator):
        operator.plans()
        assert operator.types("run", "plan.json", "--approve", "sha256:00").code == 4
        assert operator.types("run", "plan.json", "--approve", "sha256:00", "--yes").code == 4
        assert operator.types("list", "-o", "json").document == []

    def test_approval_of_the_plan_is_not_that_of_its_one_way_steps(self, operator):
        plan = operator.plans("--stage", "finish")
        answer = operator.types("run", "plan.json", "--approve", plan["hash"])
        assert answer.code == 6
        status = operator.status()
        assert status["state"] == "waiting"
        assert [w["step"] for w in status["waiting_for"]] == [UNPIN]
        assert operator.calls == []
        # one after the other, each approved by name
        for step, code in ((UNPIN, 6), (MIGRATE, 0)):
            assert operator.types("approve", status["run"], step).code == 0
            assert operator.types("resume").code == code
        assert operator.status()["state"] == "done"

    def test_yes_approves_every_gate(self, operator):
        operator.plans("--stage", "finish")
        assert operator.types("run", "plan.json", "--yes").code == 0

    def test_yes_holds_across_resume(self, operator):
        operator.plans("--stage", "finish")
        operator.write("fail", "unpin ctl1\n")
        assert operator.types("run", "plan.json", "--yes").code == 5
        (operator.folder / "fail").unlink()
        assert operator.types("retry", operator.status()["run"], UNPIN).code == 0
        assert operator.types("resume").code == 0, "resume is not told --yes again"

    def test_resume_can_bring_the_approval(self, operator):
        plan = operator.plans("--stage", "finish")
        assert operator.types("run", "plan.json", "--approve", plan["hash"]).code == 6
        assert operator.types("resume", "--yes").code == 0

    def test_what_a_process_sees(self, operator):
        operator.write("step", '#!/bin/sh\nenv | grep ^STAIRLIFT_ | sort >"$(dirname "$0")/env.$1"\n').chmod(0o755)
        operator.plans("--stage", "control")
        assert operator.types("run", "plan.json", "--yes").code == 0
        seen = dict(line.split("=", 1) for line in (operator.folder / "env.upgrade").read_text().splitlines())
        assert seen["STAIRLIFT_RUN"] == operator.status()["run"]
        assert {
            key: seen[f"STAIRLIFT_{key}"] for key in ("STEP", "ATTEMPT", "ACTION", "SERVICE", "HOST", "FROM", "TO")
        } == {
            "STEP": CONTROL,
            "ATTEMPT": "1",
            "ACTION": "upgrade",
            "SERVICE": "nova-conductor",
            "HOST": "ctl1",
            "FROM": "2025.1",
            "TO": "2025.2",
        }

    def test_a_strategy_that_changed_after_the_plan_is_4(self, operator):
        operator.plans()
        operator.write("step", "#!/bin/sh\nexit 0\n").chmod(0o755)
        answer = operator.types("run", "plan.json", "--yes")
        assert answer.code == 4
        assert f"{operator.folder}/step has changed" in answer.err
        assert operator.types("list", "-o", "json").document == []

    def test_a_plan_made_of_a_recording_cannot_be_run(self, operator):
        assert operator.types("discover", "--save", "kept").code == 0
        operator.plans("--inventory", "recording:kept")
        answer = operator.types("run", "plan.json", "--yes")
        assert (answer.code, "plan.recorded" in answer.err) == (4, True)


@pytest.fixture(scope="module")
def failed(tmp_path_factory):
    """An operator after a run that failed at the canary, and what it said."""
    with Sandbox(small_cloud()) as cloud:
        operator = Operator(tmp_path_factory.mktemp("failed")).at(cloud).with_strategy()
        operator.plans()
        operator.write("fail", "upgrade cmp1\n")
        yield operator, operator.types("run", "plan.json", "--yes")


class TestFailure:
    def test_it_is_5_and_ends_with_counts_why_and_what_to_type(self, failed):
        operator, answer = failed
        run = operator.status()["run"]
        assert answer.code == 5
        end = answer.err.partition(f"{run}: ")[2]
        assert "2 of 6 steps done (33%), 1 failed, 3 not started" in end
        assert "why: " in end
        assert "exit status 3: no room on cmp1" in end
        assert f"stairlift logs {run} --step {CANARY}" in end
        assert f"stairlift retry {run} {CANARY}" in end
        assert f"stairlift resume {run}" in end

    def test_the_default_stops_at_the_first_failure(self, failed):
        operator, _ = failed
        assert not any("cmp2" in call for call in operator.calls)
        status = operator.status("--steps")
        assert status["state"] == "failed"
        assert status["steps"] == {"done": 2, "failed": 1, "pending": 3}
        assert status["blocked_by"][0]["step"] == CANARY
        assert {s["id"]: s["state"] for s in status["step_list"]}[CANARY] == "failed"

    def test_a_failed_run_that_nobody_mends_stays_failed(self, failed):
        operator, _ = failed
        assert operator.types("resume").code == 5

    @pytest.mark.parametrize(
        ("words", "code", "said"),
        [
            (("retry", SECOND), 4, "run.illegal_transition"),
            (("retry", DB_EXPAND), 4, "run.illegal_transition"),
            (("retry", "nope"), 2, "run.unknown_step"),
            (("skip", MIGRATE), 4, "run.cannot_skip"),
            (("skip", UNPIN), 4, "run.cannot_skip"),
            (("skip", DB_EXPAND), 4, "run.illegal_transition"),
            (("skip", "nope"), 2, "run.unknown_step"),
            (("approve", SECOND), 4, "run.illegal_transition"),
            (("approve", "nope"), 2, "run.unknown_step"),
        ],
    )
    def test_what_is_not_legal_is_refused_and_says_why(self, failed, words, code, said):
        operator, _ = failed
        command, step = words
        answer = operator.types(command, operator.status()["run"], step)
        assert (answer.code, answer.out) == (code, "")
        assert f"[{said}]" in answer.err

    def test_a_run_that_does_not_exist_is_2(self, failed):
        operator, _ = failed
        for words in (("status",), ("logs",), ("resume",)):
            assert operator.types(*words, "nope").code == 2
        assert operator.types("retry", "nope", "x").code == 2


def test_retry_records_and_the_next_orchestrator_acts(operator):
    operator.plans("--stage", "compute", "--hosts", "cmp1")
    operator.write("fail", "upgrade cmp1\n")
    assert operator.types("run", "plan.json", "--yes").code == 5
    (operator.folder / "fail").unlink()
    run = operator.status()["run"]
    answer = operator.types("retry", run, CANARY, "--reason", "made room")
    assert (answer.code, answer.out) == (0, "")
    assert f"stairlift resume {run}" in answer.err
    assert operator.status()["steps"] == {"failed": 1}, "recorded, not acted on"
    assert operator.status()["blocked_by"][0]["told"] == "retry"
    again = operator.types("resume")
    assert again.code == 0
    assert "made room" in again.err
    [step] = operator.status("--steps")["step_list"]
    assert (step["state"], step["attempts"]) == ("done", 2)


def test_a_skipped_step_lets_the_rest_go_on(operator):
    operator.plans("--stage", "compute")
    operator.write("fail", "upgrade cmp1\n")
    assert operator.types("run", "plan.json", "--yes").code == 5
    run = operator.status()["run"]
    assert operator.types("skip", run, CANARY, "--reason", "will be replaced").code == 0
    assert operator.types("resume").code == 0
    status = operator.status("--steps")
    assert {s["id"]: s["state"] for s in status["step_list"]} == {CANARY: "skipped", SECOND: "done"}
    assert operator.types("skip", run, SECOND).code == 4
    again = operator.types("skip", run, CANARY, "--reason", "will be replaced")
    assert again.code == 4, "the run is done"


def test_a_host_that_fails_within_the_budget_blocks_only_the_finish(operator):
    # a failed canary stops the others, and a failed host keeps its slot: neither is what this is about
    shares = "failure_budget = { resource = 1 }\nmax_unavailable = { resource = 2 }\n"
    operator.with_strategy(f"[policy]\ncanary = 0\n{shares}")
    operator.plans()
    operator.write("fail", "upgrade cmp1\n")
    assert operator.types("run", "plan.json", "--yes").code == 5
    states = {s["id"]: s["state"] for s in operator.status("--steps")["step_list"]}
    assert states[SECOND] == "done"
    assert (states[UNPIN], states[MIGRATE]) == ("pending", "pending")


class TestViews:
    def test_status(self, finished):
        status = finished.status()
        keys = {"schema", "run", "state", "cloud", "from", "to", "steps", "started_at", "ended_at"}
        assert keys | {"waiting_for", "blocked_by"} <= set(status)
        assert (status["schema"], status["state"]) == ("stairlift.status/1", "done")
        assert (status["cloud"], status["from"], status["to"]) == ("sandbox", "2025.1", "2025.2")
        assert status["steps"] == {"done": 6}
        assert (status["waiting_for"], status["blocked_by"]) == ([], [])
        assert status["started_at"] < status["ended_at"]
        assert "step_list" not in status

    def test_status_with_steps(self, finished):
        steps = finished.status("--steps")["step_list"]
        assert [s["id"] for s in steps] == [DB_EXPAND, CONTROL, CANARY, SECOND, UNPIN, MIGRATE]
        for step in steps:
            assert {"id", "state", "attempts", "started_at", "ended_at", "hosts", "services"} <= set(step)
            assert (step["state"], step["attempts"]) == ("done", 1)

    def test_status_is_data(self, finished):
        answer = finished.types("status", "--steps")
        assert (answer.code, answer.err) == (0, "")
        assert "6 of 6 steps done (100%)" in answer.out
        assert CANARY in answer.out

    def test_watching_a_run_that_is_over_ends_at_once(self, finished):
        answer = finished.types("status", "--watch")
        assert answer.code == 0
        assert "done in" in answer.out

    def test_list(self, finished):
        [run] = finished.types("list", "-o", "json").document
        assert run["run"] == finished.status()["run"]
        assert run["state"] == "done"
        assert run["run"] in finished.types("list").out

    def test_logs(self, finished):
        run = finished.status()["run"]
        everything = finished.types("logs", run)
        assert (everything.code, everything.err) == (0, "")
        assert "upgrade nova-compute on cmp2" in everything.out
        one = finished.types("logs", run, "--step", CANARY).out.splitlines()
        assert one[1:] == ["upgrade nova-compute on cmp1"]
        assert finished.types("logs", run, "--follow").out == everything.out
        assert finished.types("logs", run, "--step", "nope").code == 2

    def test_no_run_yet(self, operator):
        for words in (("status",), ("logs",), ("resume",)):
            answer = operator.types(*words)
            assert (answer.code, answer.out) == (2, "")
            assert "[run.none]" in answer.err
        assert operator.types("list").code == 0
        assert operator.types("list", "-o", "json").document == []


class TestInstalled:
    def test_strategies(self, operator):
        names = {entry["name"] for entry in operator.types("strategies", "-o", "json").document}
        assert {"ansible", "command"} <= names
        assert "AnsibleUpgradeStrategy" in operator.types("strategies").out

    def test_inventories(self, operator):
        names = {entry["name"] for entry in operator.types("inventories", "-o", "json").document}
        assert {"nova", "hypervisors", "neutron", "cinder", "keystone", "ansible"} <= names
        assert "NovaHypervisorInventory" in operator.types("inventories").out

    def test_db_upgrade(self, operator):
        for _ in range(2):
            answer = operator.types("db", "upgrade")
            assert (answer.code, answer.out) == (0, "")
        assert (operator.folder / "state" / "stairlift.sqlite").exists()


class TestUsage:
    @pytest.mark.parametrize(
        "words", [("bogus",), ("plan",), ("plan", "--bogus"), ("run",), ("retry", "x"), ("discover", "-o", "xml")]
    )
    def test_what_was_typed_wrong_is_2_and_said_on_stderr(self, operator, words):
        answer = operator.types(*words)
        assert (answer.code, answer.out) == (2, "")
        assert answer.err

    def test_commands_have_no_json(self, operator):
        assert operator.types(*plan_words("--commands", "-o", "json")).code == 2

    @pytest.mark.parametrize("word", ["--help", "-h"])
    def test_help(self, operator, word):
        answer = operator.types(word)
        assert (answer.code, answer.err) == (0, "")
        for command in ("discover", "plan", "run", "resume", "retry", "skip", "approve", "status", "list", "logs"):
            assert command in answer.out

    def test_help_shows_what_may_be_left_out(self, operator):
        assert "[RUN]" in operator.types("status", "--help").out
