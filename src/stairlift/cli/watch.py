"""`status --watch`: lines that are drawn anew without flicker below what happens, or a line for everything."""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from stairlift.cli.output import Format, Screen, show, table, words
from stairlift.cli.progress import STYLES
from stairlift.cli.standing import show_standing
from stairlift.model.naming import printable
from stairlift.model.run import OVER, SETTLED, Event, Run
from stairlift.report.events import event_line
from stairlift.report.live import Row
from stairlift.report.signs import Tone
from stairlift.report.status import STEP_COLUMNS, Standing, status_lines, step_rows
from stairlift.report.text import clock
from stairlift.wiring.archive import Archive
from stairlift.wiring.clock import now
from stairlift.wiring.watching import Lookout

#: How often to look, and how often to say in a pipe that there was nothing new, in seconds.
REFRESH, HEARTBEAT = 1.0, 60.0
#: Settled steps that stay on the screen above those that are not.
_KEPT = 3


class Watch:
    """Watches one run. `pause` and `heartbeat` are in seconds."""

    def __init__(
        self,
        archive: Archive,
        run: Run,
        output: Format,
        *,
        with_steps: bool,
        pause: float = REFRESH,
        heartbeat: float = HEARTBEAT,
    ) -> None:
        self._archive = archive
        self._run = run
        self._plan = archive.plan(run) if with_steps else None
        self._output = output
        self._with_steps = with_steps
        self._pause = pause
        self._heartbeat = heartbeat

    def until_the_end(self) -> None:
        """Show how the run goes until it is over, and then how it ended."""
        console = Screen(sys.stdout, soft_wrap=False)
        if self._output is Format.TABLE and console.moves:
            self._on_a_screen(console)
        elif self._output is Format.TABLE:
            self._in_lines()
        else:
            self._as_documents()

    def _standing(self) -> Standing:
        run = self._archive.records.run(self._run.id)
        return self._archive.standing_of_all(run, self._plan) if self._with_steps else self._archive.standing(run)

    def _show(self, standing: Standing) -> None:
        show_standing(standing, self._output, with_steps=self._with_steps)

    def _on_a_screen(self, console: Screen) -> None:
        if self._with_steps:
            self._as_a_table(console)
        else:
            self._over_events(console)

    def _over_events(self, console: Screen) -> None:
        """A few lines that are drawn anew, below the events that scroll by."""
        lookout = Lookout(self._archive, self._run)
        with Live(console=console, auto_refresh=False, transient=True) as live:
            while self._archive.records.run(self._run.id).state not in OVER:
                events = lookout.news()
                for event, line in zip(events, self._lines_of(events), strict=True):
                    console.print(words(line, STYLES.get(event.kind, "")))
                live.update(_drawn(lookout.rows(), console.height), refresh=True)
                time.sleep(self._pause)
            for line in self._lines_of(lookout.news()):
                console.print(words(line))
        self._show(self._standing())

    def _as_a_table(self, console: Screen) -> None:
        standing = self._standing()
        with Live(console=console, auto_refresh=False, transient=True) as live:
            while standing.run.state not in OVER:
                live.update(self._screen(standing, console.height), refresh=True)
                time.sleep(self._pause)
                standing = self._standing()
        self._show(standing)

    def _screen(self, standing: Standing, height: int) -> RenderableType:
        lines = status_lines(standing, now())
        shown: list[RenderableType] = [Text(printable(line), overflow="fold") for line in lines]
        room = height - len(lines) - 2
        if self._with_steps and room > 0:
            first = next((n for n, s in enumerate(standing.steps) if s.state not in SETTLED), 0)
            at = max(0, min(first - _KEPT, len(standing.steps) - room))
            rows = step_rows(replace(standing, steps=standing.steps[at : at + room]), now())
            shown.append(table(STEP_COLUMNS, rows))
        return Group(*shown)

    def _in_lines(self) -> None:
        """Where it stands, then a line for every event, and one now and then where there are none."""
        newest = self._archive.records.latest(self._run.id)
        seen = newest.seq if newest else 0
        standing = self._standing()
        if standing.run.state not in OVER:
            self._show(standing)
        told = time.monotonic()
        while standing.run.state not in OVER:
            time.sleep(self._pause)
            standing = self._standing()
            events = self._archive.records.events(self._run.id, seen)
            for line in self._lines_of(events):
                show(line)
            if events:
                seen, told = events[-1].seq, time.monotonic()
            if time.monotonic() - told >= self._heartbeat:
                show(f"{clock(now())} · {status_lines(standing, now())[0]}")
                told = time.monotonic()
        self._show(standing)

    def _lines_of(self, events: Sequence[Event]) -> Iterator[str]:
        steps = self._archive.steps(self._run, {event.step for event in events if event.step})
        return (event_line(event, steps) for event in events)

    def _as_documents(self) -> None:
        """A document for every change."""
        standing = self._standing()
        self._show(standing)
        while standing.run.state not in OVER:
            time.sleep(self._pause)
            before, standing = standing, self._standing()
            if (standing.run, standing.steps, standing.counts) != (before.run, before.steps, before.counts):
                self._show(standing)


def _drawn(rows: Sequence[Row], height: int) -> Table:
    """Each in a line, but whole where somebody is to do something; and not all of them where the window is too low."""
    drawn = Table.grid(padding=(0, 1))
    drawn.add_column(width=8, style="bold")
    drawn.add_column()
    for row in rows[: max(1, height - 2)]:
        text = words(row.text, _TONES[row.tone])
        text.no_wrap, text.overflow = (False, "fold") if row.tone in _WHOLE else (True, "ellipsis")
        drawn.add_row(row.label, text)
    return drawn


#: What asks for somebody, with what to type about it.
_WHOLE: frozenset[Tone] = frozenset({"ask", "bad"})
_TONES: Mapping[Tone, str] = {
    "good": "green",
    "busy": "cyan",
    "ask": "bold yellow",
    "bad": "bold red",
    "rest": "",
    "idle": "dim",
}
