"""Jobs of a server: a few at a time, and whatever comes of one can be asked for."""

import time
from collections.abc import Callable
from threading import Event

import pytest

from stairlift.model.errors import NoAnswer, Refusal, UsageError
from stairlift.model.finding import Finding
from stairlift.model.job import Job
from stairlift.wiring.server import jobs, kept_jobs
from stairlift.wiring.server.jobs import AT_ONCE, WAITING, Fruitless, Threads
from stairlift.wiring.server.kept_jobs import KeptJobs


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it does not come true"
        time.sleep(0.005)


def ended(threads: Threads, job: Job) -> Job:
    until(lambda: threads.find(job.id).state != "running")
    return threads.find(job.id)


def test_what_came_of_a_job_is_kept_with_its_notes() -> None:
    threads = Threads()

    def work(note):
        note("the cloud answers")
        note("a plan is made")
        return {"hash": "sha256:1"}, "/v1/plans/sha256:1"

    job = ended(threads, threads.begin("plan", "ada", work))
    assert (job.state, job.kind, job.actor, job.error) == ("done", "plan", "ada", None)
    assert (job.result, job.location) == ({"hash": "sha256:1"}, "/v1/plans/sha256:1")
    assert job.notes == ("the cloud answers", "a plan is made")
    assert job.ended_at >= job.began_at


def test_why_nothing_came_of_one_is_kept() -> None:
    threads = Threads()

    def work(note):
        raise NoAnswer(code="sources.silent", brief="not one source answered")

    job = ended(threads, threads.begin("observation", "ada", work))
    assert (job.state, job.error.code) == ("failed", "sources.silent")


def test_a_defect_ends_its_job_alone_and_tells_where_its_traceback_is(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    threads = Threads()
    job = ended(threads, threads.begin("check", "ada", lambda note: 1 / 0))
    assert job.error.code == "job.defect"
    [report] = tmp_path.iterdir()
    assert str(report) in job.error.details
    assert "ZeroDivisionError" in report.read_text()
    assert ended(threads, threads.begin("check", "ada", lambda note: ({}, ""))).state == "done"


def test_few_are_worked_at_and_not_too_many_wait() -> None:
    threads, go, begun = Threads(), Event(), []

    def work(note):
        begun.append(1)
        go.wait(20)
        return {}, ""

    waiting = [threads.begin("check", "ada", work) for _ in range(AT_ONCE + WAITING)]
    until(lambda: len(begun) == AT_ONCE)
    with pytest.raises(Refusal) as refused:
        threads.begin("check", "ada", work)
    assert refused.value.code == "job.too_many"
    assert len(begun) == AT_ONCE
    go.set()
    until(lambda: all(threads.find(job.id).state == "done" for job in waiting))


def test_the_newest_are_remembered(monkeypatch) -> None:
    monkeypatch.setattr(jobs, "REMEMBERED", 3)
    threads = Threads()
    made = [ended(threads, threads.begin("check", "ada", lambda note: ({}, ""))) for _ in range(6)]
    with pytest.raises(UsageError) as unknown:
        threads.find(made[0].id)
    assert unknown.value.code == "job.unknown"
    assert threads.find(made[-1].id).state == "done"


def test_a_server_that_ends_starts_nothing_more() -> None:
    threads = Threads()
    threads.close()
    with pytest.raises(Refusal):
        threads.begin("check", "ada", lambda note: ({}, ""))


class TestAfterTheServer:
    """What came of jobs is shown by the next server of the same state directory."""

    def test_what_a_check_found(self, tmp_path) -> None:
        job = ended(
            first := Threads(KeptJobs(tmp_path)), first.begin("check", "ada", lambda note: ({"found": [1]}, ""))
        )
        assert Threads(KeptJobs(tmp_path)).find(job.id) == job

    def test_why_nothing_came_of_one(self, tmp_path) -> None:
        found = Finding("drain.stays", "warning", "s1", "it stays", "ask its owner", {"project": "shop"})
        refusal = Refusal(code="plan.refused", brief="no", details="d", resolution="r", findings=[found])

        def work(note):
            note("looked")
            raise refusal

        job = ended(first := Threads(KeptJobs(tmp_path)), first.begin("plan", "ada", work))
        again = Threads(KeptJobs(tmp_path)).find(job.id)
        assert (again.state, again.notes, again.error.findings) == ("failed", ("looked",), (found,))
        assert type(again.error) is Refusal
        assert (again.error.code, again.error.details, again.error.resolution) == ("plan.refused", "d", "r")

    def test_what_there_is_to_show_of_one_that_failed(self, tmp_path) -> None:
        def work(note):
            raise Fruitless(NoAnswer(code="sources.silent", brief="not one"), {"findings": ["f"]})

        for kept in (None, KeptJobs(tmp_path)):
            job = ended(threads := Threads(kept), threads.begin("check", "ada", work))
            assert (job.state, job.error.code, job.result) == ("failed", "sources.silent", {"findings": ["f"]})
            assert type(job.error) is NoAnswer

    def test_what_is_written_down_needs_no_memory(self, tmp_path) -> None:
        threads = Threads(KeptJobs(tmp_path))
        job = ended(threads, threads.begin("check", "ada", lambda note: ({"found": [1]}, "")))
        assert threads.find(job.id) == job
        (tmp_path / f"{job.id}.json").unlink()
        with pytest.raises(UsageError, match="no job"):
            threads.find(job.id)

    def test_a_name_that_is_no_text_costs_no_job(self, tmp_path) -> None:
        threads = Threads(KeptJobs(tmp_path))
        job = ended(threads, threads.begin("check", "ada", lambda note: ({"host": "caf\udce9"}, "")))
        assert (job.state, job.result) == ("done", {"host": "caf\udce9"})

    def test_the_oldest_of_many_go(self, tmp_path, monkeypatch) -> None:
        monkeypatch.setattr(kept_jobs, "KEPT", 2)
        threads = Threads(KeptJobs(tmp_path))
        made = [ended(threads, threads.begin("check", "ada", lambda note: ({}, ""))) for _ in range(4)]
        assert len(list(tmp_path.iterdir())) == 2
        assert Threads(KeptJobs(tmp_path)).find(made[-1].id) == made[-1]

    @pytest.mark.parametrize("strange", ["../state", "0" * 15, "0" * 16, "0" * 16 + "\n"])
    def test_nothing_else_is_looked_for(self, tmp_path, strange) -> None:
        with pytest.raises(UsageError, match="no job"):
            Threads(KeptJobs(tmp_path)).find(strange)

    def test_a_file_that_is_torn_is_none(self, tmp_path) -> None:
        (tmp_path / f"{'a' * 16}.json").write_text('{"id": "')
        assert KeptJobs(tmp_path).find("a" * 16) is None

    def test_a_disk_that_takes_nothing_costs_no_job(self, tmp_path) -> None:
        (tmp_path / "file").write_text("")
        threads = Threads(KeptJobs(tmp_path / "file"))
        assert ended(threads, threads.begin("check", "ada", lambda note: ({}, ""))).state == "done"
