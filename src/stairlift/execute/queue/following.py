"""One look at the database for all attempts that are waited for: what they have printed, whether they have ended."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stairlift.drive.background import in_background
from stairlift.execute.attempt_folder import folder_of
from stairlift.execute.lifeline import instant
from stairlift.execute.queue.copying import copy_output
from stairlift.model.dispatch import Dispatched
from stairlift.model.run import AttemptId, Ended, Ending, Lost
from stairlift.ports import Dispatch


@dataclass(frozen=True, slots=True)
class Patience:
    """Times in seconds. `look`: how often the database is asked; `again`: how often an order is delivered again."""

    look: float = 0.5
    again: float = 30.0


class Follower:
    """Waits for the ends of orders.

    A worker is silent when its count of signs of life has stood still while we looked, by the clock of this machine
    that nobody can set. The database's clock only tells people since when.
    """

    def __init__(
        self, root: Path, dispatch: Dispatch, deliver: Callable[[AttemptId, str], None], patience: Patience
    ) -> None:
        self._root = root
        self._dispatch = dispatch
        self._deliver = deliver
        self._patience = patience
        self._waiting: dict[AttemptId, set[asyncio.Future[Ending]]] = defaultdict(set)
        self._heard: dict[str, tuple[int, float]] = {}
        self._delivered: dict[AttemptId, float] = {}
        self._claimed: dict[AttemptId, float] = {}
        self._copied: dict[AttemptId, int] = {}
        self._rounds: asyncio.Task[None] | None = None

    async def ending(self, attempt: AttemptId) -> Ending:
        """How the order for an attempt ends."""
        ended: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._waiting[attempt].add(ended)
        self._delivered[attempt] = instant()
        if self._rounds is None or self._rounds.done():
            self._rounds = asyncio.create_task(self._look_around())
        try:
            return await ended
        finally:
            self._forget(attempt, ended)

    async def unheard(self, seen: Dispatched) -> bool:
        """Whether an order's worker was silent for so long that it is lost; says so where it is."""
        beats, since = self._heard.get(seen.worker_id, (None, 0.0))
        if beats != seen.beats:
            self._heard[seen.worker_id] = (seen.beats, instant())
            return False
        if instant() - since <= seen.gone_after:
            return False
        return await in_background(lambda: self._dispatch.give_up(seen), "give an order up")

    def age(self, attempt: AttemptId) -> float | None:
        """For how long an attempt has been with a worker, as far as we have seen it."""
        claimed = self._claimed.get(attempt)
        return None if claimed is None else instant() - claimed

    async def _look_around(self) -> None:
        while self._waiting:
            try:
                await self._look()
            except Exception as wrong:  # noqa: BLE001  # whoever waits is told
                for ended in [one for attempt in self._waiting for one in self._open(attempt)]:
                    ended.set_exception(wrong)
                return
            await asyncio.sleep(self._patience.look)

    async def _look(self) -> None:
        wanted = list(self._waiting)
        found = await in_background(lambda: self._dispatch.find(wanted), "look at orders")
        for seen in found.values():
            ending = await self._ending(seen)
            if ending is not None:
                for ended in self._open(seen.attempt):
                    ended.set_result(ending)

    def _open(self, attempt: AttemptId) -> list["asyncio.Future[Ending]"]:
        return [ended for ended in self._waiting.get(attempt, ()) if not ended.done()]

    async def _ending(self, seen: Dispatched) -> Ending | None:
        if seen.state == "queued":
            await self._deliver_again(seen)
            return None
        self._claimed.setdefault(seen.attempt, instant())
        await self._copy(seen)
        if seen.state == "lost" or (seen.state == "claimed" and await self.unheard(seen)):
            return _lost(seen)
        return await self._with_texts(seen) if seen.state == "ended" else None

    async def _deliver_again(self, seen: Dispatched) -> None:
        """Now and then: whoever was told may have died before it claimed the order."""
        if instant() - self._delivered[seen.attempt] > self._patience.again:
            self._delivered[seen.attempt] = instant()
            await in_background(lambda: self._deliver(seen.attempt, seen.queue), "deliver an order")

    async def _copy(self, seen: Dispatched) -> None:
        if seen.output != self._copied.get(seen.attempt, 0):
            folder = folder_of(self._root, seen.attempt).path
            await in_background(lambda: copy_output(self._dispatch, seen.attempt, folder), "copy output")
            self._copied[seen.attempt] = seen.output

    async def _with_texts(self, seen: Dispatched) -> Ending | None:
        ending = seen.ending
        if not isinstance(ending, Ended):
            return ending
        folder, code = folder_of(self._root, seen.attempt), ending.outcome.returncode
        return Ended(await in_background(lambda: folder.outcome(code), "read output"), ending.at)

    def _forget(self, attempt: AttemptId, ended: "asyncio.Future[Ending]") -> None:
        self._waiting[attempt].discard(ended)
        if not self._waiting[attempt]:
            for kept in (self._waiting, self._delivered, self._claimed, self._copied):
                kept.pop(attempt, None)


def _lost(seen: Dispatched) -> Lost:
    since = f" since {seen.heard_at:%Y-%m-%d %H:%M:%S} UTC" if seen.heard_at else ""
    return Lost(f"worker {seen.worker} has not been heard of{since}: by now it must have ended the attempt half-way")
