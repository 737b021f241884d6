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


class Tally:
    """The states of all steps of a run. `states` are those from which it is watched; what is missing is pending."""

    def __init__(self, steps: Sequence[Step], states: Mapping[str, StepState], since: datetime) -> None:
        self.steps = {step.id: step for step in steps}
        self._states = dict.fromkeys(self.steps, StepState.PENDING) | dict(states)
        self._counts = Counter(self._states.values())
        self._busy = dict.fromkeys((i for i, state in self._states.items() if state in IN_FLIGHT), since)
        self._since = since

    def hear(self, event: Event) -> None:
        """Take an event in."""
        state = LEAVES.get(event.kind)
        if state is None or event.step not in self._states:
            return
        self._counts[self._states[event.step]] -= 1
        self._counts[state] += 1
        self._states[event.step] = state
        if state in IN_FLIGHT:
            self._busy[event.step] = event.at
        else:
            self._busy.pop(event.step, None)

    def in_flight(self) -> tuple[str, ...]:
        """The steps in flight that are shown."""
        return tuple(self._busy)[:SHOWN]

    def summary(self, now: datetime) -> str:
        """The whole in a line."""
        done, bad = (sum(self._counts[s] for s in group) for group in (SETTLED, UNWELL))
        failed = f", {bad} failed" if bad else ""
        took = duration(now - self._since)
        return f"{done} of {count(len(self._states), 'step')} done{failed}, {len(self._busy)} in flight, {took}"

    def lines(self, now: datetime, tasks: Mapping[str, str]) -> tuple[str, ...]:
        """A line for each step in flight, as far as they are shown; `tasks` tells what some of them do."""
        shown = self.in_flight()
        more = len(self._busy) - len(shown)
        return (*(self._line(i, now, tasks.get(i, "")) for i in shown), *([f"  and {more} more"] if more > 0 else []))

    def _line(self, step_id: str, now: datetime, task: str) -> str:
        doing = "waits for its services" if self._states[step_id] is StepState.VERIFYING else task
        took = duration(now - self._busy.get(step_id, now))
        return f"  {step_id} on {span(self.steps[step_id].hosts)}, {took}  {doing}".rstrip()
