"""Queues from the operator's desk: what the plan says, who carries it out, and what is said where nobody could."""

from pathlib import Path

import pytest

from crews import Crew, crew_database
from operating import Operator, small_cloud
from postgres import Server
from stairlift.sandbox.server import Sandbox

QUEUE = '[[queue]]\nname = "az1"\nmatch = { plane = "resource" }\n'
pytestmark = pytest.mark.timeout(240)


def _planned(operator: Operator) -> str:
    """Make plan.json, in which the hypervisors are for workers; the plan as a tree."""
    shown = operator.with_strategy(QUEUE).types("plan", "--from", "2025.1", "--to", "2025.2", "--out", "plan.json")
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
    assert _begun_below(tmp_path / "state" / "near") == {"2025.2-compute@cmp1", "2025.2-compute@cmp2"}
    assert "2025.2-control@ctl1" in _begun_below(tmp_path / "state" / "attempts")


def _begun_below(folder: Path) -> set[str]:
    """The steps whose attempts were begun by whoever keeps them there."""
    return {mark.parent.parent.name for mark in folder.rglob("started")}


def test_a_worker_without_a_server_says_why(tmp_path: Path) -> None:
    answer = Operator(tmp_path).types("worker", "--queue", "az1")
    assert (answer.code, "[queue.no_workers]" in answer.err) == (2, True), answer.err


@pytest.mark.parametrize(("words", "code", "told"), [(("--name", "a b"), 2, "worker.bad_name"), ((), 1, "store.older")])
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
