"""Workers as people see them: who there is, what they run, and which queue has nobody."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from stairlift.model.dispatch import WorkerSeen
from stairlift.report.text import duration, stamp

SCHEMA = "stairlift.workers/1"
COLUMNS = ("WORKER", "HOST", "QUEUES", "STATE", "LAST HEARD", "RUNS")


def alive(worker: WorkerSeen, ttl: float) -> bool:
    """Whether a worker counts as alive; `ttl` is in seconds."""
    return worker.silence <= ttl


def queue_trouble(queue: str, workers: Sequence[WorkerSeen], ttl: float) -> str:
    """Why nobody takes what is in a queue, in a sentence; empty where a worker is there to take it."""
    of_queue = [worker for worker in workers if queue in worker.queues]
    if any(alive(worker, ttl) for worker in of_queue):
        return ""
    if not of_queue:
        return f"no worker of queue {queue} has ever been heard of; start one: stairlift worker --queue {queue}"
    last = max(of_queue, key=lambda worker: worker.seen_at)
    return (
        f"no worker of queue {queue} has been heard of since {last.seen_at:%Y-%m-%d %H:%M:%S} UTC "
        f"({last.name} on {last.host}); start it: stairlift worker --queue {queue} --name {last.name}"
    )


def worker_rows(workers: Iterable[WorkerSeen], ttl: float, now: datetime) -> Sequence[tuple[str, ...]]:
    """One row per worker, as `COLUMNS` name it."""
    return [
        (
            worker.name,
            worker.host,
            ", ".join(worker.queues),
            "alive" if alive(worker, ttl) else "silent",
            f"{duration(max(now - worker.seen_at, now - now))} ago",
            f"{len(worker.attempts)} of {worker.jobs}" + (f": {_shown(worker)}" if worker.attempts else ""),
        )
        for worker in workers
    ]


def _shown(worker: WorkerSeen) -> str:
    more = f" and {len(worker.attempts) - 3} more" if len(worker.attempts) > 3 else ""
    return ", ".join(attempt.step for attempt in worker.attempts[:3]) + more


def worker_document(workers: Iterable[WorkerSeen], ttl: float) -> dict[str, Any]:
    """The same for programs."""
    return {
        "schema": SCHEMA,
        "workers": [
            {
                "name": worker.name,
                "host": worker.host,
                "pid": worker.pid,
                "queues": list(worker.queues),
                "jobs": worker.jobs,
                "state": "alive" if alive(worker, ttl) else "silent",
                "seen_at": stamp(worker.seen_at),
                "attempts": [
                    {"run": attempt.run, "step": attempt.step, "number": attempt.number} for attempt in worker.attempts
                ],
            }
            for worker in workers
        ],
    }
