"""Where every step of a run stands, and which may start: kept up move by move, so that a look costs what changed."""

from collections import Counter
from collections.abc import Iterable, Iterator

from stairlift.model.plan import Step
from stairlift.model.run import IN_FLIGHT, SETTLED, UNWELL, StepState, StepStatus
from stairlift.model.scope import Scope
from stairlift.run.budgets import Budgets, Overspent
from stairlift.run.graph import Graph
from stairlift.run.halt import Halt
from stairlift.run.ready import Ranked, Ready
from stairlift.run.transitions import needs_approval, step_event
from stairlift.run.units import OpenUnits
from stairlift.run.windows import Places

_NOT_BEGUN = frozenset({StepState.PENDING, StepState.WAITING})
#: A lost attempt may still be at work somewhere, so a binding that bears one process must not start another.
_OCCUPIES = frozenset({StepState.RUNNING, StepState.UNKNOWN, StepState.UNDOING, StepState.UNDO_FAILED})
_TO_START = frozenset({StepState.PENDING, StepState.RETRYING})
#: Something comes of a step in one of these when its time is over.
_TIMED = frozenset({StepState.VERIFYING, StepState.RETRYING})


class Board:
    """A run in memory. What it says depends on the statuses alone, never on the way in which they came about.

    - A step is *through* when it is done, or was skipped. One that was skipped before its turn is through once what it
      waited for is: to leave a step out lets nothing behind it start earlier than with it. So is one that was skipped
      after its turn, where what it needs was reopened since.
    - A step is *down* when it is unwell, or not begun and behind a step that is down; it has *ended* when it is down
      or through. `unmet` counts the needs that are not through and the afters that have not ended.
    - A unit is open, and holds its places, from its first attempt until all its steps are settled.
    - `ready` is what may start as soon as it fits. What could start but for the stages that the run is confined to is
      `parked`; `retrying` is what starts again by itself.

    `halt` is why nothing more may start; the loop sets it.
    """

    def __init__(self, graph: Graph, statuses: Iterable[StepStatus], *, approve_all: bool = False) -> None:
        self.graph = graph
        self.approve_all = approve_all
        self.counts: Counter[StepState] = Counter({StepState.PENDING: len(graph.steps)})
        self.ready = Ready()
        self.units = OpenUnits(graph)
        self.windows = self.units.windows
        self.asking: set[int] = set()
        self.passing: set[int] = set()
        self.parked: set[int] = set()
        self.retrying: set[int] = set()
        self.halt: Halt | None = None
        self.scope = Scope()
        self.deadlines: dict[int, float] = {}
        self.in_flight: set[int] = set()
        self._status = [StepStatus(step.id) for step in graph.steps]
        self._unmet = [len(set(step.needs)) + len(set(step.after)) for step in graph.steps]
        self._blockers = [0] * len(graph.steps)
        self._down = [False] * len(graph.steps)
        self._through = [False] * len(graph.steps)
        self._budgets = Budgets(graph.plan.budgets)
        for number in range(len(graph.steps)):
            self._file(number)
        for status in statuses:
            number = graph.number[status.id]
            if status != self._status[number]:
                self._set(number, status)

    # What it says

    def status(self, step_id: str) -> StepStatus:
        """Where a step stands."""
        return self._status[self.graph.number[step_id]]

    def statuses(self) -> Iterator[StepStatus]:
        """Where each step stands, in the order of the plan."""
        return iter(self._status)

    def step(self, step_id: str) -> Step:
        """The plan's step with this id."""
        return self.graph.steps[self.graph.number[step_id]]

    def id(self, number: int) -> str:
        """The id of the plan's step with this number."""
        return self.graph.steps[number].id

    def eased(self, number: int, places: Places) -> list[Ranked]:
        """The other ready steps of the unit that opens if this one starts with those places, and what they take then.

        None where the unit is open: this one takes no more than its own.
        """
        if places == self.units.places_of_its_own(number):
            return []
        unit = self.graph.units[self.graph.unit_of[number]]
        return [
            (other, self.units.places_of_its_own(other)) for other in unit if other != number and other in self.ready
        ]

    def overdue(self, now: float) -> list[int]:
        """The steps whose services had their time and did not report."""
        return sorted(n for n, until in self.deadlines.items() if n in self.in_flight and now >= until)

    def due_again(self, now: float) -> list[int]:
        """The steps whose failure was temporary and whose pause is over, in the order of the plan."""
        return sorted(n for n in self.retrying if n in self.deadlines and now >= self.deadlines[n])

    def through(self, step_id: str) -> bool:
        """Whether what needs this step may go on, as far as this step goes."""
        return self._through[self.graph.number[step_id]]

    def ended(self, step_id: str) -> bool:
        """Whether what comes after this step may go on, as far as this step goes."""
        number = self.graph.number[step_id]
        return self._through[number] or self._down[number]

    def set_aside(self, step_id: str) -> bool:
        """Whether a step cannot run, since something that it needs failed."""
        number = self.graph.number[step_id]
        return self._blockers[number] > 0 and self._status[number].state in _NOT_BEGUN

    def overspent(self) -> list[Overspent]:
        """The failure budgets that are spent."""
        return self._budgets.overspent()

    # How it moves

    def move(self, status: StepStatus) -> None:
        """Take over a step's new status. Raises IllegalMove."""
        number = self.graph.number[status.id]
        step_event(self._status[number].state, status.state)
        self._set(number, status)

    def confine(self, scope: Scope) -> None:
        """Let only steps start that are within this scope; it takes the place of the one before."""
        self.scope = scope
        for number in (*self.parked, *self.asking, *self.passing, *self.retrying, *self.ready):
            self._refile(number)

    def watch(self, step_id: str, until: float) -> None:
        """Until when a step is verified, or waits for its next attempt: in seconds on the clock of `decide`."""
        self.deadlines[self.graph.number[step_id]] = until

    def _set(self, number: int, status: StepStatus) -> None:
        was = self._status[number]
        self._unfile(number)
        self._status[number] = status
        self._count(number, was.state, status.state)
        self._occupy(number, was, status)
        self._spread(number)
        self._file(number)
        for other in self.graph.needed_by[number]:
            if self._status[other].attempt:
                self._spread(other)
                self._refile(other)

    def _count(self, number: int, before: StepState, after: StepState) -> None:
        self.counts[before] -= 1
        self.counts[after] += 1
        if after in IN_FLIGHT:
            self.in_flight.add(number)
        else:
            self.in_flight.discard(number)
        if after not in _TIMED:
            self.deadlines.pop(number, None)
        if (before in UNWELL) != (after in UNWELL):
            self._budgets.blame(self.graph.steps[number], 1 if after in UNWELL else -1)

    def _occupy(self, number: int, was: StepStatus, status: StepStatus) -> None:
        """Take or give back what it takes; the others of a unit that has opened take less from then on."""
        self.units.work(number, (status.state in _OCCUPIES) - (was.state in _OCCUPIES))
        begun = (status.attempt > 0) - (was.attempt > 0)
        settled = (status.state in SETTLED) - (was.state in SETTLED)
        if self.units.move(number, counting=begun, settled=settled):
            for other in self.graph.units[self.graph.unit_of[number]]:
                if other in self.ready:
                    self._refile(other)

    def _spread(self, number: int) -> None:
        """Tell the steps behind this one whether it is through or down, and those behind them."""
        changed = [number]
        while changed:
            current = changed.pop()
            was_through, was_down = self._through[current], self._down[current]
            through, down = self._is_through(current), self._is_down(current)
            if (through, down) == (was_through, was_down):
                continue
            self._through[current], self._down[current] = through, down
            for other in self.graph.needed_by[current]:
                self._blockers[other] += down - was_down
                self._wait(other, was_through - through)
                changed.append(other)
            for other in self.graph.before[current]:
                self._wait(other, (was_through or was_down) - (through or down))
                changed.append(other)

    def _is_through(self, number: int) -> bool:
        status = self._status[number]
        if status.state is StepState.SKIPPED:
            return not self._held_up(number)
        return status.state is StepState.DONE

    def _is_down(self, number: int) -> bool:
        status = self._status[number]
        if status.state in UNWELL:
            return True
        not_begun = status.state in _NOT_BEGUN or (status.state is StepState.SKIPPED and not status.attempt)
        return not_begun and self._blockers[number] > 0

    def _wait(self, number: int, by: int) -> None:
        if by:
            self._unmet[number] += by
            self._refile(number)

    # What may start

    def _refile(self, number: int) -> None:
        self._unfile(number)
        self._file(number)

    def _file(self, number: int) -> None:
        """Put it where it is found, if its turn has come.

        Once it has begun nothing that comes before can hold it up but what it needs and has to be done again: it keeps
        its places, and anything else might wait for them.
        """
        status = self._status[number]
        if status.state not in _TO_START or self._held_up(number):
            return
        step = self.graph.steps[number]
        if self.scope.open and step.stage not in self.scope.open:
            self.parked.add(number)
        elif status.state is StepState.RETRYING:
            self.retrying.add(number)
        elif needs_approval(step) and not (status.approved or self.approve_all):
            self.asking.add(number)
        elif step.action == "approve":
            self.passing.add(number)
        else:
            self.ready.file(number, self.units.places(number))

    def _held_up(self, number: int) -> bool:
        if not self._status[number].attempt or not self._unmet[number]:
            return self._unmet[number] > 0
        needs = (self.graph.number[need] for need in self.graph.steps[number].needs)
        return any(self._status[need].attempt and not self._through[need] for need in needs)  # begun, and reopened

    def _unfile(self, number: int) -> None:
        self.asking.discard(number)
        self.passing.discard(number)
        self.parked.discard(number)
        self.retrying.discard(number)
        self.ready.withdraw(number)
