"""One orchestrator per cloud: a second is refused, a standby takes over, and whoever lost the lease writes no more.

STAIRLIFT_TAKEOVERS says how many take-overs of each kind are measured (one by default; `make proof` asks for 20).
"""

import os
import signal
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from chaos import Process, Scene, Theatre, check_attempts, check_done, left, until
from postgres import Server
from stairlift.model.run import StepState
from takeovers import held_at, take_overs

TTL = 2.0
TIMES = int(os.environ.get("STAIRLIFT_TAKEOVERS", "1"))
#: What is promised beside the lease's time, in seconds; beside other tests a loaded machine may add nine to it.
BOUND = 1.0 if TIMES > 1 else 10.0


@pytest.fixture
def theatre(postgres: Server, tmp_path: Path) -> Theatre:
    return Theatre(tmp_path, Scene(postgres.journal(), ttl=TTL))


@pytest.fixture
def small(tmp_path: Path) -> Theatre:
    return Theatre(tmp_path, Scene(f"sqlite:///{tmp_path / 'journal.sqlite'}", hosts=4, window=2, ttl=TTL))


@contextmanager
def stopped(process: Process) -> Iterator[None]:
    """As a machine is that hangs: it does nothing, and does not know it."""
    process.send_signal(signal.SIGSTOP)
    until(lambda: Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T")
    yield
    process.send_signal(signal.SIGCONT)


def test_a_second_orchestrator_is_refused_and_the_first_goes_on(small: Theatre) -> None:
    first = small.orchestrator()
    held_at(first)
    with stopped(first):  # else it may be through with its work before the second one looks
        assert left(small.orchestrator()) == "run.cloud_busy"
    assert left(first) == "done"
    check_done(small)


def _figures(where: str, seconds: list[float]) -> None:
    shown = f"median {statistics.median(seconds):.2f} s, least {min(seconds):.2f} s, most {max(seconds):.2f} s"
    print(f"{len(seconds)} take-overs {where}, from the kill to the lease: {shown}")


def _long_enough(theatre: Theatre) -> Theatre:
    """The same, with a run that does not end before all take-overs are done."""
    return Theatre(theatre.folder, replace(theatre.scene, lasting=0.7 * TIMES))


@pytest.mark.timeout(60 + 30 * TIMES)
def test_on_one_machine_a_standby_takes_over_at_once(small: Theatre) -> None:
    """Long before the lease has ended: the kernel knows that its holder is dead."""
    theatre = _long_enough(Theatre(small.folder, replace(small.scene, ttl=600.0)))
    seconds = take_overs(theatre, TIMES, machines=("here",))
    _figures("on one machine (SQLite)", seconds)
    assert max(seconds) < BOUND
    check_done(theatre)


@pytest.mark.timeout(60 + 30 * TIMES)
def test_another_machine_takes_over_when_the_lease_has_ended(theatre: Theatre) -> None:
    theatre = _long_enough(theatre)
    seconds = take_overs(theatre, TIMES, machines=("a", "b"))
    _figures(f"between two machines (PostgreSQL, lease_ttl = {TTL:g})", seconds)
    assert max(seconds) < TTL + BOUND
    assert min(seconds) > TTL / 3
    check_done(theatre)


def test_a_standby_leaves_as_the_run_does(small: Theatre) -> None:
    first = small.orchestrator()
    held_at(first)
    standby = small.orchestrator("--standby")
    assert left(first) == "done"
    assert left(standby) == "done"
    check_done(small)


def test_of_one_that_hung_past_its_lease_nothing_late_is_written(theatre: Theatre) -> None:
    """The machine hangs, another one takes over and finishes; then the first one wakes up and wants to go on."""
    first = theatre.orchestrator("--machine", "a")
    held_at(first)
    until(lambda: theatre.begun() >= theatre.scene.window)
    with stopped(first):
        assert left(theatre.orchestrator("--standby", "--machine", "b")) == "done"
        with theatre.store() as store:
            before = store.events(store.runs()[0].id)
    assert left(first) == "run.lease_lost"
    assert first.returncode == 4
    with theatre.store() as store:
        assert store.events(store.runs()[0].id) == before
    check_done(theatre)


def test_of_one_that_wakes_up_amid_the_work_of_the_other_nothing_is_started_twice(theatre: Theatre) -> None:
    first = theatre.orchestrator("--machine", "a")
    held_at(first)
    with stopped(first):
        second = theatre.orchestrator("--standby", "--machine", "b")
        held_at(second)
    assert left(first) == "run.lease_lost"
    assert left(second) == "done"
    check_done(theatre)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_two_clouds_do_not_block_each_other(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Two orchestrators, one journal: each goes its way."""
    url = f"sqlite:///{tmp_path / 'journal.sqlite'}"
    if database == "postgresql":
        url = request.getfixturevalue("postgres").journal()
    one, other = (Theatre(tmp_path / cloud, Scene(url, hosts=4, cloud=cloud)) for cloud in ("lab", "prod"))
    both = [one.orchestrator(), other.orchestrator()]
    assert [left(process) for process in both] == ["done", "done"]
    check_done(one)
    check_done(other)


def test_after_a_reboot_nothing_counts_as_done_and_a_retry_finishes_it(tmp_path: Path) -> None:
    """Everything dies at once. A strategy that does not say that its jobs bear repeating leaves that to a person."""
    scene = Scene(f"sqlite:///{tmp_path / 'journal.sqlite'}", lasting=2.0)
    theatre = Theatre(tmp_path, scene)
    process = theatre.orchestrator()
    until(lambda: theatre.begun() > scene.window)
    process.send_signal(signal.SIGKILL)
    while alive := theatre.processes():
        for other in alive:
            os.kill(other.pid, signal.SIGKILL)
        time.sleep(0.02)
    process.communicate()
    theatre = Theatre(tmp_path, replace(scene, lasting=0.05))
    assert left(theatre.orchestrator()) == "failed"
    interrupted = theatre.those(StepState.UNKNOWN)
    assert 1 <= len(interrupted) <= scene.window
    for step in interrupted:
        theatre.tell("retry", step)
    assert left(theatre.orchestrator()) == "done"
    check_attempts(theatre)
    again = {step for word, step, number in theatre.lines() if (word, number) == ("end", 2)}
    assert again == set(interrupted)
