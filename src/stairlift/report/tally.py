"""How far a run is, kept up event by event: what a screen shows while it goes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from stairlift.model.plan import Step
from stairlift.model.run import IN_FLIGHT, SETTLED, UNWELL, Event, StepState
from stairlift.report.events import LEAVES
from stairlift.report.text import count, duration, span

#: How many steps in flight are shown, each on a line of its own.
SHOWN = 4
#: These say how many steps are taken back, of a run that is rolled back.
_ROLLS_BACK = frozenset({"run.rolling-back", "run.resumed"})
#: The work of a step has ended, and its services must report.
_UNHEARD = frozenset({"step.verifying", "step.undo-verifying"})


class Tally:
    """The states of all steps of a run. `states` are those from which it is watched; what is missing is pending."""

    def __init__(self, steps: Sequence[Step], states: Mapping[str, StepState], since: datetime) -> None:
        self.steps = {step.id: step for step in steps}
        self._states = dict.fromkeys(self.steps, StepState.PENDING) | dict(states)
        self._counts = Counter(self._states.values())
        self._busy = dict.fromkeys((i for i, state in self._states.items() if state in IN_FLIGHT), since)
        self._since = since
        self._to_undo: int | None = None
        self._unheard = {i for i, state in self._states.items() if state is StepState.VERIFYING}

    def hear(self, event: Event) -> None:
        """Take an event in."""
        if event.kind in _ROLLS_BACK:
            self._to_undo = event.data.get("steps")
        state = LEAVES.get(event.kind)
        if state is None or event.step not in self._states:
            return
        self._counts[self._states[event.step]] -= 1
        self._counts[state] += 1
        self._states[event.step] = state
        self._unheard.discard(event.step)
        if event.kind in _UNHEARD:
            self._unheard.add(event.step)
        if state in IN_FLIGHT:
            self._busy[event.step] = event.at
        else:
            self._busy.pop(event.step, None)

    def in_flight(self) -> tuple[str, ...]:
        """The steps in flight that are shown."""
        return tuple(self._busy)[:SHOWN]

    def summary(self, now: datetime) -> str:
        """The whole in a line; of a run that is rolled back how much of it is."""
        busy = f"{len(self._busy)} in flight, {duration(now - self._since)}"
        if self._to_undo is not None:
            back = f"rolling back, {self._counts[StepState.UNDONE]} of {count(self._to_undo, 'step')} taken back"
            return f"{back}{self._failed(StepState.UNDO_FAILED)}, {busy}"
        done = sum(self._counts[state] for state in SETTLED)
        return f"{done} of {count(len(self._states), 'step')} done{self._failed(*UNWELL)}, {busy}"

    def _failed(self, *states: StepState) -> str:
        bad = sum(self._counts[state] for state in states)
        return f", {bad} failed" if bad else ""

    def lines(self, now: datetime, tasks: Mapping[str, str]) -> tuple[str, ...]:
        """A line for each step in flight, as far as they are shown; `tasks` tells what some of them do."""
        shown = self.in_flight()
        more = len(self._busy) - len(shown)
        return (*(self._line(i, now, tasks.get(i, "")) for i in shown), *([f"  and {more} more"] if more > 0 else []))

    def _line(self, step_id: str, now: datetime, task: str) -> str:
        doing = "waits for its services" if step_id in self._unheard else task
        took = duration(now - self._busy.get(step_id, now))
        return f"  {step_id} on {span(self.steps[step_id].hosts)}, {took}  {doing}".rstrip()
