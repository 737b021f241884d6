"""An attempt whose worker is not sure of it any more ends by itself, whatever has become of the worker."""

import asyncio
import time
from pathlib import Path

from stairlift.execute import lifeline, supervisor
from stairlift.execute.attempt_folder import folder_of
from stairlift.execute.local import LocalExecutor
from stairlift.model.run import AttemptId, Ended, Lost, NotStarted
from stairlift.model.work import Job

ATTEMPT = AttemptId("r1", "cmp1", 1)


def _carried(root: Path, script: str, age: float, limit: float, renewed: float = 0.0):
    """An attempt whose lifeline is so old when it begins, and is renewed for so many seconds."""
    executor = LocalExecutor(root / "attempts", grace=0.3)
    folder = executor.folder(ATTEMPT)
    folder.mkdir(parents=True)
    lifeline.hang(folder, lifeline.instant() - age, limit)

    async def renew() -> None:
        end = time.monotonic() + renewed
        while time.monotonic() < end:
            lifeline.renew(folder, lifeline.instant(), limit)
            await asyncio.sleep(0.1)

    async def both():
        job = Job(("sh", "-c", script), str(root))
        ending, _ = await asyncio.gather(executor.run(ATTEMPT, lambda: job), renew())
        return ending

    return asyncio.run(asyncio.wait_for(both(), 60))


def test_a_job_is_stopped_when_its_lifeline_gets_too_old(tmp_path: Path) -> None:
    ending = _carried(tmp_path, "sleep 60", age=0, limit=0.5)
    assert isinstance(ending, Lost)
    assert "lost the database" in ending.reason
    assert list(folder_of(tmp_path / "attempts", ATTEMPT).processes()) == []


def test_a_job_that_does_not_obey_is_killed(tmp_path: Path) -> None:
    ending = _carried(tmp_path, "trap '' TERM; setsid sleep 60 & sleep 60", age=0, limit=0.5)
    assert isinstance(ending, Lost)
    assert list(folder_of(tmp_path / "attempts", ATTEMPT).processes()) == []


def test_a_job_goes_on_as_long_as_its_lifeline_is_renewed(tmp_path: Path) -> None:
    ending = _carried(tmp_path, "sleep 3; exit 4", age=0, limit=1.5, renewed=5)
    assert isinstance(ending, Ended)
    assert ending.outcome.returncode == 4


def test_nothing_begins_at_an_old_lifeline(tmp_path: Path) -> None:
    """Its worker had stopped between claiming it and starting it; others may have it by now."""
    ending = _carried(tmp_path, "touch ran", age=10, limit=5)
    assert isinstance(ending, NotStarted)
    assert not (tmp_path / "ran").exists()
    assert not (folder_of(tmp_path / "attempts", ATTEMPT).path / supervisor.STARTED).exists()


def test_a_torn_lifeline_leaves_it_at_the_last_one(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert supervisor._lifeline(None) is None, "no worker's attempt"
    lifeline.hang(tmp_path, 12.5, 15.0)
    assert supervisor._lifeline(None) == (12.5, 15.0)
    for torn in (b"", b"12", b"x y"):
        (tmp_path / supervisor.LIFELINE).write_bytes(torn)
        assert supervisor._lifeline((12.5, 15.0)) == (12.5, 15.0)
    lifeline.renew(tmp_path, 99999999.999, 86400.0)
    assert supervisor._lifeline(None) == (99999999.999, 86400.0)
    size = (tmp_path / supervisor.LIFELINE).stat().st_size
    lifeline.renew(tmp_path, 1.0, 15.0)
    assert (tmp_path / supervisor.LIFELINE).stat().st_size == size, "it never grows, so a full disk does not matter"
