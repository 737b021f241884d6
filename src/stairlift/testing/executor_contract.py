"""What every ports.Executor promises. Subclass it as a pytest class and give it the fixture `lab`."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pytest

from stairlift.model.run import AttemptId, Ended, Ending, Lost, NotStarted
from stairlift.model.work import Job
from stairlift.ports import Executor

_T = TypeVar("_T")

ATTEMPT = AttemptId("r1", "2026.1/compute cmp1", 1)


class Lab(Protocol):
    """One kind of executor, and jobs that it can run."""

    def executor(self) -> Executor:
        """An executor as one more orchestrator would have it; called twice, both know the same attempts."""
        ...

    def job(self, returncode: int, *, lasting: float = 0.0) -> Job:
        """A job that lasts so many seconds, then ends so. Each time it begins it counts itself."""
        ...

    def hopeless(self) -> Job:
        """A job that cannot be started."""
        ...

    def begun(self) -> int:
        """How many jobs have begun."""
        ...


class ExecutorContract:
    """The suite."""

    @pytest.fixture
    def lab(self, tmp_path: Path) -> Lab:
        """To be given by whoever runs the suite."""
        raise NotImplementedError

    @pytest.mark.parametrize("returncode", [0, 3])
    def test_an_attempt_ends_as_its_job_does(self, lab: Lab, returncode: int) -> None:
        ending = _run(_carry(lab.executor(), lab.job(returncode)))
        assert isinstance(ending, Ended) and ending.outcome.returncode == returncode
        assert ending.at.tzinfo is not None

    def test_what_cannot_be_started_says_so(self, lab: Lab) -> None:
        ending = _run(_carry(lab.executor(), lab.hopeless()))
        assert isinstance(ending, NotStarted) and ending.reason

    def test_one_id_is_started_once(self, lab: Lab) -> None:
        async def twice() -> list[Ending]:
            executor = lab.executor()
            return [await _carry(executor, lab.job(3)), await _carry(executor, lab.job(0))]

        first, second = _run(twice())
        assert first == second and lab.begun() == 1

    def test_side_by_side_it_is_started_once_too(self, lab: Lab) -> None:
        async def both() -> list[Ending]:
            executor = lab.executor()
            return await asyncio.gather(*(_carry(executor, lab.job(0, lasting=0.2)) for _ in range(3)))

        endings = _run(both())
        assert len(set(map(repr, endings))) == 1 and lab.begun() == 1

    def test_the_next_orchestrator_adopts_what_the_last_one_left(self, lab: Lab) -> None:
        async def left_and_adopted() -> Ending:
            task = asyncio.create_task(_carry(lab.executor(), lab.job(0, lasting=0.5)))
            await _until(lambda: lab.begun() == 1)
            task.cancel()
            await asyncio.wait([task])
            return await lab.executor().run(ATTEMPT, _never)

        ending = _run(left_and_adopted())
        assert isinstance(ending, Ended) and ending.outcome.returncode == 0 and lab.begun() == 1

    def test_what_has_ended_leaves_no_remains(self, lab: Lab) -> None:
        async def remains() -> tuple[str, ...]:
            executor = lab.executor()
            assert await executor.remains(ATTEMPT) == ()
            await _carry(executor, lab.job(0))
            return await executor.remains(ATTEMPT)

        assert _run(remains()) == ()

    def test_stopped_by_force_it_is_lost_and_nothing_runs(self, lab: Lab) -> None:
        async def stopped() -> tuple[tuple[str, ...], Ending, tuple[str, ...]]:
            executor = lab.executor()
            task = asyncio.create_task(_carry(executor, lab.job(0, lasting=60)))
            await _until(lambda: lab.begun() == 1)
            alive = await executor.remains(ATTEMPT)
            await executor.end(ATTEMPT)
            return alive, await task, await executor.remains(ATTEMPT)

        alive, ending, dead = _run(stopped())
        assert alive and dead == ()
        assert isinstance(ending, Lost) and "force" in ending.reason

    def test_it_knows_at_least_nothing_of_how_long_an_attempt_has_run(self, lab: Lab) -> None:
        """A deadline is counted from it, so it must never say too much; it may be that it cannot tell."""

        async def asked() -> tuple[float | None, float | None, float]:
            executor, begun = lab.executor(), asyncio.get_running_loop().time()
            before = executor.age(ATTEMPT)
            task = asyncio.create_task(_carry(executor, lab.job(0, lasting=0.3)))
            await _until(lambda: lab.begun() == 1)
            age = executor.age(ATTEMPT)
            await task
            return before, age, asyncio.get_running_loop().time() - begun

        before, age, passed = _run(asked())
        assert before is None
        assert age is None or 0 <= age <= passed

    def test_ending_what_never_began_changes_nothing(self, lab: Lab) -> None:
        async def ended() -> Ending:
            executor = lab.executor()
            await executor.end(ATTEMPT)
            return await _carry(executor, lab.job(0))

        assert isinstance(_run(ended()), Ended)

    def test_attempts_of_one_step_are_apart(self, lab: Lab) -> None:
        async def attempts() -> list[Ending]:
            executor = lab.executor()
            second = AttemptId(ATTEMPT.run, ATTEMPT.step, 2)
            assert executor.folder(second) != executor.folder(ATTEMPT)
            return [await _carry(executor, lab.job(3)), await executor.run(second, lambda: lab.job(0))]

        codes = [ending.outcome.returncode for ending in _run(attempts()) if isinstance(ending, Ended)]
        assert codes == [3, 0] and lab.begun() == 2


async def _carry(executor: Executor, job: Job) -> Ending:
    return await executor.run(ATTEMPT, lambda: job)


def _never() -> Job:
    raise AssertionError("an attempt that was begun is not asked for its job again")


async def _until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110
        await asyncio.sleep(0.01)


def _run(work: Coroutine[Any, Any, _T]) -> _T:
    return asyncio.run(asyncio.wait_for(work, 30))
