"""Where attempts run."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import PurePath
from typing import Protocol

from stairlift.model.dispatch import Badge, Card, Dispatched, Held, Order, Output, WorkerSeen
from stairlift.model.run import AttemptId, Ending
from stairlift.model.work import Job


class Executor(Protocol):
    """Where attempts run. An attempt outlives whoever started it, and one id is only ever started once."""

    def folder(self, attempt: AttemptId) -> PurePath:
        """Where its files are: log, progress.jsonl, what its job brought with it."""
        ...

    def open_run(self, run_id: str, *, begun: bool) -> None:
        """Make ready for the attempts of a run.

        StairliftError (execute.attempts_gone) for one that was begun where this executor cannot see what became of it:
        then what is in flight would be started twice.
        """
        ...

    async def run(self, attempt: AttemptId, job: Callable[[], Job]) -> Ending:
        """Start the attempt, or adopt it where it was started before, and wait for its end.

        `job` is asked for only if it must be started. Cancelling the wait leaves the attempt alone.
        """
        ...

    async def remains(self, attempt: AttemptId) -> tuple[str, ...]:
        """What of it still runs, one sentence each. Empty is the proof that nothing does."""
        ...

    def age(self, attempt: AttemptId) -> float | None:
        """For how many seconds it has run at least, on a clock that nobody sets; None where that is not known."""
        ...

    async def end(self, attempt: AttemptId) -> None:
        """Stop it by force: ask its processes to end, wait the grace, kill what is left; then nothing of it runs."""
        ...


class Dispatch(Protocol):
    """The orders for workers, as an orchestrator gives and follows them. Every method may raise StairliftError."""

    def put(self, order: Order) -> Dispatched:
        """Put an order on record, queued; the same attempt again only tells how it stands."""
        ...

    def find(self, attempts: Collection[AttemptId]) -> Mapping[AttemptId, Dispatched]:
        """How the orders of these attempts stand, as far as there are any."""
        ...

    def without_order(self, run_id: str) -> Sequence[AttemptId]:
        """The attempts of a run that are on record and are no orders."""
        ...

    def output(self, attempt: AttemptId, have: Mapping[str, int]) -> Sequence[Output]:
        """What an attempt has sent beyond what we have of each file, in order; not all of it where that is much."""
        ...

    def give_up(self, seen: Dispatched) -> bool:
        """Make a claimed order lost, unless its worker was heard of since it was `seen`. A late result is refused."""
        ...

    def ask_end(self, attempt: AttemptId) -> None:
        """Ask that an attempt be stopped by force; one that nobody has claimed is withdrawn."""
        ...

    def forget(self) -> None:
        """Drop the output of runs that are over for good."""
        ...

    def workers(self) -> Sequence[WorkerSeen]:
        """Every worker there is, by name, with what it runs."""
        ...


class Claims(Protocol):
    """The orders for workers, as a worker takes them and reports on them.

    Every method raises Refusal (worker.superseded) where another process has enlisted in this worker's place, and
    StairliftError (store.*) where the database is out of reach. Each is a sign of life, but for `send`.
    """

    def enlist(self, card: Card) -> Badge:
        """Begin, or begin again with what this worker had claimed. Refusal (worker.name_taken) while another lives."""
        ...

    def claim(self, badge: Badge, attempt: AttemptId) -> Order | None:
        """Take an order; None where it is not to be had any more."""
        ...

    def held(self, badge: Badge) -> Sequence[Order]:
        """The orders that it has claimed and not reported on."""
        ...

    def sent(self, badge: Badge, attempt: AttemptId) -> Mapping[str, int]:
        """How many bytes of each file it has sent of an attempt."""
        ...

    def pulse(self, badge: Badge) -> Sequence[Held]:
        """Say that we live, hear what is still ours."""
        ...

    def send(self, badge: Badge, output: Sequence[Output]) -> None:
        """Put output on record; that of an attempt which is not ours any more is dropped."""
        ...

    def report(self, badge: Badge, attempt: AttemptId, ending: Ending) -> bool:
        """How an attempt ended; False where the order is not ours any more."""
        ...

    def close(self) -> None: ...
