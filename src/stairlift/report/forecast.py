"""When the steps that are to come may begin and end, from where a run stands: what the dotted bars of a timeline are.

It is coarser than the run's own decisions: what one host goes through counts as one piece. So it is told at once for
80,000 steps, which playing them through is not.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush
from statistics import median

from stairlift.model.outline import Item, Outline
from stairlift.model.run import IN_FLIGHT, SETTLED, StepState, StepStatus
from stairlift.report.expected import LEAST

#: Seconds that a step of a sort takes of which nothing is known, where nothing is known of any.
UNKNOWN = 60.0


@dataclass(frozen=True, slots=True)
class Planned:
    """When a step may be at work. `known` says whether the like of it has been done often enough to tell."""

    begin: datetime
    end: datetime
    known: bool


@dataclass(frozen=True, slots=True)
class Usual:
    """How long steps take, in seconds by sort; `otherwise` is what the others are given."""

    seconds: Mapping[str, float]
    otherwise: float

    @classmethod
    def of(cls, lengths: Mapping[str, Sequence[timedelta]]) -> "Usual":
        """What is on record of each sort: the middle one, where there are enough."""
        found = {
            sort: median(length.total_seconds() for length in taken)
            for sort, taken in lengths.items()
            if len(taken) >= LEAST
        }
        return cls(found, median(found.values()) if found else UNKNOWN)

    def seconds_of(self, sort: str) -> float:
        """How long one of this sort may take."""
        return self.seconds.get(sort, self.otherwise)


#: A step in one of these is through, or at work: there is no plan for it any more.
NOT_TO_COME = frozenset({*IN_FLIGHT, *SETTLED, StepState.UNDONE})


class Forecast:
    """Where each item of a plan may begin; the steps in it are laid out when they are asked for."""

    def __init__(self, outline: Outline, statuses: Mapping[str, StepStatus], usual: Usual, now: datetime) -> None:
        self._outline, self._statuses, self._usual, self._now = outline, statuses, usual, now
        self._begins: list[float] = []
        self._ends: list[float] = []
        self._item_of = {place: number for number, item in enumerate(outline.items) for place in item.steps}
        self._lay_out()

    def _lay_out(self) -> None:
        """One item after the other, each as soon as what it is behind has ended and its windows have room."""
        rooms: dict[str, list[float]] = {}
        for item in self._outline.items:
            begin = 0.0 if self._begun(item) else self._earliest(item, rooms)
            end = begin + sum(map(self._left, item.steps))
            self._begins.append(begin)
            self._ends.append(end)
            for slot in item.slots if end > begin else ():
                heappush(rooms.setdefault(slot, []), end)

    def _begun(self, item: Item) -> bool:
        return any(self._state(place) not in (StepState.PENDING, StepState.WAITING) for place in item.steps)

    def _earliest(self, item: Item, rooms: Mapping[str, list[float]]) -> float:
        begin = max((self._ends[other] for other in item.behind), default=0.0)
        for slot in item.slots:
            room = rooms.get(slot, [])
            while len(room) >= max(1, self._outline.windows.get(slot, 1)):
                begin = max(begin, heappop(room))
        return begin

    def _state(self, place: int) -> StepState:
        found = self._statuses.get(self._outline.steps[place].id)
        return found.state if found else StepState.PENDING

    def _left(self, place: int) -> float:
        """Seconds that a step still takes."""
        step = self._outline.steps[place]
        status = self._statuses.get(step.id)
        if step.gate or (status and (status.state in SETTLED or status.state is StepState.UNDONE)):
            return 0.0
        whole = self._usual.seconds_of(step.sort)
        if status is None or status.state not in IN_FLIGHT or status.started_at is None:
            return whole
        return max(1.0, whole - (self._now - status.started_at).total_seconds())

    def planned(self, place: int) -> Planned | None:
        """When the step at this place may be at work; None where it is at work, or needs to be no more."""
        if self._state(place) in NOT_TO_COME:
            return None
        step, number = self._outline.steps[place], self._item_of[place]
        before = self._outline.items[number].steps
        begin = self._begins[number] + sum(map(self._left, before[: before.index(place)]))
        at = self._now + timedelta(seconds=begin)
        end = at + timedelta(seconds=self._left(place))
        return Planned(at, end, step.gate or step.sort in self._usual.seconds)

    def reach(self, places: Iterable[int]) -> tuple[datetime, datetime] | None:
        """From when to when those of these steps that are to come may be at work; None where none is."""
        items = [item for item in {self._item_of[place] for place in places} if self._ends[item] > self._begins[item]]
        if not items:
            return None
        first, last = min(self._begins[item] for item in items), max(self._ends[item] for item in items)
        return self._now + timedelta(seconds=first), self._now + timedelta(seconds=last)

    def end(self) -> datetime:
        """When all of it may have ended."""
        return self._now + timedelta(seconds=max(self._ends, default=0.0))
