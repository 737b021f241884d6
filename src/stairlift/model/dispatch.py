"""What passes between an orchestrator and the workers near the hosts: orders, what became of them, and output."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from stairlift.model.run import AttemptId, Ending
from stairlift.model.work import Job

#: "lost": its worker was not heard of until it must have ended the attempt itself; a late result is refused.
DispatchState = Literal["queued", "claimed", "ended", "lost"]


@dataclass(frozen=True, slots=True)
class Order:
    """An attempt for the workers of `job.queue`.

    `root` is the orchestrator's folder of attempts: where the job's words name it, a worker reads its own. `frozen`
    are the fingerprints of the files that its strategy uses, by path, as the plan recorded them.
    """

    attempt: AttemptId
    job: Job
    root: str
    frozen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dispatched:
    """How an order stands.

    `worker` is the name of the one that claimed it, `worker_id` tells it from others of that name. `beats` counts how
    often it was heard of, last at `heard_at`; after `gone_after` seconds of silence nothing of its attempts runs.
    `output` is how many bytes of output it has sent. The outcome of an `ending` has neither log nor progress: they are
    output.
    """

    attempt: AttemptId
    queue: str
    state: DispatchState
    worker: str = ""
    worker_id: str = ""
    beats: int = 0
    heard_at: datetime | None = None
    gone_after: float = 0.0
    ending: Ending | None = None
    output: int = 0


@dataclass(frozen=True, slots=True)
class Output:
    """Bytes of a file of an attempt: its log, its progress, or what its job has left beside them."""

    attempt: AttemptId
    file: str
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Card:
    """A worker as it enlists. `id` is its state directory's own; `boot` is drawn by the kernel when a machine starts.

    `jobs` is how many attempts it runs at once. After `gone_after` seconds of silence it has ended them all itself.
    """

    id: str
    name: str
    host: str
    pid: int
    boot: str
    queues: tuple[str, ...]
    jobs: int
    gone_after: float


@dataclass(frozen=True, slots=True)
class Badge:
    """What a worker shows with whatever it writes. The fence grows whenever a worker of this id enlists."""

    worker: str
    fence: int


@dataclass(frozen=True, slots=True)
class Held:
    """An attempt that a worker has claimed and still has. `ends`: somebody asks that it be stopped by force."""

    attempt: AttemptId
    ends: bool = False


@dataclass(frozen=True, slots=True)
class WorkerSeen:
    """A worker as others see it. `silence` is for how many seconds the database has not heard of it."""

    name: str
    host: str
    pid: int
    queues: tuple[str, ...]
    jobs: int
    seen_at: datetime
    silence: float
    attempts: tuple[AttemptId, ...] = ()
