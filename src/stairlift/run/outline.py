"""A run in outline: so few of its steps that a judgement about it as a whole takes no time, and comes out the same.

Whether a run can be taken back, or told to stop behind a stage, depends on where the first step of each sort stands,
not on the 40,000 that follow it. One-way steps are named one by one, so all of them stay.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from heapq import heappop, heappush

from stairlift.model.plan import Plan, Step
from stairlift.model.run import StepState, StepStatus

#: Steps of one sort are judged alike; so are two of them whose standing is the same: state, and whether it was begun.
_Sort = tuple[str, ...]
_Standing = tuple[StepState, bool]


class Outline:
    """Knows where every step of a plan stands, as far as it was told."""

    def __init__(self, plan: Plan, statuses: Sequence[StepStatus]) -> None:
        """`statuses` are in the order of the plan's steps."""
        self.plan = plan
        self._sorts = [_sort(step) for step in plan.steps]
        self._places = {step.id: place for place, step in enumerate(plan.steps)}
        self._statuses = list(statuses)
        #: The places of the steps of each sort and standing, the first of them on top; some have moved on since.
        self._heaps: dict[tuple[_Sort, _Standing], list[int]] = {}
        for place, status in enumerate(self._statuses):  # in order, which is a heap
            self._heaps.setdefault((self._sorts[place], _standing(status)), []).append(place)

    def move(self, statuses: Iterable[StepStatus]) -> None:
        """These steps stand otherwise now."""
        for status in statuses:
            place = self._places[status.id]
            self._statuses[place] = status
            heappush(self._heaps.setdefault((self._sorts[place], _standing(status)), []), place)

    def drawn(self) -> tuple[Plan, tuple[StepStatus, ...]]:
        """The plan with the first step of every sort and standing, and where these stand."""
        firsts = (self._first(heap, standing) for (_, standing), heap in self._heaps.items())
        places = sorted({place for place in firsts if place is not None})
        steps = tuple(self.plan.steps[place] for place in places)
        return replace(self.plan, steps=steps), tuple(self._statuses[place] for place in places)

    def _first(self, heap: list[int], standing: _Standing) -> int | None:
        while heap and _standing(self._statuses[heap[0]]) != standing:
            heappop(heap)
        return heap[0] if heap else None


def _sort(step: Step) -> _Sort:
    if step.one_way:
        return (step.id,)
    return (str(step.source), str(step.target), step.stage, step.action, step.strategy or "")


def _standing(status: StepStatus) -> _Standing:
    return status.state, status.attempt > 0
