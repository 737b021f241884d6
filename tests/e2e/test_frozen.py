"""What was approved is what runs: a file that changes in the middle of a run pauses it."""

import os
import signal

from operating import until

FIRST, SECOND = "2025.2-compute@cmp1", "2025.2-compute@cmp2"


def states(operator) -> dict[str, str]:
    return {s["id"]: s["state"] for s in operator.status("--steps")["step_list"]}


def at_work_on(operator, host: str):
    operator.plans()
    operator.write("slow", host)
    process = operator.begins("run", "plan.json", "--yes")
    until(lambda: any(f" {host} " in call for call in operator.calls))
    return process


def change(operator) -> str:
    """Change the script, and give what it was; in place of the old, since a shell reads while it runs."""
    script = operator.folder / "step"
    before = script.read_text()
    (operator.folder / "new").write_text(before + "# changed\n")
    (operator.folder / "new").chmod(0o755)
    os.replace(operator.folder / "new", script)  # noqa: PTH105
    return before


def put_back(operator, before: str) -> None:
    operator.write("back", before).chmod(0o755)
    (operator.folder / "back").rename(operator.folder / "step")


def test_a_file_that_changes_pauses_the_run_and_what_is_in_flight_ends(operator):
    process = at_work_on(operator, "cmp1")
    before = change(operator)
    (operator.folder / "slow").unlink()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 7, err
    assert f"{operator.folder}/step has changed; put it back, or make a new plan" in err
    status = operator.status()
    assert status["state"] == "paused"
    assert "step has changed" in status["reason"]
    assert (states(operator)[FIRST], states(operator)[SECOND]) == ("done", "pending")

    refused = operator.types("resume", "--yes")
    assert refused.code == 4
    assert "[plan.files_changed]" in refused.err
    assert not any(" cmp2 " in call for call in operator.calls)

    put_back(operator, before)
    resumed = operator.types("resume", "--yes")
    assert resumed.code == 0, resumed.err
    assert sum(" cmp1 " in call for call in operator.calls) == 1


def test_an_orchestrator_that_is_killed_then_makes_no_difference(operator):
    process = at_work_on(operator, "cmp1")
    before = change(operator)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (operator.folder / "slow").unlink()
    refused = operator.types("resume", "--yes")
    assert refused.code == 4
    assert "[plan.files_changed]" in refused.err
    put_back(operator, before)
    assert operator.types("resume", "--yes").code == 0
    assert sum(" cmp1 " in call for call in operator.calls) == 1
