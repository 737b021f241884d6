"""Signals, lost terminals, kills, rivals: nothing is lost, nothing that has ended runs twice, and the codes are right."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from operating import COMMAND, Operator, Terminal, small_cloud, until
from stairlift.sandbox.server import Sandbox

CANARY, SECOND = "2025.2-compute@cmp1", "2025.2-compute@cmp2"


@pytest.fixture
def slow(operator):
    """An operator with a plan of two hypervisors, the first of which takes until `goes_on`."""
    operator.plans("--stage", "compute")
    operator.write("slow", "cmp1")
    yield operator
    (operator.folder / "slow").unlink(missing_ok=True)


def goes_on(operator):
    (operator.folder / "slow").unlink()


def begun(operator) -> str:
    """Wait until the canary's process is at work; the run's id."""
    until(lambda: operator.calls)
    return operator.status()["run"]


def states(operator) -> dict[str, tuple[str, int]]:
    return {s["id"]: (s["state"], s["attempts"]) for s in operator.status("--steps")["step_list"]}


def ends(process) -> tuple[int, str]:
    _, err = process.communicate(timeout=30)
    assert "Traceback" not in err, err
    return process.returncode, err


DONE = {CANARY: ("done", 1), SECOND: ("done", 1)}
CALLS = ["upgrade nova-compute cmp1 2025.1 2025.2", "upgrade nova-compute cmp2 2025.1 2025.2"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_detaches_and_resume_adopts(slow, number, code):
    process = slow.begins("run", "plan.json", "--yes")
    run = begun(slow)
    process.send_signal(number)
    left, said = ends(process)
    assert left == code
    assert f"stairlift resume {run}" in said
    status = slow.status()
    assert (status["state"], status["orchestrator"]) == ("running", None)
    assert states(slow)[CANARY] == ("running", 1), "its attempt goes on"
    goes_on(slow)
    answer = slow.types("resume")
    assert answer.code == 0, answer.err
    assert states(slow) == DONE
    assert slow.calls == CALLS


def test_impatience_changes_nothing(slow):
    process = slow.begins("run", "plan.json", "--yes")
    begun(slow)
    for _ in range(20):
        process.send_signal(signal.SIGTERM)
    left, said = ends(process)
    assert left in {143, -signal.SIGTERM}, "the last one may come while it leaves; to a shell both are 143"
    assert "[bug]" not in said
    goes_on(slow)
    assert slow.types("resume").code == 0
    assert slow.calls == CALLS


def test_an_attempt_that_ended_while_nobody_looked_is_taken_as_it_ended(slow):
    process = slow.begins("run", "plan.json", "--yes")
    begun(slow)
    process.send_signal(signal.SIGTERM)
    ends(process)
    goes_on(slow)
    attempts = slow.folder / "state" / "attempts"
    until(lambda: list(attempts.rglob("result.json")))
    assert slow.types("resume").code == 0
    assert slow.calls == CALLS


def test_kill_9_and_resume(slow):
    process = slow.begins("run", "plan.json", "--yes")
    begun(slow)
    process.kill()
    process.wait()
    assert slow.status()["orchestrator"] is None, "the dead hold nothing"
    goes_on(slow)
    assert slow.types("resume").code == 0
    assert states(slow) == DONE
    assert slow.calls == CALLS


def test_a_second_orchestrator_is_refused_at_once_and_nothing_is_recorded(slow):
    process = slow.begins("run", "plan.json", "--yes")
    run = begun(slow)
    for words in (("run", "plan.json", "--yes"), ("run", "plan.json"), ("resume",), ("run", "plan.json", "--detach")):
        answer = slow.types(*words)
        assert (answer.code, answer.out) == (4, "")
        assert "[run.cloud_busy]" in answer.err
        assert run in answer.err
    assert len(slow.types("list", "-o", "json").document) == 1
    assert slow.status()["orchestrator"]["pid"] == process.pid
    goes_on(slow)
    assert ends(process)[0] == 0
    assert slow.calls == CALLS


def test_the_orchestrator_at_work_takes_up_what_it_is_told(slow):
    slow.write("fail", "upgrade cmp2\n")
    toml = (slow.folder / "stairlift.toml").read_text()
    slow.write("stairlift.toml", toml + "[policy]\ncanary = 0\nmax_unavailable = 2\nfailure_budget = 1\n")
    slow.plans("--stage", "compute")
    process = slow.begins("run", "plan.json", "--yes")
    run = begun(slow)
    until(lambda: states(slow)[SECOND] == ("failed", 1))
    (slow.folder / "fail").unlink()
    answer = slow.types("retry", run, SECOND)
    assert "orchestrator at work" in answer.err
    until(lambda: states(slow)[SECOND] == ("done", 2))
    refused = slow.types("retry", run, CANARY)
    assert (refused.code, "it is running" in refused.err) == (4, True)
    goes_on(slow)
    assert ends(process)[0] == 0


def test_in_the_background(slow):
    answer = slow.types_to_a_process("run", "plan.json", "--yes", "--detach")
    assert answer.code == 0, answer.err
    run = answer.out.strip()
    assert f"stairlift status {run} --watch" in answer.err
    status = slow.status()
    assert (status["run"], status["state"]) == (run, "running")
    assert status["orchestrator"] is not None
    screen = Terminal(slow, "status", "--watch", "--steps").until(SECOND)
    assert screen.types("\x03").leaves() == 130
    assert "\x1b[?25h" in screen.text, "the cursor is there again"
    watch, follow = slow.begins("status", "--watch"), slow.begins("logs", "--follow")
    goes_on(slow)
    watched, followed = (process.communicate(timeout=30)[0] for process in (watch, follow))
    assert (watch.returncode, follow.returncode) == (0, 0)
    assert "2 of 2 steps done" in watched
    assert [line for line in followed.splitlines() if line[:2] != "=="] == [
        "upgrade nova-compute on cmp1",
        "upgrade nova-compute on cmp2",
    ]
    assert slow.status()["state"] == "done"
    assert slow.calls == CALLS


def test_a_background_that_cannot_begin_says_so_here(operator):
    plan = operator.plans("--stage", "finish")
    answer = operator.types_to_a_process("run", "plan.json", "--approve", plan["hash"], "--detach")
    assert answer.code == 0
    until(lambda: operator.status()["state"] == "waiting" and operator.status()["orchestrator"] is None)
    log = operator.folder / "state" / "orchestrators" / f"{answer.out.strip()}.log"
    assert "wants approval" in log.read_text()


def test_nohup(slow):
    """Whoever wants a hangup ignored gets it ignored, by the loop as well."""
    script = "trap '' HUP; exec " + " ".join((*COMMAND, "run", "plan.json", "--yes"))
    process = subprocess.Popen(
        ["/bin/sh", "-c", script], cwd=slow.folder, env=slow.environment(), stderr=subprocess.PIPE, text=True
    )
    begun(slow)
    process.send_signal(signal.SIGHUP)
    goes_on(slow)
    assert ends(process)[0] == 0


def test_ctrl_c_while_the_cloud_is_asked(operator, cloud):
    cloud.fault("http", path="/os-services", delay=20)
    before = len(cloud.log())
    process = operator.begins("discover")
    until(lambda: any("/os-services" in entry["path"] for entry in cloud.log()[before:]))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err


def test_ctrl_c_before_anything_was_done(operator):
    """While the program is still being imported."""
    process = operator.begins("discover")
    until(lambda: b"stairlift" in Path(f"/proc/{process.pid}/cmdline").read_bytes())
    until(
        lambda: "sqlite" in (maps := Path(f"/proc/{process.pid}/maps").read_text()) or "ssl" in maps or "orjson" in maps
    )
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert err == ""


class TestAtATerminal:
    def test_the_clouds_name_approves_the_plan_and_each_one_way_step_asks(self, operator):
        plan = operator.plans("--stage", "finish")
        terminal = Terminal(operator, "run", "plan.json")
        terminal.until("Type the cloud's name (sandbox) to approve it:")
        assert plan["hash"] in terminal.text
        assert "ONE-WAY: 2025.2-unpin-nova@ctl1, 2025.2-db-migrate-nova" in terminal.text
        terminal.types("sandbox\n").until("Approve it? [y/N]").types("y\n").until("Approve it? [y/N]").types("yes\n")
        assert terminal.leaves() == 0
        assert len(operator.calls) == 2

    def test_who_says_no_is_left_with_a_run_that_waits(self, operator):
        operator.plans("--stage", "finish")
        terminal = Terminal(operator, "run", "plan.json").until("to approve it:").types("sandbox\n")
        terminal.until("Approve it? [y/N]").types("\n")
        assert terminal.leaves() == 6
        assert operator.status()["state"] == "waiting"
        assert operator.calls == []
        again = Terminal(operator, "resume").until("Approve it? [y/N]").types("y\n")
        assert again.until("Approve it? [y/N]").types("n\n").leaves() == 6
        assert len(operator.calls) == 1

    @pytest.mark.parametrize(("typed", "code"), [("prod\n", 6), ("\n", 6), ("\x04", 6), ("\x03", 130)])
    def test_nothing_else_approves_it(self, operator, typed, code):
        operator.plans()
        assert Terminal(operator, "run", "plan.json").until("to approve it:").types(typed).leaves() == code
        assert operator.types("list", "-o", "json").document == []
        assert operator.calls == []

    def test_ctrl_c_detaches(self, slow):
        terminal = Terminal(slow, "run", "plan.json", "--yes").until("Ctrl-C detaches")
        run = begun(slow)
        assert terminal.types("\x03").leaves() == 130
        assert f"stairlift resume {run}" in terminal.text
        goes_on(slow)
        assert slow.types("resume").code == 0
        assert slow.calls == CALLS

    def test_a_terminal_that_is_lost_detaches(self, slow):
        terminal = Terminal(slow, "run", "plan.json", "--yes").until("Ctrl-C detaches")
        begun(slow)
        assert terminal.is_lost() == 129
        assert slow.status()["orchestrator"] is None
        goes_on(slow)
        assert slow.types("resume").code == 0
        assert slow.calls == CALLS

    @pytest.mark.parametrize("columns", [10, 40])
    def test_a_narrow_terminal(self, slow, columns):
        goes_on(slow)
        terminal = Terminal(slow, "run", "plan.json", "--yes", columns=columns)
        assert terminal.leaves() == 0

    def test_a_pipe_behind_a_terminal_is_nobody_to_ask(self, operator):
        """Somebody types, and cannot see the question: stderr goes to a file."""
        operator.plans()
        script = f"{' '.join(COMMAND)} run plan.json 2>talk"
        pid, terminal = os.forkpty()
        if pid == 0:
            os.chdir(operator.folder)
            os.execvpe("/bin/sh", ["/bin/sh", "-c", script], operator.environment())
        until(lambda: os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG))
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 6
        os.close(terminal)
        assert "waits for approval" in (operator.folder / "talk").read_text()


def test_two_clouds_side_by_side_in_one_journal(tmp_path):
    """Two clouds, two folders, one state directory: both run at once, and each environment means its own run."""
    with Sandbox(small_cloud(name="one")) as one, Sandbox(small_cloud(name="two")) as two:
        desks = []
        for name, cloud in (("one", one), ("two", two)):
            (tmp_path / name).mkdir()
            desk = Operator(tmp_path / name).at(cloud, name).with_strategy()
            desk.environ["STAIRLIFT_STATE_DIR"] = str(tmp_path / "state")
            desk.plans("--stage", "compute", "--hosts", "cmp1")
            desk.write("slow", "cmp1")
            desks.append(desk)
        processes = [desk.begins("run", "plan.json", "--yes") for desk in desks]
        for desk in desks:
            until(lambda desk=desk: desk.calls)
        assert [desk.status()["cloud"] for desk in desks] == ["one", "two"]
        nowhere = desks[0].types("status", OS_CLOUD="")
        assert (nowhere.code, "[run.ambiguous]" in nowhere.err) == (2, True)
        for desk in desks:
            goes_on(desk)
        assert [ends(process)[0] for process in processes] == [0, 0]
        assert [run["cloud"] for run in desks[0].types("list", "-o", "json").document].count("two") == 1
