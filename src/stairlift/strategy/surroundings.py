"""What surrounds a run, begun and ended by commands of the operator's: attempts like all others, and so adopted.

Each command has a folder in that of the run: `around:NAME:check`, `around:NAME:begin`, and `around:NAME:end-N` for what
was begun the N-th time. One that was started is never started again, whoever asks: what was lost between the ledger and
the world is found there.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import count
from typing import ClassVar

from stairlift.model.effect import AROUND, Effect, Intention
from stairlift.model.errors import StairliftError
from stairlift.model.plan import Around, Plan
from stairlift.model.run import AttemptId, Ended, Ending, Lost, NotStarted, Run
from stairlift.model.work import Assignment, Job
from stairlift.ports import Executor
from stairlift.strategy.around import BEGUN, command
from stairlift.strategy.endings import ending, last_line
from stairlift.strategy.templates import names

#: So many characters of what `begin` printed last are handed to `end`.
_MOST = 1000
#: Takes the place of a command that was not started, so that nobody can start it any more: it is no program.
_NOTHING = Job(("/dev/null",), "/")


class _Once:
    """A job for an attempt, and whether it was wanted: it is not where the attempt was started before."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self.wanted = False

    def __call__(self) -> Job:
        self.wanted = True
        return self._job


class RunSurroundings:
    """Fills ports.Surroundings, and ports.Affecting for what it has begun, of one run.

    What ending takes is in the effect: neither the plan nor stairlift.toml is looked at then.
    """

    name: ClassVar[str] = AROUND

    def __init__(self, plan: Plan, run: Run, executor: Executor) -> None:
        self._around = {one.name: one for one in plan.around}
        self._run = run
        self._executor = executor

    def intentions(self) -> tuple[Intention, ...]:
        """In the order of stairlift.toml."""
        return tuple(
            Intention(AROUND, one.name, {"end": list(one.end), "folder": one.folder, "deadline": one.deadline})
            for one in self._around.values()
        )

    async def begin(self, effect: Effect) -> Effect:
        """Ask `check` whether it is so already, then `begin` it. Raises StairliftError (around.not_begun).

        What failed in an earlier life is put back first, to be begun anew: its own leavings are not foreign.
        """
        if effect.state == "made":
            return await self._looked_at(effect)
        around = self._around[effect.subject]
        if around.check and _is_so((await self._started(effect, "check", around, around.check))[0]):
            return replace(effect, state="foreign")
        found, fresh = await self._started(effect, "begin", around, around.begin)
        if isinstance(found, NotStarted) and not fresh:
            return replace(effect, state="restored")  # somebody has put it back before it was begun
        said = _said(found)
        wrong = _why(found) or _unsaid(around, said)
        if wrong and not fresh:
            return await self._cleared(effect)
        if wrong:
            raise _not_begun(f"`begin` {wrong}")
        made = replace(effect, state="made", details={**effect.details, BEGUN: said})
        return made if fresh else await self._looked_at(made)

    def effects(self, assignment: Assignment) -> tuple[Intention, ...]:  # noqa: ARG002
        """None of a step: they are the run's."""
        return ()

    def restore(self, effect: Effect) -> str:
        """End it; "" once that is done, or where it was never begun. Blocks until its commands have ended.

        Raises StairliftError (execute.attempts_gone) where it was begun elsewhere: nobody here knows what became of it.
        """
        self._executor.open_run(self._run.id, begun=True)
        return asyncio.run(self._restored(effect))

    async def _cleared(self, effect: Effect) -> Effect:
        if why := await self._restored(effect):
            raise _not_begun(why)
        return replace(effect, state="restored")

    async def _restored(self, effect: Effect) -> str:
        around = _as_recorded(effect)
        if BEGUN in effect.details:
            return await self._end(effect, around, str(effect.details[BEGUN]))
        attempt = self._attempt(effect, "begin")
        found = await self._within(attempt, lambda: _NOTHING, around.deadline)
        if _did_nothing(found):
            return ""
        if left := await self._executor.remains(attempt):
            return f"`begin` still runs: {', '.join(left)}"
        said = _said(found)
        if wrong := _unsaid(around, said):
            return f"nobody knows what `end` needs: `begin` {_why(found) or wrong}"
        return await self._end(effect, around, said)

    async def _looked_at(self, effect: Effect) -> Effect:
        """What was made before us, unless it was ended and who did it died before that was on record."""
        stands = await self._ended(effect, _as_recorded(effect), _NOTHING)
        return effect if stands else replace(effect, state="restored")

    async def _end(self, effect: Effect, around: Around, said: str) -> str:
        why = await self._ended(effect, around, self._job(around, around.end, {BEGUN: said}))
        return f"`end` failed: {why}" if why else ""

    async def _ended(self, effect: Effect, around: Around, job: Job) -> str:
        """Why it is not ended, neither by anybody before nor by this job, which comes after all others."""
        ours = _Once(job)
        for number in count(1):
            attempt = AttemptId(self._run.id, f"{effect.id}:end-{effect.details['number']}", number)
            why = _why(await self._within(attempt, ours, around.deadline))
            if ours.wanted or not why:
                break
        return why

    async def _started(
        self, effect: Effect, which: str, around: Around, template: tuple[str, ...]
    ) -> tuple[Ending, bool]:
        """How it ended, and whether it was started just now and not by anybody before."""
        once = _Once(self._job(around, template, {}))
        return await self._within(self._attempt(effect, which), once, around.deadline), once.wanted

    def _attempt(self, effect: Effect, which: str) -> AttemptId:
        return AttemptId(self._run.id, f"{effect.id}:{which}", int(effect.details["number"]))

    def _job(self, around: Around, template: tuple[str, ...], more: dict[str, str]) -> Job:
        """Told the same in its words as in its environment, where secrets are as well."""
        known = {"run": self._run.id, "from": self._run.source, "to": self._run.target, **more}
        env = {f"STAIRLIFT_{name.upper()}": value for name, value in known.items()}
        return Job(command(around, template, known), around.folder, {**env, "STAIRLIFT_AROUND": around.name})

    async def _within(self, attempt: AttemptId, job: Callable[[], Job], deadline: float) -> Ending:
        """How it ended, of itself or by force at its deadline, or that not even force has ended it by twice of that."""
        with suppress(TimeoutError):
            async with asyncio.timeout(deadline):
                return await self._executor.run(attempt, job)
        with suppress(TimeoutError):
            async with asyncio.timeout(deadline):
                await self._executor.end(attempt)
                found = await self._executor.run(attempt, job)
                return Lost(f"was ended at its deadline of {deadline:g} s") if isinstance(found, Lost) else found
        return Lost(f"goes on after its deadline of {deadline:g} s, and could not be ended")


def _as_recorded(effect: Effect) -> Around:
    told = effect.details
    end = tuple(map(str, told["end"]))
    return Around(effect.subject, (), end, deadline=int(told["deadline"]), folder=str(told["folder"]))


def _not_begun(why: str) -> StairliftError:
    return StairliftError(
        code="around.not_begun",
        brief=why,
        resolution="See to what is named, then `stairlift resume`.",
    )


def _is_so(found: Ending) -> bool:
    """What `check` says. One that did not come to its end says nothing."""
    if isinstance(found, Ended) and found.outcome.returncode >= 0:
        return found.outcome.returncode == 0
    raise _not_begun(f"`check` {_why(found)}")


def _why(found: Ending) -> str:
    """How a command has failed, as what it did; "" for one that has not."""
    if not isinstance(found, Ended):
        return found.reason.removeprefix("it ")  # of an attempt it is said in a sentence
    if not found.outcome.returncode:
        return ""
    said = last_line(found.outcome.log_tail)
    return f"ended: {ending(found.outcome.returncode)}" + (f": {said}" if said else "")


def _said(found: Ending) -> str:
    """What one that has gone well printed last; the words of a failure are no result."""
    return last_line(found.outcome.log_tail, _MOST) if isinstance(found, Ended) and not _why(found) else ""


def _unsaid(around: Around, said: str) -> str:
    return "printed nothing, and `end` needs its last line" if not said and names(around.end, BEGUN) else ""


def _did_nothing(found: Ending) -> bool:
    """Whether there is nothing to be ended: it was never started, or has said by itself that it failed."""
    return isinstance(found, NotStarted) or (isinstance(found, Ended) and found.outcome.returncode > 0)
