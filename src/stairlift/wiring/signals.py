"""How an orchestrator hears that it is to leave: by a signal of its process, or from the server whose thread it is."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

_LEAVE = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(slots=True)
class Heard:
    """What was heard so far: `stop` is set by the first word to leave; `first` is its number, if it was a signal."""

    stop: asyncio.Event = field(default_factory=asyncio.Event)
    first: int | None = None

    def hear(self, number: int) -> None:
        """Another one comes in."""
        self.first = self.first or number
        self.stop.set()


@contextmanager
def listening() -> Iterator[Heard]:
    """Listen to the signals, but for those that whoever started us wants ignored (nohup, a shell's background).

    They are Ctrl-C, SIGTERM and that of a terminal which is gone. Only the main thread of a process can.
    """
    heard = Heard()
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _LEAVE}
    ours = [number for number, handler in before.items() if handler is not signal.SIG_IGN]
    for number in ours:
        loop.add_signal_handler(number, heard.hear, number)
    try:
        yield heard
    finally:
        for number in ours:
            loop.remove_signal_handler(number)
            signal.signal(number, before[number])  # asyncio would leave the system's default


class Dismissal:
    """Tells orchestrators in other threads to leave: those that listen, and at once those that only begin to."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._told = False
        self._listeners: list[tuple[asyncio.AbstractEventLoop, Heard]] = []

    def tell(self) -> None:
        """Let them all leave. From any thread."""
        with self._lock:
            self._told = True
            for loop, heard in self._listeners:
                loop.call_soon_threadsafe(heard.stop.set)

    @property
    def told(self) -> bool:
        """Whether it was told."""
        return self._told

    @contextmanager
    def listening(self) -> Iterator[Heard]:
        """Listen to it, in the loop of an orchestrator."""
        mine = (asyncio.get_running_loop(), Heard())
        with self._lock:
            self._listeners.append(mine)
            if self._told:
                mine[1].stop.set()
        try:
            yield mine[1]
        finally:
            with self._lock:
                self._listeners.remove(mine)
