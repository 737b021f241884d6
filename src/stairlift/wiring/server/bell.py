"""Tells whoever watches a run that something has happened: one look at the journal for all of them.

A watcher has no queue that could fill up: it has the number of the last event that it was given, and asks for what is
behind. Whoever is slow costs nothing, and gets what it missed from the journal.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from stairlift.drive.background import in_background
from stairlift.model.errors import StairliftError
from stairlift.model.run import FINAL_RUN_STATES, OVER, Event, RunState
from stairlift.ports import Records
from stairlift.wiring.defects import report_of

_log = logging.getLogger(__name__)
#: Seconds: between two looks at a run that is watched, and between two words to a watcher while nothing happens.
LOOK, QUIET = 0.2, 15.0
#: Between two rings of a doorbell, so that a burst is one ring.
PAUSE = 0.25
#: Seconds until the journal is looked at again that could not be.
_PAUSE_BROKEN = 1.0
#: How many events one look brings, and how many of the last ones are kept for those who watch.
_AT_ONCE, _KEPT = 500, 2000


@dataclass(frozen=True, slots=True)
class News:
    """What a watcher is told: events, if it follows those, up to `seq`, and how the run stands.

    `over` is said once and at last: all there is was given, and nothing more will come.
    """

    seq: int
    state: RunState
    events: tuple[Event, ...] = ()
    over: bool = False


class Bell:
    """Watchers of runs, in the loop of one server. Nobody looks at a run that nobody watches."""

    def __init__(self, records: Records, *, look: float = LOOK, quiet: float = QUIET) -> None:
        self._records = records
        self._look = look
        self._quiet = quiet
        self._posts: dict[str, _Post] = {}
        self._closed = False

    @property
    def watched(self) -> int:
        """How many runs are looked at."""
        return len(self._posts)

    @property
    def watchers(self) -> int:
        """How many watch them. Any thread may ask."""
        return sum(post.watchers for post in tuple(self._posts.values()))

    async def events(self, run_id: str, after: int) -> AsyncIterator[News | None]:
        """Events behind a number as they come; None where nothing has come for a while. Ends with what is `over`.

        Raises StairliftError (store.*) where the journal does not answer.
        """
        with self._watching(run_id) as post:
            while not self._closed:
                found = () if post.seq < 0 else post.behind(after)
                if found is None:
                    found = await self._read(run_id, after)
                if found:
                    after = found[-1].seq
                    yield News(after, post.state, tuple(found))
                elif post.at_rest and post.seq <= after:
                    yield News(after, post.state, over=True)
                    return
                elif post.seq <= after and not await post.turn(self._quiet):
                    yield None

    async def rings(self, run_id: str, after: int = -1) -> AsyncIterator[News | None]:
        """That there is something behind a number: once for whatever happens in a moment. Ends where `over` is said.

        A run that has failed is not over for it, since it is taken up again by a word from anybody.
        """
        with self._watching(run_id) as post:
            while not self._closed:
                if post.seq > after:
                    after = post.seq
                    yield News(after, post.state)
                    await asyncio.sleep(PAUSE)
                elif post.at_rest and post.state in FINAL_RUN_STATES:
                    yield News(after, post.state, over=True)
                    return
                elif not await post.turn(self._quiet):
                    yield None

    def close(self) -> None:
        """Let every watcher go, at once. In the thread of their loop, or when that has ended."""
        self._closed = True
        for post in self._posts.values():
            post.ring()

    @contextmanager
    def _watching(self, run_id: str) -> "Iterator[_Post]":
        post = self._posts.get(run_id)
        if post is None:
            post = self._posts[run_id] = _Post(run_id)
            post.task = asyncio.create_task(self._keep_looking(post))
        post.watchers += 1
        try:
            yield post
        finally:
            post.watchers -= 1
            if not post.watchers and self._posts.get(run_id) is post:
                del self._posts[run_id]
                post.task.cancel()

    async def _keep_looking(self, post: "_Post") -> None:
        """Whatever goes wrong at one look, there is a next one: all who watch this run live by it."""
        known = ""
        while not self._closed:
            pause = self._look
            try:
                if post.hear(*await in_background(lambda: post.look(self._records), "bell")):
                    pause = 0.0 if post.state in OVER else pause  # whether that was all is told by the next look
                known = ""
            except StairliftError:  # asked again in a moment; who reads the journal meanwhile is told
                pause = max(self._look, _PAUSE_BROKEN)
            except Exception as error:  # a defect, of which one report is enough  # noqa: BLE001
                pause = max(self._look, _PAUSE_BROKEN)
                known = _reported(error, post.run_id, known)
            await asyncio.sleep(pause)

    async def _read(self, run_id: str, after: int) -> Sequence[Event]:
        return await in_background(lambda: self._records.events(run_id, after, _AT_ONCE), "bell")


def _reported(error: Exception, run_id: str, known: str) -> str:
    """Put it into the log, unless it is the one that is `known`; what it is known by."""
    sort = type(error).__name__
    if sort != known:
        _log.error("a defect of Stairlift, while run %s is watched: %s, see %s", run_id, sort, report_of(error))
    return sort


class _Post:
    """A run that is watched: where it stands, its last events, and who wants to hear of the next."""

    task: asyncio.Task[None]

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.watchers = 0
        self.seq = -1
        self.state = RunState.PENDING
        self.at_rest = False
        self._recent = deque[Event](maxlen=_KEPT)
        self._next: asyncio.Future[None] | None = None

    def look(self, records: Records) -> tuple[Sequence[Event], RunState]:
        """What is new, and how the run stands, which is read last: it is never behind the events. In a thread."""
        if self.seq < 0:
            newest = records.latest(self.run_id)
            return ([newest] if newest else []), records.run(self.run_id).state
        found = records.events(self.run_id, self.seq, _AT_ONCE)
        return found, records.run(self.run_id).state if found else self.state

    def hear(self, found: Sequence[Event], state: RunState) -> bool:
        """Take what is new over and wake whoever waits for it; whether there was anything."""
        was = (self.seq, self.at_rest)
        self._recent.extend(found)
        self.seq = found[-1].seq if found else max(self.seq, 0)
        self.state = state
        self.at_rest = not found and state in OVER
        if was != (self.seq, self.at_rest):
            self.ring()
        return bool(found)

    def behind(self, after: int) -> Sequence[Event] | None:
        """The events behind a number; None where only the journal has them."""
        if 0 <= self.seq <= after:
            return ()
        if not self._recent or self._recent[0].seq > after + 1:
            return None
        return [event for event in self._recent if event.seq > after]

    async def turn(self, seconds: float) -> bool:
        """Wait for the next ring; False where there is none for so long."""
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        done, _ = await asyncio.wait({self._next}, timeout=seconds)
        return bool(done)

    def ring(self) -> None:
        """Wake whoever waits."""
        if self._next is not None and not self._next.done():
            self._next.set_result(None)
        self._next = None
