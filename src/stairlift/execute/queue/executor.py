"""The orchestrator's side: an attempt becomes an order, its worker's output and ending come back."""

from collections.abc import Callable, Mapping
from pathlib import Path

from stairlift.drive.background import in_background
from stairlift.execute.attempt_folder import AttemptFolder, folder_of, run_folder
from stairlift.execute.queue.following import Follower, Patience
from stairlift.model.dispatch import Dispatched, Order
from stairlift.model.errors import StairliftError
from stairlift.model.run import AttemptId, Ending, NotStarted
from stairlift.model.work import Job
from stairlift.ports import Dispatch

Deliver = Callable[[AttemptId, str], None]
Frozen = Callable[[AttemptId], Mapping[str, str]]


class QueueExecutor:
    """Fills ports.Executor with workers. `root` is where their logs and progress are copied to.

    `deliver` tells the workers of a queue that an order is there; telling it twice is harmless. `frozen` gives the
    fingerprints that a worker's files must have for an attempt.
    """

    def __init__(self, root: Path, dispatch: Dispatch, deliver: Deliver, *, frozen: Frozen, patience: Patience) -> None:
        self._root = root.absolute()
        self._dispatch = dispatch
        self._deliver = deliver
        self._frozen = frozen
        self._follower = Follower(self._root, dispatch, deliver, patience)

    def folder(self, attempt: AttemptId) -> Path:
        """Where its log and its progress are copied to."""
        return self._at(attempt).path

    def open_run(self, run_id: str, *, begun: bool) -> None:
        """Make the folder of a run; orders can be followed from anywhere, so one that was begun need not have it."""
        folder = run_folder(self._root, run_id)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(folder, error) from error
        if not begun:
            self._dispatch.forget()

    async def knows(self, attempt: AttemptId) -> bool:
        """Whether there is an order for it."""
        return await self._standing(attempt) is not None

    async def run(self, attempt: AttemptId, job: Callable[[], Job]) -> Ending:
        """Give the order, or find the one that was given, and wait for its end. Cancelled, the attempt goes on."""
        standing = await self._standing(attempt)
        if standing is None:
            order = Order(attempt, job(), str(self._root), self._frozen(attempt))
            try:
                self._at(attempt).prepare(order.job.files)
            except (OSError, ValueError) as wrong:
                return NotStarted(f"the attempt cannot be prepared in {self.folder(attempt)}: {wrong}")
            standing = await in_background(lambda: self._dispatch.put(order), "give an order")
        if standing.state == "queued":
            await in_background(lambda: self._deliver(attempt, standing.queue), "deliver an order")
        return await self._follower.ending(attempt)

    async def remains(self, attempt: AttemptId) -> tuple[str, ...]:
        """What may still run of it; a worker that was not heard of for long enough has ended it."""
        standing = await self._standing(attempt)
        if standing is None or standing.state in {"ended", "lost"}:
            return ()
        if standing.state == "queued":
            return (f"it waits in queue {standing.queue}, and a worker may begin it at any time",)
        lost = await self._follower.unheard(standing)
        return () if lost else (f"worker {standing.worker} has it",)

    def age(self, attempt: AttemptId) -> float | None:
        """Since this process saw that a worker has it."""
        return self._follower.age(attempt)

    async def end(self, attempt: AttemptId) -> None:
        """Have its worker stop it by force; where that is not heard of, wait until it must have done so itself."""
        if await self.knows(attempt):
            await in_background(lambda: self._dispatch.ask_end(attempt), "ask for an end")
            await self._follower.ending(attempt)

    async def _standing(self, attempt: AttemptId) -> Dispatched | None:
        found = await in_background(lambda: self._dispatch.find([attempt]), "find an order")
        return found.get(attempt)

    def _at(self, attempt: AttemptId) -> AttemptFolder:
        return folder_of(self._root, attempt)


def _unwritable(folder: Path, error: OSError) -> StairliftError:
    return StairliftError(
        code="execute.unwritable",
        brief=f"the folder for the logs of attempts cannot be made ({folder}): {error.strerror}",
        resolution="Set STAIRLIFT_STATE_DIR to a folder on a local disk that this user may write.",
    )
