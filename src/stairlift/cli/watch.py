"""`status --watch`: a screen that is drawn anew without flicker, or a line for everything that happens."""

import sys
import time

from rich.console import Group, RenderableType
from rich.live import Live
from rich.text import Text

from stairlift.cli.output import Format, Screen, show, table
from stairlift.cli.standing import show_standing
from stairlift.model.naming import printable
from stairlift.model.run import FINAL_RUN_STATES, SETTLED, Run, RunState
from stairlift.report.events import event_line
from stairlift.report.status import STEP_COLUMNS, Standing, status_lines, step_rows
from stairlift.report.text import clock
from stairlift.wiring.look import now
from stairlift.wiring.office import Office

_OVER = FINAL_RUN_STATES | {RunState.FAILED}
#: How often to look, and how often to say in a pipe that there was nothing new, in seconds.
REFRESH, HEARTBEAT = 1.0, 60.0
#: Settled steps that stay on the screen above those that are not.
_KEPT = 3


class Watch:
    """Watches one run. `pause` and `heartbeat` are in seconds."""

    def __init__(
        self,
        office: Office,
        run: Run,
        output: Format,
        *,
        with_steps: bool,
        pause: float = REFRESH,
        heartbeat: float = HEARTBEAT,
    ) -> None:
        self._office = office
        self._run = run
        self._plan = office.plan(run)
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
        return self._office.standing(self._office.store.run(self._run.id), self._plan)

    def _show(self, standing: Standing) -> None:
        show_standing(standing, self._output, with_steps=self._with_steps)

    def _on_a_screen(self, console: Screen) -> None:
        standing = self._standing()
        with Live(console=console, auto_refresh=False, transient=True) as live:
            while standing.run.state not in _OVER:
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
            shown.append(table(STEP_COLUMNS, step_rows(standing, now())[at : at + room]))
        return Group(*shown)

    def _in_lines(self) -> None:
        """Where it stands, then a line for every event, and one now and then where there are none."""
        steps = {step.id: step for step in self._plan.steps}
        seen = max((event.seq for event in self._office.store.events(self._run.id)), default=0)
        standing = self._standing()
        if standing.run.state not in _OVER:
            self._show(standing)
        told = time.monotonic()
        while standing.run.state not in _OVER:
            time.sleep(self._pause)
            standing = self._standing()
            for event in self._office.store.events(self._run.id, seen):
                show(event_line(event, steps))
                seen, told = event.seq, time.monotonic()
            if time.monotonic() - told >= self._heartbeat:
                show(f"{clock(now())} · {status_lines(standing, now())[0]}")
                told = time.monotonic()
        self._show(standing)

    def _as_documents(self) -> None:
        """A document for every change."""
        standing = self._standing()
        self._show(standing)
        while standing.run.state not in _OVER:
            time.sleep(self._pause)
            before, standing = standing, self._standing()
            if (standing.run, standing.steps) != (before.run, before.steps):
                self._show(standing)
