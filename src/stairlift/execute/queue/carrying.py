"""One order at its worker: the files it needs are compared, then it is run as any local attempt, in our own folder."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from stairlift.drive.background import in_background
from stairlift.execute import lifeline
from stairlift.execute.local import LocalExecutor
from stairlift.model.dispatch import Order
from stairlift.model.errors import StairliftError
from stairlift.model.run import Ending, Lost, NotStarted
from stairlift.model.work import Job

#: How a file differs from its fingerprint, in a sentence; None where it does not.
Differs = Callable[[str, str], str | None]
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where and how a worker runs attempts: `root` is the folder of `executor`.

    An attempt is stopped by its supervisor once the worker has not been sure of it for `limit` seconds.
    """

    root: Path
    executor: LocalExecutor
    differs: Differs
    limit: float

    async def carry(self, order: Order, sure: Callable[[], float]) -> Ending:
        """Start an order, or adopt it, and wait for its end. Nothing of it runs any more when it is lost.

        `sure` tells when the worker was last sure that the order is its own (`lifeline.instant`).
        """
        folder = self.executor.folder(order.attempt)
        if not folder.exists():
            differences = await in_background(lambda: self._differences(order.frozen), "compare files")
            if differences:
                return NotStarted(differences)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lifeline.hang(folder, sure(), self.limit)
        except OSError as wrong:
            return NotStarted(f"the attempt cannot be prepared in {folder}: {wrong.strerror}")
        try:
            ending = await self.executor.run(order.attempt, lambda: translated(order, str(self.root)))
        except StairliftError as wrong:  # our disk: whoever waits for the order is told, and does not wait for ever
            ending = Lost(wrong.brief)
        if isinstance(ending, Lost):
            await self.executor.end(order.attempt)
        return ending

    def _differences(self, frozen: Mapping[str, str]) -> str:
        found = list(self._differing(frozen))
        more = f"; and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        named = "; ".join(found[:_NAMED])
        return f"the worker's files are not those of the plan: {named}{more}" if found else ""

    def _differing(self, frozen: Mapping[str, str]) -> Iterator[str]:
        for file, recorded in frozen.items():
            difference = self.differs(file, recorded)
            if difference:
                yield difference


def translated(order: Order, root: str) -> Job:
    """The job of an order, with our folder of attempts wherever it names the orchestrator's."""

    def here(text: str) -> str:
        return text.replace(order.root, root)

    job = order.job
    return replace(
        job,
        argv=tuple(map(here, job.argv)),
        cwd=here(job.cwd),
        env={name: here(value) for name, value in job.env.items()},
        files={name: here(text) for name, text in job.files.items()},
    )
