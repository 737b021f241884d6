"""Where a rollback stands, and what may be taken back next: kept up move by move, as the board of a run going on is."""

from collections.abc import Iterable

from stairlift.model.rollback import current_hop, must_go_back
from stairlift.model.run import IN_FLIGHT, SETTLED, RunState, StepState, StepStatus
from stairlift.run.budgets import Budgets
from stairlift.run.decide import Decision, Finish, TakeBack
from stairlift.run.graph import Graph
from stairlift.run.halt import Halt
from stairlift.run.ready import Ready
from stairlift.run.transitions import step_event
from stairlift.run.units import OpenUnits

#: In these nobody starts the undo of a step: something of it is under way, or it failed and waits for a person.
_NOT_NOW = IN_FLIGHT | {StepState.UNDO_FAILED}


class Retreat:
    """A rollback in memory. What it says depends on the statuses alone, never on the way in which they came about.

    - A step is *left* as long as it has to be taken back, and *clear* once neither it nor anything that needed it or
      came after it, directly or through others, is left. It is taken back when all those are clear.
    - A unit is open, and holds its places, while some of it is left and not all of it is settled. One that is closed
      opens only when nothing outside of it stands in its way: then a host goes out once, and comes back whole.
    - Ready is what may be taken back as soon as it fits. Ranks count from the plan's end: ~0 is its last step.
    """

    def __init__(self, graph: Graph, statuses: Iterable[StepStatus]) -> None:
        given = tuple(statuses)
        size = len(graph.steps)
        self.graph = graph
        self._hop = current_hop(graph.steps, given)
        self._status = [StepStatus(step.id) for step in graph.steps]
        self.units = OpenUnits(graph)
        self.windows = self.units.windows
        self._left: set[int] = set()
        self._budgets = Budgets(graph.plan.budgets)
        self._under_way: set[int] = set()
        self._clear = [True] * size
        self._waits = [0] * size
        self._in_the_way = [0] * len(graph.units)
        self._ready = Ready()
        for status in given:
            self._set(graph.number[status.id], status)

    def decisions(self, halt: Halt | None = None) -> list[Decision]:
        """What is next; nothing as long as there is nothing to do but wait.

        Once the failure budget is spent on hosts that could not be taken back, or there is a halt, nothing new starts
        and what is in flight comes to its end.
        """
        overspent = self._overspent()
        if not overspent and halt is None:
            chosen = self._ready.fitting(self.windows)
            if chosen:
                return [TakeBack(self.graph.steps[~rank].id) for rank in chosen]
        return [] if self._under_way else [self._finish(overspent, halt)]

    def move(self, status: StepStatus) -> None:
        """Take over a step's new status. Raises IllegalMove."""
        number = self.graph.number[status.id]
        step_event(self._status[number].state, status.state)
        self._set(number, status)

    # How it moves

    def _set(self, number: int, status: StepStatus) -> None:
        was = self._status[number]
        self._ready.withdraw(~number)
        self._status[number] = status
        _keep(self._under_way, number, wanted=status.state in IN_FLIGHT)
        self._blame(number, was, status)
        self._occupy(number, was, status)
        self._spread(number)
        self._file(number)

    def _blame(self, number: int, was: StepStatus, status: StepStatus) -> None:
        failed = (status.state is StepState.UNDO_FAILED) - (was.state is StepState.UNDO_FAILED)
        if failed:
            self._budgets.blame(self.graph.steps[number], failed)

    def _occupy(self, number: int, was: StepStatus, status: StepStatus) -> None:
        """Take or give back what it takes."""
        step = self.graph.steps[number]
        left = step.target == self._hop and must_go_back(step, status)
        counting = left - (number in self._left)
        _keep(self._left, number, wanted=left)
        self.units.work(number, _occupies(status) - _occupies(was))
        if self.units.move(number, counting=counting, settled=(status.state in SETTLED) - (was.state in SETTLED)):
            self._refile(self.graph.unit_of[number])

    def _spread(self, number: int) -> None:
        """Tell the steps that this one needs or follows whether it is clear, and those before them."""
        changed = [number]
        while changed:
            current = changed.pop()
            clear = current not in self._left and not self._waits[current]
            if clear == self._clear[current]:
                continue
            self._clear[current] = clear
            for earlier in self._behind(current):
                self._wait(earlier, current, -1 if clear else 1)
                changed.append(earlier)

    def _behind(self, number: int) -> set[int]:
        """What this step needs or follows."""
        step = self.graph.steps[number]
        return {self.graph.number[other] for other in (*step.needs, *step.after)}

    def _wait(self, number: int, later: int, by: int) -> None:
        self._ready.withdraw(~number)
        self._waits[number] += by
        unit = self.graph.unit_of[number]
        if self.graph.unit_of[later] != unit:
            self._in_the_way[unit] += by
            if self._in_the_way[unit] in (0, by):
                self._refile(unit)
        self._file(number)

    # What may be taken back

    def _refile(self, unit: int) -> None:
        for number in self.graph.units[unit]:
            self._ready.withdraw(~number)
            self._file(number)

    def _file(self, number: int) -> None:
        """Put it where it is found, if its turn has come."""
        unit = self.graph.unit_of[number]
        shut = not self.units.is_open(unit) and self._in_the_way[unit]
        if number in self._left and not (self._waits[number] or shut or self._status[number].state in _NOT_NOW):
            self._ready.file(~number, self.units.places(number))

    # How it ends

    def _overspent(self) -> str:
        """The hosts that could not be taken back, where they are more than a failure budget allows."""
        overspent = self._budgets.overspent()
        return f"not taken back: {min(overspent)}" if overspent else ""

    def _finish(self, overspent: str, halt: Halt | None) -> Finish:
        if not self._left:
            from stairlift.run.undoing import how_it_ended  # with knowledge in YAML, which `status` need not read

            return Finish(RunState.ROLLED_BACK, how_it_ended(self.graph.plan, self._status))
        if halt is not None and (halt.over_failure or not overspent):
            return Finish(halt.state, halt.reason, cause=halt.cause)
        left = f"{len(self._left)} {'step is' if len(self._left) == 1 else 'steps are'} left"
        return Finish(RunState.FAILED, f"{overspent or 'nothing else can be taken back'} ({left})")


def _occupies(status: StepStatus) -> int:
    """Whether a process takes it back now. One that failed may be a lost one, and still be at it."""
    under_way = status.state is StepState.UNDOING and status.worked_at is None
    return int(under_way or status.state is StepState.UNDO_FAILED)


def _keep(where: set[int], number: int, *, wanted: bool) -> None:
    if wanted:
        where.add(number)
    else:
        where.discard(number)
