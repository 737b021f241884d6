"""Pause, cancel and stop-after as people type them, with attempts that are processes and an orchestrator that may die."""

import json
import signal
import subprocess
import time
from datetime import timedelta

import pytest

from operating import Operator, Terminal, small_cloud, until
from stairlift.sandbox.server import Sandbox
from stairlift.wiring.config.settings import read_settings
from stairlift.wiring.office import open_office

CANARY, SECOND = "2025.2-compute@cmp1", "2025.2-compute@cmp2"
STUBBORN = """\
#!/bin/sh
trap '' TERM
cd "$(dirname "$0")"
echo "$1 $2 $3" >>calls
while :; do sleep 0.1; done
"""
WIDE = "[policy]\nmax_unavailable = { resource = 4 }\ncanary = 0"
#: What a word that is told may take until nothing starts any more, as the handbook promises.
PROMISED = timedelta(seconds=0.5)


@pytest.fixture
def slow(operator):
    """An operator with a plan of two hypervisors, the first of which takes until `goes_on`."""
    operator.plans("--stage", "compute")
    operator.write("slow", "cmp1")
    yield operator
    (operator.folder / "slow").unlink(missing_ok=True)


def goes_on(operator) -> None:
    (operator.folder / "slow").unlink()


def begun(operator) -> "tuple[subprocess.Popen[str], str]":
    """An orchestrator whose canary is at work, and its run."""
    process = operator.begins("run", "plan.json", "--yes")
    until(lambda: operator.calls)
    return process, operator.status()["run"]


def killed(operator) -> str:
    """The run of an orchestrator that was killed while its canary was at work."""
    process, run = begun(operator)
    process.kill()
    process.wait()
    return run


def ends(process) -> int:
    _, err = process.communicate(timeout=60)
    assert "Traceback" not in err, err
    return process.returncode


def journal(operator):
    return open_office(read_settings(operator.environment(), operator.folder, operator.folder)).store


def states(operator) -> dict[str, str]:
    return {s["id"]: s["state"] for s in operator.status("--steps")["step_list"]}


# Pause


def test_a_pause_from_another_terminal(slow):
    process, run = begun(slow)
    answer = slow.types("pause", "--reason", "lunch")
    assert answer.code == 0, answer.err
    assert f"run {run} is running (pausing, as" in answer.err
    assert f"in flight: {CANARY} on cmp1, upgrade" in answer.err
    assert "stays fenced: cmp1 (compute)" in answer.err
    assert slow.types("pause").code == 0, "twice is once"
    goes_on(slow)
    assert ends(process) == 7
    assert (slow.status()["state"], states(slow)) == ("paused", {CANARY: "done", SECOND: "pending"})
    again = slow.types("pause", run)
    assert (again.code, "paused already" in again.err) == (0, True)
    assert slow.types("resume").code == 0
    assert len(slow.calls) == 2


def test_no_step_starts_after_a_pause(tmp_path):
    """Forty hypervisors, four at a time, and a pause in the middle of it; what counts is on record.

    The handbook promises half a second until it is taken up, on a machine that has nothing else to do.
    """
    with Sandbox(small_cloud(40)) as cloud:
        operator = Operator(tmp_path).at(cloud).with_strategy(WIDE)
        operator.plans("--stage", "compute")
        process = operator.begins("run", "plan.json", "--yes")
        until(lambda: len(operator.calls) >= 5)
        assert operator.types_to_a_process("pause").code == 0
        assert ends(process) == 7
    store, run = journal(operator), operator.status()["run"]
    (told,) = store.commands(run)
    events = store.events(run)
    (pausing,) = (event for event in events if event.kind == "run.pausing")
    started = [event for event in events if event.kind == "step.started"]
    assert 5 <= len(started) < 40
    assert max(event.seq for event in started) < pausing.seq
    assert pausing.at <= told.at + 10 * PROMISED, "other tests may have the machine to themselves for a while"
    folders = list((tmp_path / "state" / "attempts").rglob("started"))
    assert len(folders) == len(started) == len(store.attempts(run))


def test_a_pause_of_a_run_whose_orchestrator_died_drains_it_here(slow):
    run = killed(slow)
    process = slow.begins("pause", run, "--reason", "night")
    until(lambda: slow.status()["reason"].startswith("pausing"))
    goes_on(slow)
    assert ends(process) == 0
    status = slow.status()
    assert (status["state"], status["orchestrator"]) == ("paused", None)
    assert states(slow) == {CANARY: "done", SECOND: "pending"}
    assert slow.calls == ["upgrade nova-compute cmp1 2025.1 2025.2"]


def test_a_pause_that_is_interrupted_leaves_the_attempt_alone(slow):
    run = killed(slow)
    process = slow.begins("pause", run)
    until(lambda: slow.status()["reason"].startswith("pausing"))
    process.send_signal(signal.SIGINT)
    assert ends(process) == 130
    assert slow.status()["state"] == "running"
    goes_on(slow)
    assert slow.types("resume").code == 0


# Cancel


def test_a_cancel_drains_and_the_orchestrator_leaves_with_8(slow):
    process, run = begun(slow)
    answer = slow.types("cancel", "--reason", "wrong window")
    assert answer.code == 0, answer.err
    assert f"run {run} is running (cancelling, as" in answer.err
    refused = slow.types("pause")
    assert (refused.code, "being cancelled" in refused.err) == (4, True)
    goes_on(slow)
    assert ends(process) == 8
    assert (slow.status()["state"], states(slow)) == ("cancelled", {CANARY: "done", SECOND: "pending"})
    assert slow.types("cancel").code == 0, "it has come true"
    left = slow.types("resume")
    assert (left.code, "is cancelled" in left.err) == (8, True)


def test_killed_between_the_cancel_and_its_end(slow):
    process, run = begun(slow)
    assert slow.types("cancel").code == 0
    process.kill()
    process.wait()
    assert (slow.status()["state"], slow.status()["orchestrator"]) == ("running", None)
    goes_on(slow)
    answer = slow.types("resume", run)
    assert answer.code == 8, answer.err
    assert states(slow) == {CANARY: "done", SECOND: "pending"}
    assert len(slow.calls) == 1


def test_cancel_now_ends_a_job_that_will_not_end(operator):
    operator.write("step", STUBBORN).chmod(0o755)
    operator.plans("--stage", "compute")
    process, run = begun(operator)
    assert operator.types("cancel", "--now", "--reason", "it hangs").code == 0
    assert ends(process) == 8
    (step, other) = operator.status("--steps")["step_list"]
    assert (step["state"], other["state"]) == ("unknown", "pending")
    assert step["reason"].startswith("it was ended by cancel --now; ")
    left = subprocess.run(["pgrep", "-f", str(operator.folder / "step")], capture_output=True, text=True, check=False)
    assert left.stdout == ""
    assert operator.types("status", run).code == 0


def test_cancel_now_where_nobody_orchestrates_and_no_cloud_answers(slow):
    run = killed(slow)
    answer = slow.types("cancel", run, "--now", OS_CLIENT_CONFIG_FILE=str(slow.folder / "nowhere.yaml"))
    assert answer.code == 0, answer.err
    assert slow.status()["state"] == "cancelled"
    (step, _) = slow.status("--steps")["step_list"]
    assert step["state"] == "unknown"
    assert "the registry could not be asked" in step["reason"]


def test_pause_and_cancel_at_once(slow):
    process, _ = begun(slow)
    told = [slow.begins("pause"), slow.begins("cancel")]
    codes = [ends(each) for each in told]
    assert codes[1] == 0
    assert codes[0] in (0, 4), "it came before or after the other"
    goes_on(slow)
    assert ends(process) == 8


def test_a_run_that_waits_is_paused_and_cancelled_by_a_line(operator):
    operator.plans()
    digest = json.loads((operator.folder / "plan.json").read_text())["hash"]
    assert operator.types("run", "plan.json", "--approve", digest).code == 6
    before = len(operator.calls)
    assert operator.types("pause").code == 0
    assert operator.status()["state"] == "paused"
    answer = operator.types("cancel", "--reason", "not this year")
    assert "nothing of it runs" in answer.err
    assert operator.status()["reason"].endswith("said: not this year")
    assert len(operator.calls) == before
    assert operator.types_to_a_process("guard", "--", "true").code == 0, "it holds nothing"


def test_at_a_terminal_a_cancel_asks_once(slow):
    process, _ = begun(slow)
    no = Terminal(slow, "cancel")
    no.until("Cancel it? [y/N]").types("n\n")
    assert no.leaves() == 0
    assert slow.status()["reason"] == ""
    yes = Terminal(slow, "cancel")
    yes.until("Cancel it? [y/N]").types("y\n")
    assert yes.leaves() == 0
    assert Terminal(slow, "cancel", "--yes").leaves() == 0
    goes_on(slow)
    assert ends(process) == 8


# Stop after a stage


def test_a_run_stops_after_a_stage_and_resume_goes_on(operator):
    operator.plans()
    assert operator.types("run", "plan.json", "--yes", "--stop-after", "control").code == 7
    assert "everything up to stage control is done" in operator.status()["reason"]
    assert not any("cmp1" in call for call in operator.calls)
    assert operator.types("resume").code == 0


def test_a_stage_is_named_while_it_runs_and_one_that_is_behind_is_refused(operator):
    operator.plans()
    operator.write("slow", "ctl1")
    process, run = begun(operator)
    assert operator.types("pause", "--after", "control", "--reason", "the weekend").code == 0
    goes_on(operator)
    assert ends(process) == 7
    operator.write("slow", "cmp1")
    process = operator.begins("resume")
    until(lambda: any("cmp1" in call for call in operator.calls))
    refused = operator.types("pause", run, "--after", "control")
    assert (refused.code, "it has left that stage behind" in refused.err) == (4, True)
    goes_on(operator)
    assert ends(process) == 0


def test_words_that_do_not_fit_together(operator):
    operator.plans()
    both = operator.types("run", "plan.json", "--stage", "control", "--stop-after", "compute")
    assert (both.code, "[run.two_ends]" in both.err) == (2, True)
    assert operator.types("pause").code == 2, "there is no run"


# Failures and other people's words


def test_a_failure_is_asked_about_at_a_terminal(operator):
    operator.with_strategy('[policy]\non_failure = "ask"')
    operator.plans("--stage", "compute")
    operator.write("fail", "upgrade cmp1\n")
    assert operator.types("run", "plan.json", "--yes").code == 6
    (waits,) = operator.status()["waiting_for"]
    assert (waits["step"], waits["what"]) == (CANARY, "failure")
    assert "retry" in waits["command"]
    terminal = Terminal(operator, "resume")
    terminal.until("[retry/skip/pause]")
    (operator.folder / "fail").unlink()
    terminal.types("retry\n")
    assert terminal.leaves() == 0


def test_whoever_pauses_at_the_prompt_leaves_with_7(operator):
    operator.with_strategy('[policy]\non_failure = "ask"')
    operator.plans("--stage", "compute")
    operator.write("fail", "upgrade cmp1\n")
    terminal = Terminal(operator, "run", "plan.json", "--yes")
    terminal.until("[retry/skip/pause]").types("pause\n")
    assert terminal.leaves() == 7
    assert operator.status()["state"] == "paused"


def test_a_skip_wants_a_reason(operator):
    operator.plans("--stage", "compute")
    operator.write("fail", "upgrade cmp1\n")
    assert operator.types("run", "plan.json", "--yes").code == 5
    run = operator.status()["run"]
    bare = operator.types("skip", run, CANARY)
    assert (bare.code, "[run.no_reason]" in bare.err) == (2, True)
    assert operator.types("skip", run, CANARY, "--reason", "it is going to be scrapped").code == 0
    assert operator.types("resume").code == 0


def test_an_approval_says_what_it_covers(operator):
    operator.plans()
    digest = json.loads((operator.folder / "plan.json").read_text())["hash"]
    assert operator.types("run", "plan.json", "--approve", digest).code == 6
    status = operator.status()
    (waits, *_) = status["waiting_for"]
    answer = operator.types("approve", status["run"], waits["step"])
    assert "approved is ONE-WAY " in answer.err
    assert f"of plan {digest}" in answer.err


def test_the_dead_are_noticed_at_once(slow):
    """A pause does not wait three seconds for an orchestrator that is not there."""
    run = killed(slow)
    goes_on(slow)
    began = time.monotonic()
    assert slow.types("pause", run, "--after", "finish").code == 0
    assert time.monotonic() - began < 3
