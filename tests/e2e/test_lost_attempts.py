"""Attempts that nobody saw end, that fail for now or take too long: the real command, real processes, real kills."""

import os
import re
import signal
import time
from contextlib import suppress

import psutil
import pytest

from operating import Operator, until

CANARY, SECOND = "2025.2-compute@cmp1", "2025.2-compute@cmp2"
FIRST_CALL = "upgrade nova-compute cmp1 2025.1 2025.2"
REPEATABLE = "repeatable = true\n"


def at_work(operator: Operator, more: str = "") -> tuple:
    """A run whose first attempt is under way, and lasts until the file `slow` has gone."""
    operator.with_strategy(more)
    operator.plans("--stage", "compute")
    operator.write("slow", "cmp1")
    process = operator.begins("run", "plan.json", "--yes")
    until(lambda: operator.calls == [FIRST_CALL])
    until(lambda: len(processes(operator)) >= 2)
    return process, operator.status()["run"]


@pytest.fixture(autouse=True)
def nothing_is_left(operator):
    yield
    (operator.folder / "slow").unlink(missing_ok=True)
    (operator.folder / "fail").unlink(missing_ok=True)
    until(lambda: not processes(operator))


def goes_on(operator: Operator) -> None:
    (operator.folder / "slow").unlink()


def processes(operator: Operator) -> list[psutil.Process]:
    """The supervisors of all attempts and what they have started."""
    mark = str(operator.folder / "state" / "attempts")
    found = []
    for process in psutil.process_iter():
        try:
            if mark in process.environ().get("STAIRLIFT_PROGRESS", ""):
                found.append(process)
        except psutil.Error:
            continue
    return found


def supervisors(operator: Operator) -> list[psutil.Process]:
    return [process for process in processes(operator) if "supervisor.py" in _typed(process)]


def _typed(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


def all_die(operator: Operator) -> None:
    """As on a machine that loses power. Nobody gets to say anything."""
    while left := processes(operator):
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()


def states(operator: Operator) -> dict[str, tuple[str, int]]:
    return {s["id"]: (s["state"], s["attempts"]) for s in operator.status("--steps")["step_list"]}


def ends(process) -> tuple[int, str]:
    _, err = process.communicate(timeout=60)
    assert "Traceback" not in err, err
    return process.returncode, err


# The machine dies


def test_after_a_reboot_what_bears_it_is_looked_at_and_begun_anew_by_itself(operator):
    process, _ = at_work(operator, REPEATABLE + "[policy]\nretry_after = 1\n")
    process.kill()
    process.wait()
    all_die(operator)
    goes_on(operator)
    answer = operator.types("resume")
    assert answer.code == 0, answer.err
    assert "it was begun and left no result" in answer.err
    looked = "half-way; (no registry misses its services|nova-compute on cmp1 is )"
    assert re.search(looked, answer.err), "its services were asked for first"
    assert states(operator) == {CANARY: ("done", 2), SECOND: ("done", 1)}
    assert operator.calls.count(FIRST_CALL) == 2


def test_after_a_reboot_what_does_not_say_so_waits_for_a_person(operator):
    process, run = at_work(operator)
    process.kill()
    process.wait()
    all_die(operator)
    goes_on(operator)
    answer = operator.types("resume")
    assert answer.code == 5
    assert states(operator) == {CANARY: ("unknown", 1), SECOND: ("pending", 0)}
    assert operator.calls == [FIRST_CALL]
    assert operator.types("retry", run, CANARY, "--reason", "looked at it").code == 0
    assert operator.types("resume").code == 0
    assert states(operator) == {CANARY: ("done", 2), SECOND: ("done", 1)}


# Only the supervisor dies


def test_a_supervisor_that_is_killed_with_its_job_under_a_living_orchestrator(operator):
    process, _ = at_work(operator, REPEATABLE + "[policy]\nretry_after = 1\n")
    (supervisor,) = supervisors(operator)
    (session,) = (operator.folder / "state" / "attempts").rglob("session")
    supervisor.kill()
    os.killpg(int(session.read_text()), signal.SIGKILL)
    goes_on(operator)
    assert ends(process)[0] == 0
    assert states(operator)[CANARY] == ("done", 2)


def test_as_long_as_its_job_lives_an_attempt_is_not_begun_anew(operator):
    process, run = at_work(operator, REPEATABLE)
    (supervisor,) = supervisors(operator)
    supervisor.kill()
    code, said = ends(process)
    assert code == 5
    assert "of it still runs: process " in said
    assert states(operator)[CANARY] == ("unknown", 1)
    assert operator.types("retry", run, CANARY).code in (0, 4)
    operator.types("resume")
    assert operator.calls == [FIRST_CALL], "a retry is refused as long as it lives"
    goes_on(operator)
    until(lambda: not processes(operator))
    assert operator.types("retry", run, CANARY).code == 0
    assert operator.types("resume").code == 0
    assert states(operator)[CANARY] == ("done", 2)


@pytest.mark.parametrize(("more", "code", "state"), [(REPEATABLE, 0, ("done", 2)), ("", 5, ("unknown", 1))])
def test_a_result_that_is_torn_is_none(operator, more, code, state):
    """A disk that lost the end of a file; its attempt may have gone well, and nobody knows."""
    process, _ = at_work(operator, more + "[policy]\nretry_after = 1\n")
    process.kill()
    process.wait()
    goes_on(operator)
    (result,) = until(lambda: list((operator.folder / "state" / "attempts").rglob("result.json")))
    until(lambda: not processes(operator))
    result.write_text(result.read_text().rstrip()[:-9])
    answer = operator.types("resume")
    assert (answer.code, states(operator)[CANARY]) == (code, state)
    assert "its result is torn" in answer.err


# Somebody stands still


def stand_still(pids: list[int], seconds: float) -> None:
    for pid in pids:
        psutil.Process(pid).send_signal(signal.SIGSTOP)
    time.sleep(seconds)  # nothing can be waited for: the point is that nothing comes of it
    for pid in pids:
        psutil.Process(pid).send_signal(signal.SIGCONT)


@pytest.mark.parametrize("who", ["supervisor", "orchestrator", "both"])
def test_who_stands_still_for_a_while_changes_nothing(operator, who):
    process, _ = at_work(operator, REPEATABLE)
    (supervisor,) = supervisors(operator)
    frozen = {"supervisor": [supervisor.pid], "orchestrator": [process.pid], "both": [supervisor.pid, process.pid]}
    goes_on(operator)
    stand_still(frozen[who], 1.5)
    assert ends(process)[0] == 0
    assert states(operator) == {CANARY: ("done", 1), SECOND: ("done", 1)}
    assert operator.calls.count(FIRST_CALL) == 1


# It passes, or it takes too long


def test_what_fails_for_now_is_tried_again_by_itself(operator):
    operator.with_strategy("[policy]\nretries = 2\nretry_after = 1\n")
    operator.plans("--stage", "compute", "--hosts", "cmp1")
    step = (operator.folder / "step").read_text()
    busy = '[ "$(wc -l <calls)" -gt 2 ] || { echo "apt is locked"; exit 75; }\n'
    operator.write("step", step.replace("exit 0\n", busy + "exit 0\n")).chmod(0o755)
    operator.plans("--stage", "compute", "--hosts", "cmp1")
    answer = operator.types("run", "plan.json", "--yes")
    assert answer.code == 0, answer.err
    assert states(operator) == {CANARY: ("done", 3)}
    assert "apt is locked" in answer.err


def test_an_attempt_that_takes_too_long_is_ended_and_not_repeated(operator):
    process, run = at_work(operator, REPEATABLE + "[policy]\ndeadline = { compute = 2 }\n")
    code, said = ends(process)
    assert code == 5
    assert "it was ended at its deadline of 2 s" in said
    assert states(operator) == {CANARY: ("unknown", 1), SECOND: ("pending", 0)}
    assert processes(operator) == []
    assert operator.calls == [FIRST_CALL]
    goes_on(operator)
    assert operator.types("retry", run, CANARY).code == 0
    assert operator.types("resume").code == 0
