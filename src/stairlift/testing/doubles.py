"""Stand-ins for the ports that a run goes through: a strategy, a probe and a clock that do as they are told."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from stairlift.model.effect import Effect, EffectState, Intention
from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.model.plan import Concurrency, Step
from stairlift.model.work import Assignment, Capabilities, Frozen, Job, Outcome, Result, Verdict


class ScriptedStrategy:
    """Starts what `argv` says for a step; a return code of 0 is done, of 75 unknown, any other failed, 69 for now.

    Whether it bears `repeatable` steps is an option.
    """

    name: ClassVar[str] = "scripted"

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        self._argv: Callable[[Step], Sequence[str]] = (options or {}).get("argv", lambda step: ("true", step.id))
        self._undo: Callable[[Step], Sequence[str]] | None = (options or {}).get("undo")
        self._concurrency: Concurrency = (options or {}).get("concurrency", "host")
        self._repeatable: bool = (options or {}).get("repeatable", False)

    def capabilities(self) -> Capabilities:
        """As its options say."""
        return Capabilities(self._concurrency, undo=self._undo is not None, repeatable=self._repeatable)

    def freeze(self) -> Frozen:
        """Nothing to compare."""
        return Frozen()

    def job(self, assignment: Assignment) -> Job:
        """The script's line for this step."""
        argv = self._undo if assignment.undo and self._undo else self._argv
        return Job(tuple(argv(assignment.step)), "/")

    def runbook(self, step: Step) -> tuple[str, ...]:
        """The same as one line."""
        return (" ".join(self._argv(step)),)

    def judge(self, assignment: Assignment, outcome: Outcome) -> Verdict:
        """By the return code alone."""
        if outcome.returncode == 0:
            return Verdict("done")
        reason = f"{assignment.step.id} returned {outcome.returncode}"
        result: Result = "unknown" if outcome.returncode == 75 else "failed"
        return Verdict(result, reason, temporary=outcome.returncode == 69)


class ScriptedFences:
    """Fences hosts with files in `folder`: cordon makes one with the run's id in it, uncordon and restore remove it.

    A file of somebody else's is foreign, and stays. What is no cordon or uncordon is done by `work`. Their jobs are
    real programs, and `restore` works at any time, so that whoever kills an orchestrator sees what is left of it.
    `refuses` are the hosts that cannot be restored. The real one that this stands for is `stairlift.strategy.nova`.
    """

    name: ClassVar[str] = "scripted-fences"

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._folder = Path(options["folder"])
        self._work = ScriptedStrategy(options)
        self.refuses: set[str] = set()
        self.restored: list[str] = []

    def capabilities(self) -> Capabilities:
        """Those of the work."""
        return replace(self._work.capabilities(), repeatable=True)

    def freeze(self) -> Frozen:
        """Nothing to compare."""
        return Frozen()

    def effects(self, assignment: Assignment) -> tuple[Intention, ...]:
        """A cordon for each host."""
        if assignment.step.action != "cordon" or assignment.undo:
            return ()
        return tuple(Intention("cordon", host, {"by": assignment.run}) for host in assignment.step.hosts)

    def job(self, assignment: Assignment) -> Job:
        """What the action is."""
        script = self._script(assignment)
        job = self._work.job(assignment)
        return Job((*job.argv[:-1], f"{script}\n{job.argv[-1]}"), job.cwd) if script else job

    def _script(self, assignment: Assignment) -> str:
        """The lines that come before those of the work, whose last word is a shell's script."""
        files = [f"'{self._folder}/{host}'" for host in assignment.step.hosts]
        if assignment.undo or assignment.step.action == "uncordon":
            return "\n".join(f"grep -qxs {assignment.run} {file} && rm -f {file}" for file in files)
        if assignment.step.action == "cordon":
            return "\n".join(f"[ -e {file} ] && echo foreign || echo {assignment.run} >{file}" for file in files)
        return ""

    def runbook(self, step: Step) -> tuple[str, ...]:
        """That of the work."""
        return self._work.runbook(step)

    def judge(self, assignment: Assignment, outcome: Outcome) -> Verdict:
        """As the work is judged; a file that says whose it is tells the rest."""
        verdict = self._work.judge(assignment, outcome)
        return replace(
            verdict, effects={f"cordon:{host}": self._state(host, assignment.run) for host in self._mine(assignment)}
        )

    def _mine(self, assignment: Assignment) -> tuple[str, ...]:
        return assignment.step.hosts if assignment.step.action in ("cordon", "uncordon") else ()

    def _state(self, host: str, run: str) -> EffectState:
        file = self._folder / host
        if not file.exists():
            return "restored"
        return "made" if file.read_text().strip() == run else "foreign"

    def restore(self, effect: Effect) -> str:
        """Remove the file, if it is ours."""
        self.restored.append(effect.id)
        if effect.subject in self.refuses:
            return f"{effect.subject} does not answer"
        if self._state(effect.subject, effect.details["by"]) == "made":
            (self._folder / effect.subject).unlink()
        return ""


class ScriptedFreshness:
    """Says of each host after how many questions it reports; a host that is not named reports at once.

    `unreachable` is how many questions the registry does not answer at all, before it does.
    """

    def __init__(self, silent: Mapping[str, int] | None = None, *, unreachable: int = 0) -> None:
        self.asked: list[tuple[Sequence[tuple[str, str]], datetime]] = []
        self._silent = dict(silent or {})
        self._unreachable = unreachable

    async def stale(self, services: Sequence[tuple[str, str]], since: datetime) -> tuple[str, ...]:
        """Of the services, those of hosts that are silent still."""
        self.asked.append((services, since))
        if self._unreachable:
            self._unreachable -= 1
            raise SourceTrouble(Trouble.TIMEOUT, "nova did not answer within 60 s")
        silent = tuple(f"{binary} on {host} has not reported" for binary, host in services if self._waits(host))
        for host in {host for _, host in services}:
            self._silent[host] = self._silent.get(host, 0) - 1
        return silent

    def _waits(self, host: str) -> bool:
        return self._silent.get(host, 0) > 0


class FastClock:
    """A clock that runs `speed` times as fast as the world's, so that minutes pass in milliseconds.

    Somebody may set it while it is used: `offset` is by how much.
    """

    def __init__(self, speed: float = 100.0, start: datetime = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)) -> None:
        self._speed = speed
        self._start = start
        self._began = time.monotonic()
        self.offset = timedelta()

    def now(self) -> datetime:
        """The time that has come."""
        return self._start + self.offset + timedelta(seconds=self.steady())

    def steady(self) -> float:
        """Its own seconds since it was made."""
        return (time.monotonic() - self._began) * self._speed

    async def sleep(self, seconds: float) -> None:
        """Sleep that many of its own seconds."""
        await asyncio.sleep(seconds / self._speed)
