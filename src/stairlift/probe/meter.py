"""The meter of one run as its orchestrator has it: kept alive, listened to, held against the budget."""

import asyncio
import logging
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

from stairlift.check.budget import Account, breach
from stairlift.check.canary import Turns
from stairlift.drive.background import in_background
from stairlift.model.availability import Canary, Window
from stairlift.model.cause import Cause
from stairlift.model.effect import Intention
from stairlift.model.errors import StairliftError
from stairlift.model.run import AttemptId, Ended, Ending, Run, RunState
from stairlift.model.work import Job
from stairlift.ports import Executor, Records
from stairlift.probe.order import ACKNOWLEDGED, ALIVE, GIVEN_UP, OVER, QUIET, SAMPLES, MeterOrder, put
from stairlift.probe.samples import SampleReader
from stairlift.probe.writing import KIND, PATIENCE, tag_of
from stairlift.report.flights import windows

_LOG = logging.getLogger(__name__)
#: What its attempts are called among those of the run; no step is.
STEP = "meter"
#: Seconds. So long after it should be there a baseline is waited for; between two processes that left at once.
_PATIENCE, _AGAIN, _AGAIN_MOST = 60.0, 2.0, 60.0
#: Seconds that the time of day gains or loses between two looks only where somebody sets the clock.
_SET = 5.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where the meter of a run writes, what it is told, and the budget that it is held against (empty: none).

    `proves`: behind the last step, what it writes is waited for once more.
    """

    folder: Path
    order: MeterOrder
    budget: Mapping[str, float]
    proves: bool = False

    def over(self) -> None:
        """The run is over for good: its meter ends within seconds."""
        end_meter(self.folder)


def end_meter(folder: Path) -> None:
    """Let the meter of this folder end, if there is one."""
    with suppress(OSError):
        if folder.is_dir():
            (folder / OVER).touch()


class RunMeter:
    """Fills ports.Meter by a process that the run's executor starts and adopts, as it does with attempts.

    `run` is as it stood before it was taken up: whoever takes up one that a breach has paused knows of what was lost.
    `note` hears what the run waits for at its end, and that nothing is written.
    """

    def __init__(
        self,
        place: Place,
        run: Run,
        executor: Executor,
        records: Records,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._place = place
        self._run = run
        self._executor = executor
        self._records = records
        self._note = note
        self._reader = SampleReader(place.folder / SAMPLES)
        self._account = Account(place.budget, _acknowledged(place.folder))
        self._since = time.time()
        self._drift = self._since - time.monotonic()
        self._known = _is_breach(run)
        self._turns = Turns()
        self._waits_since: float | None = None
        self._expects = place.order.settings.write is not None

    # The process

    async def attend(self) -> None:
        """Start it, or adopt it, and start another one where it has died. Ends only where it is cancelled."""
        number, pause = 1, _AGAIN
        while True:
            started = time.monotonic()
            if await self._attempt(number):
                number += 1
                continue  # an earlier one, that has ended before
            pause = _AGAIN if time.monotonic() - started > _AGAIN_MOST else min(2 * pause, _AGAIN_MOST)
            await asyncio.sleep(pause)
            number += 1

    async def _attempt(self, number: int) -> bool:
        """Wait for the end of one process; whether it was there before, and not even adopted."""
        attempt, begun = AttemptId(self._run.id, STEP, number), time.monotonic()
        asked: list[bool] = []

        def job() -> Job:
            asked.append(True)
            return self._job()

        try:
            await in_background(self._prepare, "prepare the meter")
            ending = await self._executor.run(attempt, job)
            await self._executor.end(attempt)  # where its supervisor was killed, it may be there still
        except (StairliftError, OSError) as error:
            _LOG.warning("the meter of run %s cannot be started: %s", self._run.id, error)
            return False
        if asked:
            _LOG.warning("the meter of run %s has left: %s; another one follows", self._run.id, _last_words(ending))
        return not asked and time.monotonic() - begun < _AGAIN

    def _prepare(self) -> None:
        self._place.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for sign in (OVER, QUIET):
            (self._place.folder / sign).unlink(missing_ok=True)
        (self._place.folder / ALIVE).touch()
        self._place.order.write(self._place.folder)

    def _job(self) -> Job:
        return Job((sys.executable, "-m", "stairlift.probe", str(self._place.folder)), str(Path.cwd()))

    # What it says

    def makes(self) -> tuple[Intention, ...]:
        """The servers and ports of the write probe, as one."""
        write = self._place.order.settings.write
        if write is None:
            return ()
        tag = tag_of(self._run.id)
        return (Intention(KIND, write.cloud, {"tag": tag, "cloud": write.cloud}),)

    async def baseline(self) -> str:
        """How far the baseline is; without a budget it is not insisted on for ever."""
        await in_background(self._listen, "listen to the meter")
        self._remark()
        found = self._account.baseline
        if found.until is not None:
            return ""
        wanted = found.wanted or self._place.order.settings.baseline
        if not self._place.budget and time.time() - self._since > wanted + _PATIENCE:
            return ""
        return f"the meter takes its baseline: {found.seconds:.0f} of {wanted:.0f} s"

    async def breach(self) -> str:
        """What users lost, or that nobody knows."""
        found = await in_background(self._found, "judge the budget")
        return f"{found}; {_hint(self._run)} tells more" if found else ""

    async def canary(self) -> str:
        """A turn of the write probe takes as long as it takes: it writes no more often than once in `every`."""
        write = self._place.order.settings.write
        if write is None or not self._place.proves:
            return ""
        within = write.every + 2 * PATIENCE + _PATIENCE
        if self._waits_since is None:
            self._waits_since = time.monotonic()
            self._note(f"the last step has ended; what users do is tried once more, for {within:.0f} s at most")
        await in_background(self._listen, "listen to the meter")
        found = await in_background(self._tried, "look for a canary")
        too_long = time.monotonic() - self._waits_since > within
        waits = not (found.over or too_long or self._gave_up())
        return "what users do has not been tried since the last step ended" if waits else ""

    def tried(self) -> Canary | None:
        """As far as it has come; None where nothing was waited for."""
        return None if self._waits_since is None else self._tried()

    def _gave_up(self) -> bool:
        return (self._place.folder / GIVEN_UP).exists()

    def _remark(self) -> None:
        """Say once that the write probe makes nothing: whoever wants it should not learn of that at the end."""
        if self._expects and self._gave_up():
            self._expects = False
            where = f"attempts/{self._run.id}/{STEP}/ in the state directory"
            self._note(f"the write probe makes nothing, and its log says why: {where}")

    def _tried(self) -> Canary:
        try:
            ended = [status.ended_at for status in self._records.steps(self._run.id) if status.ended_at]
        except StairliftError as error:
            _LOG.warning("the steps of run %s cannot be read: %s", self._run.id, error)
            return Canary(self._since, ())
        return self._turns.since(max(ended).timestamp() if ended else self._since)

    def _listen(self) -> None:
        with suppress(OSError):
            (self._place.folder / ALIVE).touch()
        try:
            for piece in self._reader.pieces():
                self._account.hear(piece)
                self._turns.hear(piece)
        except OSError as error:
            _LOG.warning("the samples of run %s cannot be read: %s", self._run.id, error)
        if self._known:
            self._known = False
            self._acknowledge(max(self._account.end, self._since))

    def _acknowledge(self, until: float) -> None:
        self._account.acknowledge(until)
        with suppress(OSError):
            put(self._place.folder / ACKNOWLEDGED, {"until": until})

    def _found(self) -> str:
        if not self._place.budget:
            return ""
        try:
            return breach(self._account, self._windows) or self._unknown()
        except StairliftError as error:  # the journal is out of reach: the loop will hear of that by itself
            _LOG.warning("the steps of run %s cannot be read: %s", self._run.id, error)
            return ""

    def _unknown(self) -> str:
        now = self._now()
        found = self._account.baseline
        if found.until is not None:
            return self._account.unknown(now, self._since)
        waited = now - self._since
        if waited <= (found.wanted or self._place.order.settings.baseline) + _PATIENCE:
            return ""
        return f"there is a downtime budget, and for {waited:.0f} s the meter has had no baseline to judge it by"

    def _now(self) -> float:
        """The time of day. Where the clock was set, or this machine slept, silence begins anew."""
        now = time.time()
        before, self._drift = self._drift, now - time.monotonic()
        if abs(self._drift - before) > _SET:
            self._since = now
        return now

    def _windows(self) -> Sequence[Window]:
        run = self._run.id
        return windows(self._records.attempts(run), self._records.steps(run), datetime.now(UTC))


def _last_words(ending: Ending) -> str:
    if not isinstance(ending, Ended):
        return ending.reason
    said = ending.outcome.log_tail.strip().splitlines()[-1:]
    return "".join(said) or f"exit code {ending.outcome.returncode}"


def _hint(run: Run) -> str:
    return f"`stairlift availability {run.id}`"


def _is_breach(run: Run) -> bool:
    cause = Cause.of(run)
    said = cause is Cause.METER or (cause is None and _hint(run) in run.reason)  # words: of who had no causes yet
    return run.state is RunState.PAUSED and said


def _acknowledged(folder: Path) -> float:
    try:
        return float(orjson.loads((folder / ACKNOWLEDGED).read_bytes())["until"])
    except (OSError, ValueError, LookupError, TypeError):
        return 0.0
