"""Queues from the operator's desk: what the plan says, who carries it out, and what is said where nobody could."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from crews import Crew, crew_database
from operating import Operator, small_cloud, until
from postgres import Server
from stairlift.sandbox.server import Sandbox

QUEUE = '[[queue]]\nname = "az1"\nmatch = { plane = "resource" }\n'
UNDO = 'undo = ["./step", "undo-{action}", "{service}", "{host}", "{from}", "{to}"]\n'
#: Who upgrades, and the process that orchestrates it.
Upgrade = tuple[Operator, "subprocess.Popen[str]"]
pytestmark = pytest.mark.timeout(240)


def _planned(operator: Operator, more: str = QUEUE) -> str:
    """Make plan.json, in which the hypervisors are for workers; the plan as a tree."""
    shown = operator.with_strategy(more).types("plan", "--from", "2025.1", "--to", "2025.2", "--out", "plan.json")
    assert shown.code == 0, shown.err
    return shown.out


def test_a_plan_with_queues_needs_a_database_that_workers_reach(tmp_path: Path) -> None:
    with Sandbox(small_cloud(2)) as cloud:
        operator = Operator(tmp_path).at(cloud)
        assert "by workers of queue az1 [command-1]" in _planned(operator)
        answer = operator.types("run", "plan.json", "--yes")
        assert (answer.code, "[queue.no_workers]" in answer.err) == (2, True), answer.err
        assert operator.types("list", "-o", "json").document == []
        assert operator.calls == []


def test_hypervisors_are_upgraded_by_a_worker_and_the_rest_here(postgres: Server, tmp_path: Path) -> None:
    crew = Crew(crew_database(postgres), tmp_path)
    with Sandbox(small_cloud(2)) as cloud:
        operator = Operator(tmp_path).at(cloud)
        operator.environ |= {"STAIRLIFT_DATABASE_URL": crew.url}
        _planned(operator)
        crew.worker("near")
        try:
            answer = operator.types_to_a_process("run", "plan.json", "--yes", timeout=120)
        finally:
            crew.end()
    assert answer.code == 0, answer.err
    assert [call.split()[2] for call in operator.calls if call.startswith("upgrade")] == ["ctl1", "cmp1", "cmp2"]
    near, here = _begun_below(tmp_path / "state" / "near"), _begun_below(tmp_path / "state" / "attempts")
    assert near == {"2025.2-compute@cmp1", "2025.2-compute@cmp2"}
    assert "2025.2-control@ctl1" in here
    assert not near & here
    logs = operator.types("logs", "--step", "2025.2-compute@cmp2")
    assert "upgrade nova-compute on cmp2" in logs.out, "what a worker's job prints is read here"


@pytest.fixture
def at_work(postgres: Server, tmp_path: Path) -> Iterator[Upgrade]:
    """A run in the middle: a worker has begun cmp1, and cannot end it as long as there is a file `slow`."""
    crew = Crew(crew_database(postgres), tmp_path)
    with Sandbox(small_cloud(2)) as cloud:
        operator = Operator(tmp_path).at(cloud)
        operator.environ |= {"STAIRLIFT_DATABASE_URL": crew.url}
        _planned(operator, UNDO + QUEUE)
        operator.write("slow", "cmp1")
        crew.worker("near")
        process = operator.begins("run", "plan.json", "--yes")
        try:
            until(lambda: operator.calls[-1:] == ["upgrade nova-compute cmp1 2025.1 2025.2"])
            yield operator, process
        finally:
            process.kill()
            crew.end()


def _left(process: "subprocess.Popen[str]") -> int:
    _, err = process.communicate(timeout=120)
    assert "Traceback" not in err, err
    return process.returncode


def test_a_pause_lets_a_worker_end_what_it_has_and_nothing_else_begins(at_work: Upgrade) -> None:
    operator, process = at_work
    answer = operator.types("pause", "--reason", "a look")
    assert "in flight: 2025.2-compute@cmp1" in answer.err
    (operator.folder / "slow").unlink()
    assert _left(process) == 7
    assert _states(operator) == {"2025.2-compute@cmp1": "done", "2025.2-compute@cmp2": "pending"}
    assert operator.types_to_a_process("resume", timeout=120).code == 0
    assert [call.split()[2] for call in operator.calls if call.startswith("upgrade")] == ["ctl1", "cmp1", "cmp2"]


def test_cancel_now_ends_what_a_worker_has(at_work: Upgrade) -> None:
    """With `slow` there it would never end by itself."""
    operator, process = at_work
    operator.types("cancel", "--now", "--reason", "wrong cloud")
    assert _left(process) == 8
    assert _states(operator) == {"2025.2-compute@cmp1": "unknown", "2025.2-compute@cmp2": "pending"}
    assert sum("cmp1" in call for call in operator.calls) == 1


def test_workers_take_back_what_they_did(at_work: Upgrade) -> None:
    operator, process = at_work
    answer = operator.types("rollback", "--yes", "--reason", "the guests complain")
    assert answer.code == 0, answer.err
    (operator.folder / "slow").unlink()
    assert _left(process) == 0
    assert [call.split()[:3] for call in operator.calls if call.startswith("undo")] == [
        ["undo-upgrade", "nova-compute", "cmp1"],
        ["undo-upgrade", "nova-conductor", "ctl1"],
    ]
    assert _states(operator) == {"2025.2-compute@cmp1": "undone", "2025.2-compute@cmp2": "pending"}


def test_what_a_worker_could_not_do_is_retried_by_a_worker(postgres: Server, tmp_path: Path) -> None:
    crew = Crew(crew_database(postgres), tmp_path)
    with Sandbox(small_cloud(1)) as cloud:
        operator = Operator(tmp_path).at(cloud)
        operator.environ |= {"STAIRLIFT_DATABASE_URL": crew.url}
        _planned(operator)
        operator.write("fail", "upgrade cmp1\n")
        crew.worker("near")
        try:
            assert operator.types_to_a_process("run", "plan.json", "--yes", timeout=120).code == 5
            (operator.folder / "fail").unlink()
            assert operator.types("retry", operator.status()["run"], "2025.2-compute@cmp1").code == 0
            assert operator.types_to_a_process("resume", timeout=120).code == 0
        finally:
            crew.end()
    assert {file.parent.name for file in (tmp_path / "state" / "near").rglob("started")} == {"1", "2"}


def _states(operator: Operator) -> dict[str, str]:
    """By hypervisor's step."""
    return {s["id"]: s["state"] for s in operator.status("--steps")["step_list"] if "compute" in s["id"]}


def _begun_below(folder: Path) -> set[str]:
    """The steps whose attempts were begun by whoever keeps them there."""
    return {mark.parent.parent.name for mark in folder.rglob("started")}


def test_a_worker_without_a_server_says_why(tmp_path: Path) -> None:
    answer = Operator(tmp_path).types("worker", "--queue", "az1")
    assert (answer.code, "[queue.no_workers]" in answer.err) == (2, True), answer.err


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [(("--name", "a b"), 2, "worker.bad_name"), (("--queue", ""), 2, "worker.bad_name"), ((), 1, "store.older")],
)
def test_a_worker_that_cannot_begin_says_why(
    postgres: Server, tmp_path: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    operator = Operator(tmp_path, {"STAIRLIFT_DATABASE_URL": postgres.database()})
    answer = operator.types_to_a_process("worker", "--queue", "az1", *words)
    assert (answer.code, f"[{told}]" in answer.err) == (code, True), answer.err


def test_a_worker_without_the_tables_of_the_queue_says_why(postgres: Server, tmp_path: Path) -> None:
    operator = Operator(tmp_path, {"STAIRLIFT_DATABASE_URL": postgres.journal()})
    answer = operator.types_to_a_process("worker", "--queue", "az1")
    assert (answer.code, "[queue.no_schema]" in answer.err) == (1, True), answer.err
    assert "stairlift db upgrade" in answer.err
