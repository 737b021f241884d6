"""What a run shows while it goes: a few live lines over scrolling events on a terminal, else a line per event."""

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self

from rich.console import Group
from rich.live import Live
from rich.text import Text

from stairlift.cli.output import talk, words
from stairlift.model.errors import StairliftError
from stairlift.model.naming import printable
from stairlift.model.run import Event
from stairlift.report.events import event_line
from stairlift.report.tally import Tally
from stairlift.report.text import clock
from stairlift.wiring.clock import now

#: A pipe that stays silent looks like a program that hangs, so it says something every so many seconds.
HEARTBEAT = 60.0
#: The tasks of a run and of some of its steps, by step.
Tasks = Callable[[str, Iterable[str]], Mapping[str, str]]


class Progress:
    """Hears a run's events and shows them on stderr, as a context manager. Nothing that a screen does stops a run."""

    def __init__(self, tally: Tally, tasks: Tasks, heartbeat: float = HEARTBEAT) -> None:
        self._tally = tally
        self._tasks = tasks
        self._heartbeat = heartbeat
        self._run = ""
        self._console = talk()
        self._live = Live(get_renderable=self._lines, console=self._console, refresh_per_second=4, transient=True)
        self._over = threading.Event()
        self._beat = threading.Thread(target=self._beats, daemon=True)

    def __enter__(self) -> Self:
        if self._console.moves:
            self._live.start()
        else:
            self._beat.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._over.set()
        if self._console.moves:
            self._live.stop()

    def hear(self, event: Event) -> None:
        """Take an event in and print its line."""
        self._run = event.run
        self._tally.hear(event)
        if event.kind not in _QUIET:
            self._console.print(words(event_line(event, self._tally.steps), STYLES.get(event.kind, "")))

    def _beats(self) -> None:
        while not self._over.wait(self._heartbeat):
            self._console.print(Text(f"{clock(now())} · {self._tally.summary(now())}"))

    def _lines(self) -> Group:
        """Called by the thread that refreshes the screen."""
        lines = self._tally.lines(now(), self._tasks_at_hand())
        head = Text(f"{self._tally.summary(now())}; Ctrl-C detaches", style="bold")
        return Group(head, *(Text(printable(line), style="cyan", no_wrap=True, overflow="ellipsis") for line in lines))

    def _tasks_at_hand(self) -> Mapping[str, str]:
        with suppress(StairliftError):
            return self._tasks(self._run, self._tally.in_flight())
        return {}


#: Events that the end of the run tells better.
_QUIET = frozenset({"run.done", "run.rolled-back", "run.failed", "run.waiting", "run.detached"})
#: How the line of an event stands out.
STYLES = {
    "step.done": "green",
    "step.undone": "green",
    "step.undo-failed": "bold red",
    "step.failed": "bold red",
    "step.unknown": "bold red",
    "step.waiting": "yellow",
    "command.refused": "yellow",
}
