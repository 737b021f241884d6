"""Attempts by workers keep every executor's contract: a real PostgreSQL, and a worker that is a real process."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from crews import Crew, crew_database, until
from postgres import Server, running
from stairlift.execute.queue.executor import QueueExecutor
from stairlift.model.errors import StairliftError
from stairlift.model.run import Ended, Ending, NotStarted
from stairlift.model.work import Job
from stairlift.testing.executor_contract import ATTEMPT, ExecutorContract, Lab


class _QueueLab:
    def __init__(self, crew: Crew) -> None:
        self._crew = crew

    def executor(self) -> QueueExecutor:
        return self._crew.executor()

    def job(self, returncode: int, *, lasting: float = 0.0) -> Job:
        script = f"echo x >> begun; sleep {lasting}; exit {returncode}"
        return Job(("sh", "-c", script), str(self._crew.folder), queue="az1")

    def hopeless(self) -> Job:
        return Job(("./no-such-program",), str(self._crew.folder), queue="az1")

    def begun(self) -> int:
        file = self._crew.folder / "begun"
        return len(file.read_text().splitlines()) if file.exists() else 0


@pytest.fixture
def crew(postgres: Server, tmp_path: Path) -> Iterator[Crew]:
    made = Crew(crew_database(postgres), tmp_path)
    yield made
    made.end()


class TestQueueExecutor(ExecutorContract):
    @pytest.fixture
    def lab(self, crew: Crew) -> Lab:
        crew.worker("w1")
        return _QueueLab(crew)


def _carry(crew: Crew, job: Job, frozen: dict[str, str] | None = None):
    executor = crew.executor(frozen)
    return asyncio.run(asyncio.wait_for(executor.run(ATTEMPT, lambda: job), 60)), executor.folder(ATTEMPT)


def test_output_and_what_the_job_left_come_back(crew: Crew) -> None:
    """More than one piece of each; the job finds its files in the worker's own folder."""
    root = crew.folder / "orchestrator"
    folder = crew.executor().folder(ATTEMPT)
    script = f"""
    cat '{folder}/extra.yml'; seq 200000
    echo '{{"task": 1}}' >> "$STAIRLIFT_PROGRESS"; echo left > "$(dirname "$STAIRLIFT_PROGRESS")/difference.json"
    """
    crew.worker("w1")
    ending, copied = _carry(crew, Job(("sh", "-c", script), "/", files={"extra.yml": f"at: {root}\n"}, queue="az1"))
    assert isinstance(ending, Ended)
    assert ending.outcome.progress == '{"task": 1}\n'
    assert ending.outcome.log_tail.splitlines()[-1] == "200000"
    lines = (copied / "log").read_text().splitlines()
    assert lines[0] == f"at: {crew.folder}/state/w1/workers/w1/attempts", "and they speak of it, too"
    assert lines[1:] == [str(n) for n in range(1, 200001)]
    assert (copied / "difference.json").read_text() == "left\n"


def test_a_worker_whose_files_differ_starts_nothing(crew: Crew) -> None:
    (crew.folder / "site.yml").write_text("another\n")
    crew.worker("w1")
    files = {str(crew.folder / "site.yml"): "sha256:0", str(crew.folder / "gone.yml"): "sha256:1"}
    ending, _ = _carry(crew, Job(("touch", "ran"), str(crew.folder), queue="az1"), files)
    assert isinstance(ending, NotStarted)
    assert "site.yml has changed" in ending.reason
    assert "gone.yml is missing" in ending.reason
    assert not (crew.folder / "ran").exists()


def test_a_database_that_begins_anew_ends_no_attempt_and_no_worker(tmp_path: Path) -> None:
    """Whoever waits for the attempt hears of it and may ask again; the worker comes back by itself, and says so once."""
    with running() as server:
        crew = Crew(crew_database(server), tmp_path)
        try:
            crew.worker("w1")
            ending, lab = asyncio.run(asyncio.wait_for(_over_a_restart(crew, server), 120))
            until(lambda: "the database answers again" in crew.log("w1").read_text())
        finally:
            crew.end()
    assert isinstance(ending, Ended)
    assert ending.outcome.returncode == 3
    assert lab.begun() == 1
    assert crew.log("w1").read_text().count("the database does not answer") == 1
    assert "Traceback" not in crew.log("w1").read_text()


async def _over_a_restart(crew: Crew, server: Server) -> tuple[Ending, _QueueLab]:
    lab = _QueueLab(crew)
    job = lab.job(3, lasting=6)
    waiting = asyncio.create_task(crew.executor().run(ATTEMPT, lambda: job))
    await asyncio.to_thread(until, lambda: lab.begun() == 1)
    server.end(signal.SIGINT)
    with pytest.raises(StairliftError) as gone:
        await waiting
    assert gone.value.code == "store.unavailable"
    await asyncio.to_thread(until, lambda: "does not answer" in crew.log("w1").read_text())
    server.begin()
    return await crew.executor().run(ATTEMPT, lambda: job), lab


def test_a_job_does_not_see_the_way_to_the_database(crew: Crew) -> None:
    crew.worker("w1")
    ending, _ = _carry(crew, Job(("env",), "/", env={"STAIRLIFT_HOST": "cmp1"}, queue="az1"))
    assert isinstance(ending, Ended)
    assert "STAIRLIFT_HOST=cmp1" in ending.outcome.log_tail
    assert "DATABASE_URL" not in ending.outcome.log_tail
    assert "postgresql" not in ending.outcome.log_tail
