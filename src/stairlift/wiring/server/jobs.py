"""What a server does for somebody that takes longer than an answer: looks at clouds, plans, beginnings of runs."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from threading import BoundedSemaphore, Lock, Thread
from typing import Any, Protocol

from stairlift.model.errors import Refusal, StairliftError, UsageError
from stairlift.model.job import Job, JobKind
from stairlift.wiring.clock import now
from stairlift.wiring.defects import defect_of
from stairlift.wiring.server.kept_jobs import KeptJobs

#: Told each thing that a person should know on the way.
Note = Callable[[str], None]
#: What is to be done; it gives the result, and where that is kept.
Work = Callable[[Note], tuple[Mapping[str, Any], str]]

#: So many are worked at side by side, so many may wait behind them, and so many are remembered once they have ended:
#: of a large cloud what a check has found is some megabytes.
AT_ONCE, WAITING, REMEMBERED = 4, 50, 100


class Fruitless(Exception):
    """What a job is ended by, where there is something to show all the same: what the refused plan would have been."""

    def __init__(self, error: StairliftError, result: Mapping[str, Any]) -> None:
        super().__init__(error.brief)
        self.error = error
        self.result = result


class Jobs(Protocol):
    """A few at a time, each in a thread. Those that the server did not bring to their end are forgotten."""

    def begin(self, kind: JobKind, actor: str, work: Work) -> Job:
        """Start one. Refusal (job.too_many) where too many wait already."""
        ...

    def find(self, job_id: str) -> Job:
        """How a job stands. UsageError (job.unknown)."""
        ...

    def close(self) -> None:
        """Start none any more, and wait for nobody: what a job has begun to do for a run is on record or is not."""
        ...


class Threads:
    """Fills Jobs. The threads end with the process: a cloud that does not answer keeps no server from ending."""

    def __init__(self, kept: KeptJobs | None = None) -> None:
        self._kept = kept
        self._jobs: dict[str, Job] = {}
        self._lock = Lock()
        self._room = BoundedSemaphore(AT_ONCE)
        self._closed = False

    def begin(self, kind: JobKind, actor: str, work: Work) -> Job:
        """See Jobs."""
        job = Job(secrets.token_hex(8), kind, actor, now())
        with self._lock:
            if self._closed or sum(job.state == "running" for job in self._jobs.values()) >= AT_ONCE + WAITING:
                raise _too_many()
            self._jobs[job.id] = job
            self._forget()
        Thread(target=self._carry_out, args=(job.id, work), name=f"job-{job.id}", daemon=True).start()
        return job

    def find(self, job_id: str) -> Job:
        """See Jobs."""
        with self._lock:
            found = self._jobs.get(job_id)
        found = found or (self._kept.find(job_id) if self._kept else None)
        if found is None:
            raise _unknown(job_id)
        return found

    def close(self) -> None:
        """See Jobs."""
        with self._lock:
            self._closed = True

    def _carry_out(self, job_id: str, work: Work) -> None:
        with self._room:
            if self._closed:
                return
            try:
                result, location = work(lambda text: self._note(job_id, text))
            except Fruitless as ended:
                self._end(job_id, state="failed", error=ended.error, result=ended.result)
            except StairliftError as wrong:
                self._end(job_id, state="failed", error=wrong)
            except BaseException as bug:  # noqa: BLE001  # whatever it is, whoever asks for the job must hear of it
                self._end(job_id, state="failed", error=defect_of(bug, f"job {job_id}", code="job.defect"))
            else:
                self._end(job_id, state="done", result=result, location=location)

    def _note(self, job_id: str, text: str) -> None:
        with self._lock:
            job = self._jobs[job_id]
            self._jobs[job_id] = replace(job, notes=(*job.notes, text))

    def _end(self, job_id: str, **known: Any) -> None:
        """It is kept before anybody is told that it has ended; what a disk has taken needs no memory any more."""
        with self._lock:
            ended = replace(self._jobs[job_id], **known, ended_at=now())
        kept = self._kept is not None and self._kept.keep(ended)
        with self._lock:
            if kept:
                del self._jobs[job_id]
            else:
                self._jobs[job_id] = ended

    def _forget(self) -> None:
        """The oldest of those that have ended."""
        ended = [job.id for job in self._jobs.values() if job.state != "running"]
        for job_id in ended[: max(0, len(ended) - REMEMBERED)]:
            del self._jobs[job_id]


def _too_many() -> Refusal:
    return Refusal(
        code="job.too_many",
        brief=f"{WAITING} jobs wait already, or the server is about to end",
        resolution="Ask again once some of them have ended.",
    )


def _unknown(job_id: str) -> UsageError:
    return UsageError(
        code="job.unknown",
        brief=f"there is no job {job_id!r}",
        resolution="A server forgets the oldest of many, and those that had not ended when it did. Ask for it anew.",
    )
