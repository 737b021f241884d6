"""kill -9 of the orchestrator, at random moments, over the whole life of runs.

STAIRLIFT_KILLS says how many (15 by default; `make proof` asks for many more), STAIRLIFT_KILL_SEED which ones.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from stairlift.drive.commands import tell
from stairlift.model.plan_document import from_document
from stairlift.model.run import Command, RunState, StepState
from stairlift.store.sql import open_store

KILLS = int(os.environ.get("STAIRLIFT_KILLS", "15"))
SEED = int(os.environ.get("STAIRLIFT_KILL_SEED", "0")) or random.SystemRandom().randrange(10**6)
HOSTS, WINDOW, LASTING = 8, 3, 0.15
STEPS = HOSTS * 3
#: How long one orchestrator may take to the end, and from its start until it holds the lease, in seconds.
PATIENCE, START = 60.0, 30.0

pytestmark = pytest.mark.timeout(60 + 6 * KILLS)


def _orchestrator(folder: Path, lasting: float = LASTING) -> "subprocess.Popen[str]":
    argv = [sys.executable, str(Path(__file__).with_name("orchestrate.py")), str(folder)]
    argv += [str(HOSTS), str(WINDOW), str(lasting)]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _kill_once(folder: Path, chance: random.Random) -> bool:
    """One orchestrator that is killed; False if the run came to its end before that.

    Half of the kills count from the program's start and hit its opening; the others from when it holds the lease.
    """
    process = _orchestrator(folder)
    assert process.stdout is not None
    if chance.random() < 0.5:
        process.stdout.readline()
        time.sleep(chance.random() * 0.4)
    else:
        time.sleep(chance.random() * 0.8)
    process.send_signal(signal.SIGKILL)
    out, errors = process.communicate(timeout=PATIENCE)
    assert errors == ""
    return "done" not in out


def _run_to_its_end(folder: Path) -> None:
    process = _orchestrator(folder)
    out, errors = process.communicate(timeout=PATIENCE)
    assert (out.split()[-1:], errors) == (["done"], "")


def _life(folder: Path, chance: random.Random, kills: int) -> int:
    """One run from its begin to its end, killed up to so many times; how often it was."""
    killed = 0
    while killed < kills:
        if not _kill_once(folder, chance):
            break
        killed += 1
        if chance.random() < 0.3:
            time.sleep(chance.random() * 0.5)  # attempts end while nobody looks
    _run_to_its_end(folder)
    return killed


def _check(folder: Path) -> None:
    lines = [line.split() for line in (folder / "done").read_text().splitlines()]
    begun = Counter(tuple(line[1:]) for line in lines if line[0] == "begin")
    ended = Counter(line[1] for line in lines if line[0] == "end")
    assert set(begun.values()) == {1}, "nothing is started twice"
    assert len(begun) == STEPS
    assert {number for _, number in begun} == {"1"}
    assert len(ended) == STEPS, "nothing is lost"
    assert set(ended.values()) == {1}
    _check_order(lines)
    store = open_store(f"sqlite:///{folder / 'journal.sqlite'}", folder / "locks")
    (run,) = store.runs()
    assert run.state is RunState.DONE
    assert store.counts(run.id) == {StepState.DONE: STEPS}
    events = store.events(run.id)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    moves = Counter(event.kind for event in events)
    assert moves["step.started"] == moves["step.done"] == STEPS
    assert moves["step.failed"] == moves["step.unknown"] == 0
    assert [(a.id.number, a.result, a.returncode) for a in store.attempts(run.id)] == [(1, "done", 0)] * STEPS
    store.close()
    _check_processes(folder)


def _check_order(lines: list[list[str]]) -> None:
    """Steps of a host one behind the other, and never more hosts under way than the window has room for."""
    expected = [f"{word} {action}" for action in ("cordon", "upgrade", "uncordon") for word in ("begin", "end")]
    of_host: dict[str, list[str]] = {}
    for word, step, *_ in lines:
        host, _, action = step.rpartition("-")
        of_host.setdefault(host, []).append(f"{word} {action}")
        under_way = [name for name, seen in of_host.items() if seen != expected]
        assert len(under_way) <= WINDOW, f"{under_way} at once"
    assert all(seen == expected for seen in of_host.values())


def _check_processes(folder: Path) -> None:
    assert _processes(folder) == [], "no supervisor is left"


def _processes(folder: Path) -> list[psutil.Process]:
    """Every process of the runs in this folder: supervisors, jobs and what they started."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), process.environ().get("STAIRLIFT_PROGRESS", "")]
        except psutil.Error:
            continue
        if any(str(folder) in word for word in words):
            found.append(process)
    return found


def test_no_kill_loses_a_step_or_runs_one_twice(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    print(f"STAIRLIFT_KILL_SEED={SEED}")
    left, lives = KILLS, 0
    while left > 0:
        lives += 1
        folder = tmp_path / str(lives)
        folder.mkdir()
        left -= max(1, _life(folder, chance, min(left, chance.randint(3, 8))))
        _check(folder)
    print(f"{KILLS} kills in {lives} runs of {STEPS} steps: 0 lost, 0 started twice")


def test_after_a_reboot_nothing_counts_as_done_and_a_retry_finishes_it(tmp_path: Path) -> None:
    """Everything dies at once. What was under way is unknown, and only a person's retry starts it again."""
    process = _orchestrator(tmp_path, lasting=2.0)
    while _begun(tmp_path) <= WINDOW:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    while left := _processes(tmp_path):
        for other in left:
            other.kill()
    process.communicate(timeout=PATIENCE)
    process = _orchestrator(tmp_path)
    out, errors = process.communicate(timeout=PATIENCE)
    assert (out.split()[-1], errors) == ("failed", "")
    interrupted = _retry_the_unknown(tmp_path)
    assert 1 <= len(interrupted) <= WINDOW
    _run_to_its_end(tmp_path)
    ends = Counter(line.split()[1] for line in (tmp_path / "done").read_text().splitlines() if line.startswith("end"))
    assert len(ends) == STEPS
    assert set(ends.values()) == {1}, "an attempt that has ended well is never repeated"
    store = open_store(f"sqlite:///{tmp_path / 'journal.sqlite'}", tmp_path / "locks")
    (run,) = store.runs()
    again = {attempt.id.step for attempt in store.attempts(run.id) if attempt.id.number == 2}
    assert again == set(interrupted)
    assert {a.result for a in store.attempts(run.id) if a.id.step in again and a.id.number == 1} == {"unknown"}


def _begun(folder: Path) -> int:
    file = folder / "done"
    return file.read_text().count("begin") if file.exists() else 0


def _retry_the_unknown(folder: Path) -> list[str]:
    store = open_store(f"sqlite:///{folder / 'journal.sqlite'}", folder / "locks")
    (run,) = store.runs()
    plan = from_document(store.plan(run.id))
    unknown = [status.id for status in store.steps(run.id) if status.state is StepState.UNKNOWN]
    for step in unknown:
        now = datetime.now(UTC)
        tell(store, plan, Command(f"again-{step}", run.id, "retry", step, "ann", "the machine is back", now))
    store.close()
    return unknown


def test_a_second_orchestrator_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    first = _orchestrator(tmp_path)
    assert first.stdout is not None
    assert first.stdout.readline() == "holds\n"
    second = _orchestrator(tmp_path)
    _, errors = second.communicate(timeout=START)
    assert second.returncode == 1
    assert "cloud_busy" not in errors
    assert str(first.pid) in errors
    assert first.wait(PATIENCE) == 0
    _check(tmp_path)
