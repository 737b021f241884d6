"""Three workers as processes: killed, stopped, restarted, while the orchestrator is killed, too. Nothing is lost."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from crews import Crew, crew_database, until
from postgres import Server
from stairlift.report.workers import queue_trouble
from stairlift.store.sql import SqlStore, open_store
from witness import begun, check, lines_of

TTL = 3.0
pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def crew(postgres: Server, tmp_path: Path) -> Iterator[Crew]:
    made = Crew(crew_database(postgres), tmp_path, ttl=TTL)
    yield made
    made.end()


@pytest.fixture
def store(crew: Crew) -> Iterator[SqlStore]:
    opened = open_store(crew.url, crew.folder / "locks")
    yield opened
    opened.close()


def _orchestrator(crew: Crew, hosts: int, window: int, lasting: float, *more: str) -> "subprocess.Popen[str]":
    argv = [sys.executable, str(Path(__file__).with_name("orchestrate_crew.py")), str(crew.folder)]
    argv += [str(hosts), str(window), str(lasting), *more]
    environ = crew.environment("orchestrator")
    return subprocess.Popen(argv, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _to_its_end(process: "subprocess.Popen[str]") -> None:
    out, errors = process.communicate(timeout=120)
    assert (out.split()[-1:], errors) == (["done"], "")


def _supervisors(crew: Crew, name: str) -> list[psutil.Process]:
    """The supervisors of a worker's attempts."""
    mark, found = str(crew.folder / "state" / name), []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if any("supervisor.py" in word for word in words) and any(mark in word for word in words):
            found.append(process)
    return found


def test_workers_and_orchestrator_may_die_at_any_time(crew: Crew, store: SqlStore) -> None:
    """One worker is gone for good, one hangs for longer than it counts as alive, one is killed and comes back."""
    hosts, window = 18, 6
    gone, hangs, back = (crew.worker(name, jobs=3) for name in ("gone", "hangs", "back"))
    orchestrator = _orchestrator(crew, hosts, window, 1.5)
    until(lambda: begun(crew.folder) >= 6)
    gone.kill()
    hangs.send_signal(signal.SIGSTOP)
    orchestrator.kill()
    orchestrator.wait()
    orchestrator = _orchestrator(crew, hosts, window, 1.5)
    until(lambda: begun(crew.folder) >= 9)
    back.kill()
    crew.worker("back", jobs=3)
    until(lambda: any(attempt.result == "unknown" for run in store.runs() for attempt in store.attempts(run.id)))
    hangs.send_signal(signal.SIGCONT)
    _to_its_end(orchestrator)
    results = check(store, crew.folder, hosts)
    assert results["unknown"] >= 1, "the attempts of a worker that is gone are lost"
    print(f"{hosts} steps, {results['unknown']} attempts lost and done again: 0 lost, 0 finished twice, 0 doubles")


def test_attempts_of_a_killed_worker_end_by_themselves_and_run_on_another(crew: Crew, store: SqlStore) -> None:
    gone = crew.worker("gone")
    orchestrator = _orchestrator(crew, 1, 1, 4)
    until(lambda: begun(crew.folder) == 1)
    gone.kill()
    crew.worker("other")
    until(lambda: not _supervisors(crew, "gone"))
    assert begun(crew.folder) == 1, "nobody begins it again before it has ended"
    _to_its_end(orchestrator)
    assert check(store, crew.folder, 1)["unknown"] == 1
    assert lines_of(crew.folder) == [
        ("begin", "cmp1-upgrade", "1"),
        ("begin", "cmp1-upgrade", "2"),
        ("end", "cmp1-upgrade", "2"),
    ]
    (run,) = store.runs()
    lost = store.attempts(run.id)[0]
    assert "worker gone has not been heard of since" in lost.reason


def test_a_worker_that_is_back_in_time_adopts_what_it_had(crew: Crew, store: SqlStore) -> None:
    """Also where it was asked to end."""
    crew.ttl = 20.0
    worker = crew.worker("w1")
    orchestrator = _orchestrator(crew, 2, 2, 4)
    until(lambda: begun(crew.folder) == 2)
    worker.terminate()
    assert worker.wait(30) == 0
    assert "leaves 2 attempts under way" in crew.log("w1").read_text()
    crew.worker("w1")
    assert "adopts 2" in crew.log("w1").read_text()
    _to_its_end(orchestrator)
    assert check(store, crew.folder, 2) == {"done": 2}


def test_a_worker_that_drains_waits_for_its_attempts(crew: Crew, store: SqlStore) -> None:
    worker = crew.worker("w1", "--drain", jobs=1)
    orchestrator = _orchestrator(crew, 2, 2, 3)
    until(lambda: begun(crew.folder) == 1)
    worker.terminate()
    assert worker.wait(60) == 0
    assert len(lines_of(crew.folder)) == 2, "it has ended what it had, and begun nothing new"
    crew.worker("w2", jobs=1)
    _to_its_end(orchestrator)
    assert check(store, crew.folder, 2) == {"done": 2}


def test_a_run_of_workers_is_taken_up_on_any_machine(crew: Crew, store: SqlStore) -> None:
    crew.worker("w1")
    first = _orchestrator(crew, 4, 2, 1.5)
    until(lambda: begun(crew.folder) >= 2)
    first.kill()
    first.wait()
    until(lambda: store.orchestrator("lab") is None)  # another machine has to wait for the lease's end
    _to_its_end(_orchestrator(crew, 4, 2, 1.5, str(crew.folder / "another-machine")))
    assert check(store, crew.folder, 4) == {"done": 4}
    logs = list((crew.folder / "another-machine").rglob("log"))
    assert any("works" in log.read_text() for log in logs), "output comes to whoever follows the run"


def test_a_second_worker_of_a_name_is_refused(crew: Crew) -> None:
    crew.worker("w1")
    argv = [sys.executable, "-m", "stairlift", "worker", "--queue", "az1", "--name", "w1"]
    here = subprocess.run(argv, env=crew.environment("w1"), capture_output=True, text=True, timeout=60, check=False)
    assert (here.returncode, "worker.running" in here.stderr) == (4, True), here.stderr
    there = subprocess.run(argv, env=crew.environment("x"), capture_output=True, text=True, timeout=60, check=False)
    assert (there.returncode, "worker.name_taken" in there.stderr) == (4, True), there.stderr


def test_who_works_is_shown(crew: Crew, store: SqlStore) -> None:
    crew.worker("w1")
    orchestrator = _orchestrator(crew, 1, 1, 20)
    until(lambda: begun(crew.folder) == 1)
    environ = crew.environment("orchestrator")
    argv = [sys.executable, "-m", "stairlift"]
    status = subprocess.run([*argv, "status"], env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert "on worker w1" in status.stdout, status
    shown = subprocess.run([*argv, "workers"], env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert all(word in shown.stdout for word in ("w1", "alive", "cmp1-upgrade")), shown
    assert queue_trouble("az1", list(crew.workers().values()), TTL) == ""
    assert "ever been heard of" in queue_trouble("az2", list(crew.workers().values()), TTL)
    _to_its_end(orchestrator)
