"""The logs of attempts, as far as they have come."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from stairlift.execute.supervisor import LOG
from stairlift.model.errors import UsageError
from stairlift.model.plan import Plan
from stairlift.model.run import Attempt, AttemptId, Run
from stairlift.ports import Records

_AT_ONCE = 2**20


class Source(Protocol):
    """Where logs are: an office, or a server."""

    @property
    def store(self) -> Records:
        """What is on record."""
        ...

    def plan(self, run: Run) -> Plan:
        """The plan that a run carries out."""
        ...

    def printed(self, attempt: Attempt, offset: int) -> Iterable[bytes]:
        """The lines of an attempt's log from a byte on, each with its end if that is written."""
        ...


class LogReader:
    """Reads the logs of a run (or of one step) again and again; each time what was written since.

    Raises UsageError (run.unknown_step) where the run's plan has no such step.
    """

    def __init__(self, office: Source, run: Run, step: str | None) -> None:
        if step and office.plan(run).step(step) is None:
            raise UsageError(
                code="run.unknown_step",
                brief=f"run {run.id} has no step {step!r}",
                resolution=f"`stairlift status {run.id} --steps` names them",
            )
        self._office = office
        self._run = run
        self._step = step
        self._read: dict[AttemptId, int] = {}
        self._over: set[AttemptId] = set()
        self._last: AttemptId | None = None

    def lines(self, *, rest: bool) -> Iterator[bytes]:
        """What is new, line by line, under a heading wherever another attempt's begins.

        A line that is still being written comes with the next look; `rest` says that there will be none.
        """
        for attempt in self._office.store.attempts(self._run.id, self._step):
            if attempt.id not in self._over:
                yield from self._of(attempt, rest=rest or attempt.result is not None)

    def _of(self, attempt: Attempt, *, rest: bool) -> Iterator[bytes]:
        for line in self._since(attempt, rest=rest):
            if self._last != attempt.id:
                self._last = attempt.id
                yield _heading(attempt)
            yield line
        if attempt.result is not None:
            self._over.add(attempt.id)
            if not self._read[attempt.id]:
                yield _heading(attempt) + b", printed nothing"

    def _since(self, attempt: Attempt, *, rest: bool) -> Iterator[bytes]:
        for line in self._office.printed(attempt, self._read.setdefault(attempt.id, 0)):
            if line.endswith(b"\n") or rest:
                self._read[attempt.id] += len(line)
                yield line.removesuffix(b"\n")


def _heading(attempt: Attempt) -> bytes:
    return f"== {attempt.id.step}, attempt {attempt.id.number}, {attempt.started_at:%Y-%m-%d %H:%M:%S} UTC".encode()


def lines_of(folder: Path, offset: int) -> Iterator[bytes]:
    """The lines of the log in an attempt's folder; none where there is none yet."""
    try:
        with (folder / LOG).open("rb") as file:
            file.seek(offset)
            while lines := file.readlines(_AT_ONCE):
                yield from lines
    except FileNotFoundError:
        return
