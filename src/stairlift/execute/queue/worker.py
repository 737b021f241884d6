"""The worker's side: orders are claimed, carried out beside each other, and reported on.

What the worker knows of an order it knows from the database. It says that it lives and hears in the same transaction
which orders are still its own; for these, and only then, it renews the lifelines.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from stairlift.drive.background import in_background
from stairlift.execute import lifeline
from stairlift.execute.queue.carrying import Workplace
from stairlift.execute.queue.streaming import Stream
from stairlift.model.dispatch import Badge, Card, Held, Order, Output
from stairlift.model.errors import Refusal, StairliftError
from stairlift.model.run import AttemptId, Ending
from stairlift.ports import Claims

_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")
#: How often to send output, and to try again what the database did not take, in seconds.
_SEND = 1.0


class _Carried:
    """An order that we have: since when we are sure of it, what it prints, and the task that carries it."""

    def __init__(self, order: Order, stamp: float, stream: Stream) -> None:
        self.order = order
        self.stamp = stamp
        self.stream = stream
        self.task: asyncio.Task[None] | None = None
        self.ending: asyncio.Task[None] | None = None
        self.drained = asyncio.Event()
        self.ended = False
        self.ours = True


class Worker:
    """Carries out the orders of its queues. `ttl`: for how many seconds it counts as alive after it was heard of."""

    def __init__(self, card: Card, claims: Claims, place: Workplace, *, ttl: float) -> None:
        self._card = card
        self._claims = claims
        self._place = place
        self._ttl = ttl
        self._badge = Badge(card.id, 0)
        self._slots = asyncio.Semaphore(card.jobs)
        self._carried: dict[AttemptId, _Carried] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self._missed = ""

    @property
    def carries(self) -> tuple[AttemptId, ...]:
        """The attempts that it has."""
        return tuple(self._carried)

    async def enlist(self) -> None:
        """Begin; adopt what was claimed before and not reported on. Raises as ports.Claims says."""
        self._badge = await self._ask(lambda: self._claims.enlist(self._card), "enlist")
        await self._take_up()

    async def take(self, attempt: AttemptId) -> None:
        """Claim an order that is said to be there, once there is room for it; come back when there is room again."""
        async with self._slots:
            stamp = lifeline.instant()
            order = await self._ask(lambda: self._claims.claim(self._badge, attempt), "claim")
        if order is not None:
            self._carry(order, stamp).stream.starts_at({})
            await asyncio.sleep(0)  # it takes its slot
            async with self._slots:
                return

    async def live(self) -> None:
        """Say that we live and send what is printed, for ever. Raises Refusal (worker.superseded)."""
        beats = self._again_and_again(self._pulse, self._ttl / 6)
        await asyncio.gather(beats, self._again_and_again(self._send, _SEND))

    async def idle(self) -> None:
        """Wait until it has nothing to carry."""
        await self._idle.wait()

    async def leave(self) -> None:
        """Let go of everything: attempts go on by themselves, until their lifelines are too old."""
        with suppress(StairliftError):
            await self._pulse()
        tasks = [task for carried in self._carried.values() for task in (carried.task, carried.ending) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # What the database hears

    async def _again_and_again(self, work: Callable[[], Awaitable[None]], pause: float) -> None:
        while True:
            try:
                await work()
            except Refusal:
                raise
            except StairliftError as wrong:
                self._misses(wrong)
            await asyncio.sleep(pause)

    async def _pulse(self) -> None:
        """Nothing else is in its way: neither output nor a claim that takes long."""
        stamp = lifeline.instant()
        before = dict(self._carried)
        held = await self._ask(lambda: self._claims.pulse(self._badge), "pulse")
        self._misses(None)
        ours = {one.attempt: one for one in held}
        for attempt, carried in before.items():
            self._hear(carried, ours.get(attempt), stamp)
        if not ours.keys() <= self._carried.keys():
            await self._take_up()

    def _misses(self, trouble: StairliftError | None) -> None:
        """An outage of the database is told of when it begins, and when it is over."""
        brief = trouble.brief if trouble else ""
        if trouble and brief != self._missed:
            _LOG.warning("the database does not answer: %s: %s", brief, trouble.details)
        elif self._missed and not trouble:
            _LOG.warning("the database answers again")
        self._missed = brief

    def _hear(self, carried: _Carried, held: Held | None, stamp: float) -> None:
        """What the database says of an order that we have: it is still ours, is to be ended, or was given up."""
        carried.ours = held is not None
        if held is None:
            carried.drained.set()
        else:
            carried.stamp = stamp
            with suppress(OSError):  # then it gets old, and its supervisor stops it
                lifeline.renew(self._place.executor.folder(carried.order.attempt), stamp, self._place.limit)
        if (held is None or held.ends) and carried.ending is None and not carried.ended:
            carried.ending = asyncio.create_task(self._place.executor.end(carried.order.attempt))

    async def _send(self) -> None:
        before = list(self._carried.values())
        over = [carried for carried in before if carried.ended]
        pieces = [piece for carried in before for piece in await self._news(carried)]
        try:
            if pieces:
                await self._ask(lambda: self._claims.send(self._badge, pieces), "send output")
        except StairliftError:  # who knows whether it is there
            for carried in before:
                carried.stream.sure = False
            raise
        for carried in before:
            carried.stream.went([piece for piece in pieces if piece.attempt == carried.order.attempt])
        for carried in over:
            if not any(piece.attempt == carried.order.attempt for piece in pieces):
                carried.drained.set()

    async def _news(self, carried: _Carried) -> list[Output]:
        stream = carried.stream
        if not stream.sure:
            attempt = carried.order.attempt
            stream.starts_at(await self._ask(lambda: self._claims.sent(self._badge, attempt), "ask what was sent"))
        return list(await in_background(stream.pieces, "read output"))

    # Orders

    async def _take_up(self) -> None:
        """Carry what is ours in the database and not with us: a worker before us, or an answer that was lost."""
        stamp = lifeline.instant()
        for order in await self._ask(lambda: self._claims.held(self._badge), "ask what is ours"):
            self._carry(order, stamp)

    def _carry(self, order: Order, stamp: float) -> _Carried:
        if order.attempt in self._carried:
            return self._carried[order.attempt]
        folder = self._place.executor.folder(order.attempt)
        carried = _Carried(order, stamp, Stream(order.attempt, folder, order.job.files))
        self._carried[order.attempt] = carried
        self._idle.clear()
        carried.task = asyncio.create_task(self._to_its_end(carried))
        return carried

    async def _to_its_end(self, carried: _Carried) -> None:
        order = carried.order
        async with self._slots:
            _LOG.info("begins %s", order.attempt)
            ending = await self._place.carry(order, lambda: carried.stamp)
        with suppress(OSError):
            carried.stream.finished()
        carried.ended = True
        await carried.drained.wait()
        if carried.ours:
            await self._report(order.attempt, ending)
        _LOG.info("%s has ended: %s", order.attempt, type(ending).__name__)
        del self._carried[order.attempt]
        if not self._carried:
            self._idle.set()

    async def _report(self, attempt: AttemptId, ending: Ending) -> None:
        """Until the database has it, or refuses it."""
        while True:
            try:
                await self._ask(lambda: self._claims.report(self._badge, attempt, ending), "report")
            except Refusal:
                return
            except StairliftError:
                await asyncio.sleep(_SEND)
            else:
                return

    async def _ask(self, work: Callable[[], _T], name: str) -> _T:
        return await in_background(work, name)
