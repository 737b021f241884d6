"""The signals that tell an orchestrator to leave: Ctrl-C, SIGTERM and a terminal that is gone."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_LEAVE = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(slots=True)
class Heard:
    """What was heard so far: `stop` is set by the first signal, whose number is `first`."""

    stop: asyncio.Event = field(default_factory=asyncio.Event)
    first: int | None = None

    def hear(self, number: int) -> None:
        """Another one comes in."""
        self.first = self.first or number
        self.stop.set()


@contextmanager
def listening() -> Iterator[Heard]:
    """Listen to the signals, but for those that whoever started us wants ignored (nohup, a shell's background)."""
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
