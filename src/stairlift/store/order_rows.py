"""Orders and endings to JSON documents and back.

A row holds what its worker must know and nothing else: command line, working directory, variables that the strategy
sets, texts of the job's files, fingerprints. Of the orchestrator's own environment nothing is in it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row

from stairlift.model.dispatch import Dispatched, Order
from stairlift.model.run import AttemptId, Ended, Ending, Lost, NotStarted
from stairlift.model.work import Job, Outcome


def order_document(order: Order) -> dict[str, Any]:
    """What a worker is told."""
    job = order.job
    return {
        "argv": list(job.argv),
        "cwd": job.cwd,
        "env": dict(job.env),
        "files": dict(job.files),
        "root": order.root,
        "frozen": dict(order.frozen),
    }


def order_of(row: Row[Any]) -> Order:
    """A row of `dispatch` as an order."""
    told: Mapping[str, Any] = row.document
    job = Job(tuple(told["argv"]), told["cwd"], told["env"], told["files"], row.queue)
    return Order(attempt_of(row), job, told["root"], told["frozen"])


def dispatched_of(row: Row[Any]) -> Dispatched:
    """A row of `dispatch` beside that of its worker, if it has one."""
    return Dispatched(
        attempt=attempt_of(row),
        queue=row.queue,
        state=row.state,
        worker=row.name or "",
        worker_id=row.worker or "",
        beats=row.beats or 0,
        heard_at=moment(row.seen_at) if row.seen_at else None,
        gone_after=row.gone_after or 0.0,
        ending=ending_of(row.ending) if row.ending else None,
        output=row.output,
    )


def attempt_of(row: Any) -> AttemptId:
    """The attempt that a row is about."""
    return AttemptId(row.run, row.step, row.number)


def moment(seconds: float) -> datetime:
    """Seconds since 1970 as a time."""
    return datetime.fromtimestamp(seconds, UTC)


def ending_document(ending: Ending) -> dict[str, Any]:
    """How an attempt ended, without its texts."""
    match ending:
        case Ended(outcome, at):
            return {"kind": "ended", "returncode": outcome.returncode, "at": at.timestamp()}
        case NotStarted(reason):
            return {"kind": "not-started", "reason": reason}
        case Lost(reason, at):
            return {"kind": "lost", "reason": reason, "at": at.timestamp() if at else None}


def ending_of(told: Mapping[str, Any]) -> Ending:
    """The other way round."""
    match told["kind"]:
        case "ended":
            return Ended(Outcome(told["returncode"]), moment(told["at"]))
        case "not-started":
            return NotStarted(told["reason"])
        case _:
            return Lost(told["reason"], moment(told["at"]) if told["at"] else None)
