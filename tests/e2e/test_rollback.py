"""`stairlift rollback` as people type it: refused, shown, carried out, killed, taken up again."""

import re
import signal
import sys
from pathlib import Path

import pytest

from golden_text import assert_golden
from operating import Terminal, until

UNDO = """\
#!/bin/sh
cd "$(dirname "$0")"
echo "begin $2" >>undone
[ -e slow-undo ] && [ "$2" = "$(cat slow-undo)" ] && while [ -e slow-undo ]; do sleep 0.05; done
[ -e fail-undo ] && grep -qx "$2" fail-undo && { echo "no old package for $2"; exit 3; }
echo "end $2" >>undone
"""
ONE, TWO, THREE = (f"2025.2-compute@cmp{n}" for n in (1, 2, 3))


@pytest.fixture
def able(operator):
    """An operator whose strategy vouches for an undo, with a plan of two hypervisors of which the second fails."""
    operator.write("undo", UNDO).chmod(0o755)
    operator.with_strategy('undo = ["./undo", "{service}", "{host}"]')
    operator.plans("--stage", "compute")
    operator.write("fail", "upgrade cmp2\n")
    yield operator
    for name in ("slow", "slow-undo"):
        (operator.folder / name).unlink(missing_ok=True)


def failed(operator) -> str:
    """A run that has failed on cmp2; its id."""
    assert operator.types("run", "plan.json", "--yes").code == 5
    return operator.status()["run"]


def undone(operator) -> list[str]:
    """What the undo script says, in order."""
    lines = operator.folder / "undone"
    return lines.read_text().splitlines() if lines.exists() else []


def states(operator) -> dict[str, tuple[str, int]]:
    return {s["id"]: (s["state"], s["attempts"]) for s in operator.status("--steps")["step_list"]}


WHOLE = ["begin cmp2", "end cmp2", "begin cmp1", "end cmp1"]
BACK = {ONE: ("undone", 2), TWO: ("undone", 2)}


def same(text: str) -> str:
    """The text without what is another one each time."""
    text = re.sub(r"\b\d{6}-[0-9a-f]{6}\b", "RUN", text)
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", "TIME", text)


def test_a_failed_run_is_taken_back_here(able):
    run = failed(able)
    answer = able.types("rollback", "--reason", "cmp2 panics")
    assert answer.code == 0, answer.err
    assert f"run {run} is to be taken back by" in answer.err
    assert "2 of 2 steps taken back (100%)" in answer.err
    assert undone(able) == WHOLE
    assert states(able) == BACK
    status = able.status()
    assert (status["state"], status["reason"], status["blocked_by"]) == ("rolled-back", "taken back to 2025.1", [])
    for words in (("rollback",), ("resume",)):
        again = able.types(*words)
        assert (again.code, "rolled-back" in again.err) == (0, True)
    assert undone(able) == WHOLE


def test_what_would_be_done_is_printed_and_nothing_is_told(able):
    run = failed(able)
    answer = able.types("rollback", "--dry-run")
    assert (answer.code, answer.err) == (0, "")
    assert_golden("rollback/preview.txt", same(answer.out))
    assert able.status()["state"] == "failed"
    assert [event for event in events(able, run) if "turning" in event] == []


def events(operator, run: str) -> list[str]:
    import sqlite3

    with sqlite3.connect(operator.folder / "state" / "stairlift.sqlite") as database:
        return [kind for (kind,) in database.execute("select kind from event where run = ? order by seq", (run,))]


def test_a_person_is_asked_and_may_say_no(able):
    failed(able)
    screen = Terminal(able, "rollback").until("to take it back:")
    assert TWO in screen.text
    assert "no database is restored" in screen.text
    assert screen.types("no\n").leaves() == 0
    assert able.status()["state"] == "failed"
    assert undone(able) == []
    cloud = able.status()["cloud"]
    screen = Terminal(able, "rollback").until("to take it back:")
    assert screen.types(f"{cloud}\n").leaves() == 0
    assert undone(able) == WHOLE


def test_its_orchestrator_takes_it_back_where_there_is_one(able):
    able.write("slow", "cmp1")
    process = able.begins("run", "plan.json", "--yes")
    until(lambda: able.calls)
    answer = able.types("rollback")
    assert answer.code == 0, answer.err
    assert f"stairlift status {able.status()['run']} --watch" in answer.err
    status = able.status()
    assert status["state"] == "running", "what is in flight comes to its end first"
    assert status["reason"].startswith("rolling back, as ")
    (able.folder / "slow").unlink()
    _, err = process.communicate(timeout=30)
    assert (process.returncode, "Traceback" in err) == (0, False), err
    assert undone(able) == ["begin cmp1", "end cmp1"]
    assert states(able) == {ONE: ("undone", 2), TWO: ("pending", 0)}


def test_kill_9_in_the_middle_undoes_nothing_twice(able):
    failed(able)
    able.write("slow-undo", "cmp2")
    process = able.begins("rollback")
    until(lambda: undone(able))
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    status = able.status()
    assert (status["state"], status["orchestrator"]) == ("rolling-back", None)
    assert states(able)[TWO] == ("undoing", 2)
    (able.folder / "slow-undo").unlink()
    answer = able.types("resume")
    assert answer.code == 0, answer.err
    assert undone(able) == WHOLE
    assert states(able) == BACK


def test_status_tells_how_far_it_is(able):
    failed(able)
    able.write("slow-undo", "cmp2")
    process = able.begins("rollback")
    until(lambda: undone(able))
    told = able.types("status").out
    assert "rolling-back" in told
    assert "0 of 2 steps taken back (0%), 1 in flight" in told
    assert f"undoing   {TWO} on cmp2, undo of upgrade" in told
    assert "stairlift retry" not in told
    watch = able.begins("status", "--watch")
    until(lambda: "watch" in Path(f"/proc/{watch.pid}/cmdline").read_text())
    (able.folder / "slow-undo").unlink()
    assert (process.communicate(timeout=30), process.returncode)[1] == 0
    assert "2 of 2 steps taken back (100%)" in watch.communicate(timeout=30)[0]


def test_a_rollback_that_was_left_is_taken_up_by_rollback_as_well(able):
    failed(able)
    able.write("slow-undo", "cmp2")
    process = able.begins("rollback")
    until(lambda: undone(able))
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, "stairlift resume" in err) == (143, True), err
    (able.folder / "slow-undo").unlink()
    answer = able.types("rollback")
    assert answer.code == 0, answer.err
    assert undone(able) == WHOLE


def test_a_paused_rollback_goes_on_as_one(able):
    failed(able)
    able.write("slow-undo", "cmp2")
    process = able.begins("rollback")
    until(lambda: undone(able))
    able.types("pause", "--reason", "lunch")
    (able.folder / "slow-undo").unlink()
    assert (process.communicate(timeout=30), process.returncode)[1] == 7
    assert able.status()["state"] == "paused"
    assert undone(able) == WHOLE[:2]
    assert able.types("resume").code == 0
    assert undone(able) == WHOLE


def test_a_cancelled_rollback_stays_where_it_is(able):
    failed(able)
    able.write("slow-undo", "cmp2")
    process = able.begins("rollback")
    until(lambda: undone(able))
    able.types("cancel", "--yes")
    (able.folder / "slow-undo").unlink()
    assert (process.communicate(timeout=30), process.returncode)[1] == 8
    assert undone(able) == WHOLE[:2]
    assert able.types("rollback").code == 4


def test_an_undo_that_fails_is_5_and_a_retry_goes_on(able):
    run = failed(able)
    able.write("fail-undo", "cmp2\n")
    answer = able.types("rollback")
    assert answer.code == 5
    assert f"stairlift retry {run} {TWO}" in answer.err
    assert "no old package for cmp2" in answer.err
    assert states(able) == {ONE: ("done", 1), TWO: ("undo-failed", 2)}
    (able.folder / "fail-undo").unlink()
    assert able.types("retry", run, TWO).code == 0
    assert able.types("resume").code == 0
    assert states(able) == {ONE: ("undone", 2), TWO: ("undone", 3)}


def test_a_silent_registry_is_named_and_waited_for(able, cloud):
    failed(able)
    cloud.fault("http", path="/os-services", status=503, times=2)
    answer = able.types("rollback")
    assert answer.code == 0, answer.err
    assert "nova-services does not answer: what it knows of must report before it counts as taken back" in answer.err
    assert states(able) == BACK


def test_changed_files_pause_it(able):
    failed(able)
    able.write("undo", UNDO + "# mended\n")
    answer = able.types("rollback")
    assert answer.code == 7
    assert "has changed" in answer.err
    assert undone(able) == []
    able.write("undo", UNDO)
    assert able.types("resume").code == 0
    assert undone(able) == WHOLE


# A real Ansible

PLAYBOOK = """\
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.raw: echo upgraded >>{{ playbook_dir }}/{{ inventory_hostname }}
    - ansible.builtin.raw: "{{ 'exit 3' if inventory_hostname == 'cmp2' else 'true' }}"
"""
BACK_PLAYBOOK = """\
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.raw: echo "back to {{ stairlift_from }}, undo $STAIRLIFT_UNDO" >>{{ playbook_dir }}/{{ inventory_hostname }}
"""
ANSIBLE_TOML = """\
[[strategy]]
match = {{}}
use = "ansible"
command = ["{ansible}"]
playbook = "site.yml"
undo_playbook = "back.yml"
"""


def test_ansible_takes_back_what_it_has_done(operator):
    operator.write("ansible.cfg", "[defaults]\ninventory = hosts.ini\n")
    hosts = "".join(f"{name} ansible_connection=local\n" for name in ("ctl1", "cmp1", "cmp2"))
    operator.write("hosts.ini", hosts)
    operator.write("site.yml", PLAYBOOK)
    operator.write("back.yml", BACK_PLAYBOOK)
    operator.write("stairlift.toml", ANSIBLE_TOML.format(ansible=Path(sys.prefix, "bin", "ansible-playbook")))
    plan = operator.plans("--stage", "compute")
    assert {step["reversibility"] for step in plan["steps"]} == {"undo"}
    assert operator.types("run", "plan.json", "--yes").code == 5
    answer = operator.types("rollback")
    assert answer.code == 0, answer.err
    assert states(operator) == BACK
    for name in ("cmp1", "cmp2"):
        assert (operator.folder / name).read_text().splitlines() == ["upgraded", "back to 2025.1, undo 1"]


# Refused


def test_without_an_undo_it_is_refused_and_says_what_is_possible(operator):
    operator.plans("--stage", "compute")
    operator.write("fail", "upgrade cmp2\n")
    assert operator.types("run", "plan.json", "--yes").code == 5
    answer = operator.types("rollback")
    assert (answer.code, answer.out) == (4, "")
    assert "[run.rollback_refused]" in answer.err
    assert_golden("rollback/no-undo.txt", same(answer.err))
    assert operator.status()["state"] == "failed"


def test_behind_a_one_way_step_it_is_refused_and_says_what_would_be_lost(operator):
    operator.write("undo", UNDO).chmod(0o755)
    operator.with_strategy('undo = ["./undo", "{service}", "{host}"]')
    plan = operator.plans()
    contract = next(s for s in plan["steps"] if s["reversibility"] == "no-return")
    operator.write("fail", f"{contract['action']} {contract['hosts'][0]}\n")
    answer = operator.types("run", "plan.json", "--yes")
    assert answer.code == 5, answer.err
    refused = operator.types("rollback")
    assert refused.code == 4
    assert_golden("rollback/one-way.txt", same(refused.err))
    assert operator.types("rollback", "--dry-run").code == 4
    assert not (Path(operator.folder) / "undone").exists()


def test_what_is_over_cannot_be_taken_back(operator):
    operator.plans("--stage", "compute")
    assert operator.types("run", "plan.json", "--yes").code == 0
    answer = operator.types("rollback")
    assert answer.code == 4
    assert "it is done" in answer.err


def test_a_run_on_which_a_later_one_builds_cannot_be_taken_back(able):
    first = failed(able)
    (able.folder / "fail").unlink()
    assert able.types("run", "plan.json", "--yes").code == 0
    for words in (("rollback", first), ("rollback", first, "--dry-run")):
        answer = able.types(*words)
        assert (answer.code, "has begun since, and builds on it" in answer.err) == (4, True)
    assert undone(able) == []
