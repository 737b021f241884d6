"""Where a rollback stands, and what may be taken back next: kept up move by move, as the board of a run going on is."""

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable
from heapq import heapify, heappop, heappush

from stairlift.model.rollback import current_hop, must_go_back
from stairlift.model.run import IN_FLIGHT, SETTLED, RunState, StepState, StepStatus
from stairlift.run.decide import Decision, Finish, TakeBack
from stairlift.run.graph import Graph, Places
from stairlift.run.halt import Halt
from stairlift.run.transitions import step_event

#: In these nobody starts the undo of a step: something of it is under way, or it failed and waits for a person.
_NOT_NOW = IN_FLIGHT | {StepState.UNDO_FAILED}


class Retreat:
    """A rollback in memory. What it says depends on the statuses alone, never on the way in which they came about.

    - A step is *left* as long as it has to be taken back, and *clear* once neither it nor anything that needed it or
      came after it, directly or through others, is left. It is taken back when all those are clear.
    - A unit is *open*, and holds its places, while some of it is left and not all of it is settled. One that is closed
      opens only when nothing outside of it stands in its way: then a host goes out once, and comes back whole.
    - `ready` files what may be taken back now by the places that it takes, the last of the plan first.
    """

    def __init__(self, graph: Graph, statuses: Iterable[StepStatus]) -> None:
        given = tuple(statuses)
        size = len(graph.steps)
        self.graph = graph
        self._hop = current_hop(graph.steps, given)
        self._status = [StepStatus(step.id) for step in graph.steps]
        self._left: set[int] = set()
        self._failed: set[int] = set()
        self._under_way: set[int] = set()
        self._clear = [True] * size
        self._waits = [0] * size
        self._in_the_way = [0] * len(graph.units)
        self._left_of = [0] * len(graph.units)
        self._unsettled = [len(unit) for unit in graph.units]
        self._open = [False] * len(graph.units)
        self._used: Counter[str] = Counter()
        self._ready: dict[Places, list[int]] = defaultdict(list)
        self._filed: dict[int, Places] = {}
        for status in given:
            self._set(graph.number[status.id], status)

    def decisions(self, halt: Halt | None = None) -> list[Decision]:
        """What is next; nothing as long as there is nothing to do but wait.

        Once the failure budget is spent on hosts that could not be taken back, or there is a halt, nothing new starts
        and what is in flight comes to its end.
        """
        overspent = self._overspent()
        if not overspent and halt is None:
            chosen = self._fitting()
            if chosen:
                return [TakeBack(self.graph.steps[number].id) for number in chosen]
        return [] if self._under_way else [self._finish(overspent, halt)]

    def room(self, key: str) -> int:
        """How many hosts more may go out in a window."""
        return self.graph.windows[key] - self._used[key]

    def move(self, status: StepStatus) -> None:
        """Take over a step's new status. Raises IllegalMove."""
        number = self.graph.number[status.id]
        step_event(self._status[number].state, status.state)
        self._set(number, status)

    # How it moves

    def _set(self, number: int, status: StepStatus) -> None:
        before = self._status[number]
        unit = self.graph.unit_of[number]
        self._unfile(number)
        self._status[number] = status
        self._unsettled[unit] += (before.state in SETTLED) - (status.state in SETTLED)
        self._occupy(number, _occupies(status) - _occupies(before))
        _keep(self._under_way, number, wanted=status.state in IN_FLIGHT)
        _keep(self._failed, number, wanted=status.state is StepState.UNDO_FAILED)
        self._count(number)
        self._reopen(unit)
        self._spread(number)
        self._file(number)

    def _count(self, number: int) -> None:
        """Whether it is left."""
        step = self.graph.steps[number]
        left = step.target == self._hop and must_go_back(step, self._status[number])
        self._left_of[self.graph.unit_of[number]] += left - (number in self._left)
        _keep(self._left, number, wanted=left)

    def _occupy(self, number: int, by: int) -> None:
        key = self.graph.exclusive[number]
        if key:
            self._used[key] += by

    def _reopen(self, unit: int) -> None:
        """Give a unit its places, or take them away."""
        is_open = self._left_of[unit] > 0 and self._unsettled[unit] > 0
        if is_open == self._open[unit]:
            return
        self._open[unit] = is_open
        for key, hosts in self.graph.unit_places[unit]:
            self._used[key] += hosts if is_open else -hosts
        self._refile(unit)

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
        self._unfile(number)
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
            self._unfile(number)
            self._file(number)

    def _file(self, number: int) -> None:
        """Put it where it is found, if its turn has come. Files count from the plan's end: ~0 is its last step."""
        unit = self.graph.unit_of[number]
        shut = not self._open[unit] and self._in_the_way[unit]
        if number not in self._left or self._waits[number] or shut or self._status[number].state in _NOT_NOW:
            return
        if number not in self._filed:
            self._filed[number] = places = self._places(number)
            insort(self._ready[places], ~number)

    def _unfile(self, number: int) -> None:
        places = self._filed.pop(number, None)
        if places is not None:
            file = self._ready[places]
            del file[bisect_left(file, ~number)]
            if not file:
                del self._ready[places]

    def _places(self, number: int) -> Places:
        unit, exclusive = self.graph.unit_of[number], self.graph.exclusive[number]
        places = () if self._open[unit] else self.graph.unit_places[unit]
        return (*places, (exclusive, 1)) if exclusive else places

    def _fitting(self) -> list[int]:
        """The last of the plan first, as far as there is room; of a file whose first does not fit none does."""
        taken: Counter[str] = Counter()
        chosen = []
        heads = [(file[0], 0, places) for places, file in self._ready.items()]
        heapify(heads)
        while heads:
            rank, at, places = heappop(heads)
            if any(self.room(key) - taken[key] < hosts for key, hosts in places):
                continue
            taken.update(dict(places))
            chosen.append(~rank)
            if at + 1 < len(self._ready[places]):
                heappush(heads, (self._ready[places][at + 1], at + 1, places))
        return chosen

    # How it ends

    def _overspent(self) -> str:
        """The hosts that could not be taken back, where they are more than a failure budget allows."""
        failing: dict[str, set[str]] = defaultdict(set)
        for step in (self.graph.steps[number] for number in sorted(self._failed)):
            for key in step.budgets or ("",):
                failing[key].update(step.hosts)
        allowed = self.graph.plan.budgets
        spent = [(key, sorted(hosts)) for key, hosts in sorted(failing.items()) if len(hosts) > allowed.get(key, 0)]
        if not spent:
            return ""
        key, hosts = spent[0]
        named = ", ".join(hosts[:3]) + (f" and {len(hosts) - 3} more" if len(hosts) > 3 else "")
        return f"not taken back: {named}; the failure budget{' of ' + key if key else ''} is {allowed.get(key, 0)}"

    def _finish(self, overspent: str, halt: Halt | None) -> Finish:
        if not self._left:
            from stairlift.run.undoing import how_it_ended  # with knowledge in YAML, which `status` need not read

            return Finish(RunState.ROLLED_BACK, how_it_ended(self.graph.plan, self._status))
        if halt is not None and (halt.over_failure or not overspent):
            return Finish(halt.state, halt.reason)
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
