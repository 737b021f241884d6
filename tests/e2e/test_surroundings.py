"""What surrounds a run, as people type it: begun before anything changes, ended whenever the run rests or has died."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from operating import Answer, Operator, small_cloud, until
from stairlift.sandbox.server import Sandbox

#: What an operator would have: the alerts are silenced while there is a file, and every call is kept beside the steps'.
SILENCE = """\
#!/bin/sh
cd "$(dirname "$0")"
echo "silence $*" >>calls
while [ -e stuck ]; do sleep 0.05; done
[ -e deaf ] && { echo "no answer"; exit 4; }
touch silenced
echo "id-$(grep -c ^silence calls)"
"""
UNSILENCE = """\
#!/bin/sh
cd "$(dirname "$0")"
echo "unsilence $* ($STAIRLIFT_BEGUN)" >>calls
[ -e deaf ] && { echo "no answer"; exit 4; }
rm silenced
"""
AROUND = """
[[around]]
name = "alerts"
check = ["test", "-e", "silenced"]
begin = ["./silence", "{run}", "{from}", "{to}"]
end = ["./unsilence", "{begun}"]
"""
FLAG = """
[[around]]
name = "noout"
begin = ["mkdir", "noout"]
end = ["rmdir", "noout"]
"""


@pytest.fixture(scope="module")
def cloud() -> Iterator[Sandbox]:
    with Sandbox(small_cloud()) as it:
        yield it


@pytest.fixture
def operator(cloud: Sandbox, tmp_path: Path) -> Operator:
    return surrounded(Operator(tmp_path).at(cloud), AROUND)


def surrounded(operator: Operator, more: str) -> Operator:
    operator.with_strategy(more)
    for name, text in (("silence", SILENCE), ("unsilence", UNSILENCE)):
        operator.write(name, text).chmod(0o755)
    return operator


def words(operator: Operator) -> list[str]:
    """The first word of each call, in order."""
    return [call.split()[0] for call in operator.calls]


def ledger(operator: Operator) -> dict[str, str]:
    found = operator.types("ledger", "-o", "json").document["effects"]
    return {effect["id"]: effect["state"] for effect in found}


def note(operator: Operator) -> str:
    (effect,) = operator.types("ledger", "-o", "json").document["effects"]
    return effect["note"]


def killed_while_it_begins(operator: Operator) -> None:
    """An orchestrator that has died between intended and made; what it has started goes on."""
    operator.plans("--stage", "compute")
    operator.write("stuck", "")
    process = operator.begins("run", "plan.json", "--yes")
    until(lambda: operator.calls, 90)
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    (operator.folder / "stuck").unlink()
    until((operator.folder / "silenced").exists)
    assert ledger(operator) == {"around:alerts": "intended"}


def restored(operator: Operator) -> Answer:
    done = operator.types("ledger", "--restore")
    assert done.code == 0, done.err
    assert not (operator.folder / "silenced").exists()
    return done


def test_it_is_begun_before_the_first_step_and_ended_behind_the_last(operator: Operator) -> None:
    operator.plans("--stage", "compute")
    done = operator.types("run", "plan.json", "--yes")
    assert done.code == 0, done.err
    run = operator.status()["run"]
    assert operator.calls[0] == f"silence {run} 2025.1 2025.2"
    assert words(operator) == ["silence", "upgrade", "upgrade", "unsilence"]
    assert operator.calls[-1] == "unsilence id-1 (id-1)"
    assert ledger(operator) == {"around:alerts": "restored"}
    kinds = [event["kind"] for event in operator.types("events", "-o", "json").document["events"]]
    assert kinds[2:5] == ["effect.intended", "effect.made", "step.started"]
    assert kinds[-2:] == ["effect.restored", "run.done"]


def test_a_plan_shows_it_and_a_runbook_types_it(operator: Operator) -> None:
    words_of_it = ("plan", "--from", "2025.1", "--to", "2025.2", "--stage", "compute")
    shown = operator.types(*words_of_it).out
    assert "around the run, whenever it is not at rest" in shown
    assert "└── alerts: ./silence '{run}' '{from}' '{to}', then ./unsilence '{begun}'" in shown
    typed = operator.types(*words_of_it, "--commands").out.splitlines()
    folder = operator.folder
    assert f"cd {folder} && {folder}/silence RUN 2025.1 2025.2" in typed
    assert typed[-2:] == ["# the end of alerts", f"cd {folder} && {folder}/unsilence BEGUN"]


def test_it_is_ended_while_the_run_is_paused_and_begun_anew_when_it_goes_on(operator: Operator) -> None:
    operator.plans("--stage", "compute")
    operator.write("slow", "cmp1")
    process = operator.begins("run", "plan.json", "--yes")
    until(lambda: "upgrade" in words(operator), 90)
    assert (operator.folder / "silenced").exists()
    assert ledger(operator) == {"around:alerts": "made"}
    assert operator.types("pause").code == 0
    (operator.folder / "slow").unlink()
    assert process.wait(60) == 7
    assert ledger(operator) == {"around:alerts": "restored"}
    assert operator.types("resume", "--yes").code == 0
    assert words(operator) == ["silence", "upgrade", "unsilence"] * 2
    assert operator.calls[-1] == "unsilence id-2 (id-2)"


def test_and_when_it_is_cancelled(operator: Operator) -> None:
    operator.plans("--stage", "compute")
    operator.write("slow", "cmp1")
    process = operator.begins("run", "plan.json", "--yes")
    until(lambda: "upgrade" in words(operator), 90)
    assert operator.types("cancel").code == 0
    (operator.folder / "slow").unlink()
    assert process.wait(60) == 8
    assert words(operator) == ["silence", "upgrade", "unsilence"]
    assert ledger(operator) == {"around:alerts": "restored"}


def test_a_failed_run_leaves_no_silence_behind(operator: Operator) -> None:
    operator.plans("--stage", "compute")
    operator.write("fail", "upgrade cmp1\n")
    assert operator.types("run", "plan.json", "--yes").code == 5
    assert ledger(operator) == {"around:alerts": "restored"}


def test_a_run_that_only_waits_for_its_approval_silences_nobody(cloud: Sandbox, tmp_path: Path) -> None:
    operator = surrounded(Operator(tmp_path).at(cloud), f'{AROUND}\n[policy]\napprove = ["start", "canary"]\n')
    plan = operator.plans("--stage", "compute")
    start, canary = (step["id"] for step in plan["steps"] if step["action"] == "approve")
    assert operator.types("run", "plan.json", "--approve", plan["hash"]).code == 6
    assert operator.calls == []
    assert operator.types("approve", operator.status()["run"], start).code == 0
    assert operator.types("resume").code == 6
    assert words(operator) == ["silence", "upgrade", "unsilence"], "it was ended while it waits for the next"
    assert operator.types("approve", operator.status()["run"], canary).code == 0
    assert operator.types("resume").code == 0
    assert words(operator) == ["silence", "upgrade", "unsilence"] * 2


def test_where_it_cannot_be_begun_nothing_starts_and_what_was_begun_is_put_back(cloud, tmp_path: Path) -> None:
    operator = surrounded(Operator(tmp_path).at(cloud), FLAG + AROUND)
    operator.plans("--stage", "compute")
    operator.write("deaf", "")
    failed = operator.types("run", "plan.json", "--yes")
    assert failed.code == 7
    assert "around.not_begun alerts: `begin` ended: exit status 4: no answer" in failed.err
    assert "stairlift resume" in failed.err
    assert words(operator) == ["silence"]
    assert ledger(operator) == {"around:noout": "restored", "around:alerts": "restored"}
    assert not (operator.folder / "noout").exists()
    (operator.folder / "deaf").unlink()
    assert operator.types("resume", "--yes").code == 0
    assert words(operator) == ["silence", "silence", "upgrade", "upgrade", "unsilence"]


def test_what_cannot_be_ended_keeps_no_run_from_its_end_and_is_ended_by_hand(operator: Operator) -> None:
    operator.plans("--stage", "compute")
    operator.write("slow", "cmp2")
    process = operator.begins("run", "plan.json", "--yes")
    until(lambda: words(operator).count("upgrade") == 2, 90)
    operator.write("deaf", "")
    (operator.folder / "slow").unlink()
    assert process.wait(60) == 0
    assert ledger(operator) == {"around:alerts": "made"}
    assert note(operator) == "`end` failed: ended: exit status 4: no answer"
    (fenced,) = operator.status()["fenced"]
    refused = operator.types(*fenced["command"].split()[1:])
    assert (refused.code, "ledger.left" in refused.err) == (4, True)
    (operator.folder / "deaf").unlink()
    operator.write("stairlift.toml", "")  # what ending takes is on record
    restored(operator)
    assert words(operator)[-3:] == ["unsilence"] * 3
    assert ledger(operator) == {"around:alerts": "restored"}


def test_what_was_cut_off_before_it_said_its_id_waits_for_the_word_of_a_person(cloud: Sandbox, tmp_path: Path) -> None:
    operator = surrounded(Operator(tmp_path).at(cloud), AROUND + "deadline = 5\n")
    operator.plans("--stage", "compute")
    operator.write("stuck", "")
    assert operator.types("run", "plan.json", "--yes").code == 7
    assert "left      around:alerts since" in operator.types("status").out
    (operator.folder / "stuck").unlink()
    assert operator.types("resume", "--yes").code == 7, "a second silence would hide the first"
    refused = operator.types("ledger", "--restore")
    assert (refused.code, "nobody knows what `end` needs" in refused.err, "--settle" in refused.err) == (4, True, True)
    settled = operator.types("ledger", "around:alerts", "--settle", "--reason", "found it and expired it")
    assert (settled.code, "said: found it and expired it" in settled.out) == (0, True)
    assert operator.types("resume", "--yes").code == 0
    assert words(operator) == ["silence", "silence", "upgrade", "upgrade", "unsilence"]
    assert "fenced" not in operator.status()


def test_what_was_so_before_stays(operator: Operator) -> None:
    operator.plans("--stage", "compute")
    operator.write("silenced", "by hand")
    assert operator.types("run", "plan.json", "--yes").code == 0
    assert words(operator) == ["upgrade", "upgrade"]
    assert ledger(operator) == {"around:alerts": "foreign"}
    assert (operator.folder / "silenced").exists()


def test_who_takes_up_a_dead_run_finds_what_it_had_begun(operator: Operator) -> None:
    killed_while_it_begins(operator)
    done = operator.types("resume", "--yes")
    assert done.code == 0, done.err
    assert words(operator) == ["silence", "upgrade", "upgrade", "unsilence"], "it was begun once"
    assert operator.calls[-1] == "unsilence id-1 (id-1)"


def test_and_whoever_puts_back_by_hand(operator: Operator) -> None:
    killed_while_it_begins(operator)
    restored(operator)
    assert operator.calls[-1] == "unsilence id-1 (id-1)"
    assert ledger(operator) == {"around:alerts": "restored"}


def test_it_stays_while_something_of_a_dead_run_is_at_work(operator: Operator) -> None:
    operator.plans("--stage", "compute")
    operator.write("slow", "cmp1")
    process = operator.begins("run", "plan.json", "--yes")
    until(lambda: "upgrade" in words(operator), 90)
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    refused = operator.types("ledger", "--restore", "around:alerts")
    assert (refused.code, "ledger.in_flight" in refused.err) == (4, True)
    assert (operator.folder / "silenced").exists()
    (operator.folder / "slow").unlink()
    until(lambda: not operator.types("cancel").code)
    assert not (operator.folder / "silenced").exists()
    assert words(operator) == ["silence", "upgrade", "unsilence"]


def test_a_program_that_is_another_since_the_plan_refuses_the_run(operator: Operator) -> None:
    operator.plans("--stage", "compute")
    operator.write("unsilence", UNSILENCE + "# mended\n")
    refused = operator.types("run", "plan.json", "--yes")
    assert (refused.code, "unsilence has changed" in refused.err) == (4, True)


def test_without_the_table_a_plan_is_what_it_was(cloud: Sandbox, tmp_path: Path) -> None:
    bare = Operator(tmp_path).at(cloud).with_strategy()
    assert "around" not in bare.plans("--stage", "compute")
