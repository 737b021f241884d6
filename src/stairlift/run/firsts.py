"""A run by few of its steps: a judgement about it as a whole takes no time then, and comes out the same.

Whether a run can be taken back, or told to stop behind a stage, depends on where the first step of each sort stands,
not on the 40,000 that follow it. One-way steps are named one by one, so all of them stay.
"""

from collections.abc import Iterable, Mapping
from heapq import heappop, heappush

from stairlift.model.outline import Outline, Outlined
from stairlift.model.run import StepState, StepStatus

#: Steps of one sort are judged alike; so are two of them whose standing is the same: state, and whether it was begun.
_Sort = tuple[str, ...]
_Standing = tuple[StepState, bool]


class Firsts:
    """The first step of every sort and standing, of a run whose steps move."""

    def __init__(self, outline: Outline, statuses: Mapping[str, StepStatus]) -> None:
        """`statuses` are of all steps, by their ids, in the order of the plan."""
        self._number = outline.number
        self._sorts = [_sort(step) for step in outline.steps]
        self._statuses = list(statuses.values())
        #: The places of the steps of each sort and standing, the first of them on top; some have moved on since.
        self._heaps: dict[tuple[_Sort, _Standing], list[int]] = {}
        for place, status in enumerate(self._statuses):  # in order, which is a heap
            self._heaps.setdefault((self._sorts[place], _standing(status)), []).append(place)

    def move(self, statuses: Iterable[StepStatus]) -> None:
        """These steps stand otherwise now."""
        for status in statuses:
            place = self._number[status.id]
            self._statuses[place] = status
            heappush(self._heaps.setdefault((self._sorts[place], _standing(status)), []), place)

    def drawn(self) -> tuple[StepStatus, ...]:
        """Where they stand, in the order of the plan."""
        firsts = (self._first(heap, standing) for (_, standing), heap in self._heaps.items())
        places = sorted({place for place in firsts if place is not None})
        return tuple(self._statuses[place] for place in places)

    def _first(self, heap: list[int], standing: _Standing) -> int | None:
        while heap and _standing(self._statuses[heap[0]]) != standing:
            heappop(heap)
        return heap[0] if heap else None


def _sort(step: Outlined) -> _Sort:
    if step.one_way:
        return (step.id,)
    return (step.source, step.hop, step.stage, step.action, step.strategy)


def _standing(status: StepStatus) -> _Standing:
    return status.state, status.attempt > 0
