"""How long a plan may take: by what the like took before, else by what its entries say; where nobody knows, it says so.

Two lengths are told. p50: each step takes as long as the middle one of its like. p90: each takes as long as the longest
of nine in ten, which is careful, as hardly ever all of them do.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from stairlift.model.likeness import sort_of
from stairlift.model.plan import Plan, Step
from stairlift.report.expected import LEAST

#: Seconds that steps of a sort took, the shortest first.
History = Mapping[str, Sequence[float]]
#: (begin, end) of each step, in seconds from the start.
Course = Mapping[str, tuple[float, float]]
#: A hop's release and a stage of it.
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Length:
    """How long something may take, in seconds."""

    p50: float
    p90: float


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beforehand of how long a plan's steps take.

    `lengths` are by step; gates take none. `unknown` are the sorts of steps of which none is on record, each with the
    number of its steps; `of` is how many steps of the like, done before, it all rests on. Of `thin` sorts there are so
    few that nobody should rely on them: what is done once in a run was seldom done before. Of `said` steps there is no
    more than what their entries in `stairlift.toml` say.
    """

    lengths: Mapping[str, Length]
    unknown: Mapping[str, int]
    of: int
    thin: int = 0
    said: int = 0

    @property
    def whole(self) -> bool:
        """Whether there is something to go by for every step."""
        return not self.unknown


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long a plan may take: the whole and each stage, from its first beginning to its last end.

    A stage is left out where one of its steps is unknown; so is the whole where any is. `course` is the careful one;
    it is empty where it could not be told.
    """

    known: Known
    whole: Length | None = None
    stages: Mapping[Place, Length] = field(default_factory=dict)
    course: Course = field(default_factory=dict)


def history(lengths: Mapping[str, Iterable[timedelta]]) -> History:
    """What is on record, in order."""
    found = {sort: sorted(length.total_seconds() for length in taken) for sort, taken in lengths.items()}
    return {sort: taken for sort, taken in found.items() if taken}


def known(plan: Plan, past: History) -> Known:
    """How long each step of a plan may take."""
    sorts = {s.id: sort_of(s.action, s.services, s.strategy) for s in plan.steps if s.action != "approve"}
    recorded = {sort: _length(past[sort]) for sort in set(sorts.values()) if sort in past}
    said = {binding.id: Length(*binding.takes) for binding in plan.bindings if binding.takes}
    new = [step for step in plan.steps if step.id in sorts and sorts[step.id] not in recorded]
    by_entry = {step.id: said[step.strategy] for step in new if step.strategy in said}
    return Known(
        lengths={step: recorded[sort] for step, sort in sorts.items() if sort in recorded} | by_entry,
        unknown=Counter(sorts[step.id] for step in new if step.id not in by_entry),
        of=sum(len(past[sort]) for sort in recorded),
        thin=sum(len(past[sort]) < LEAST for sort in recorded),
        said=len(by_entry),
    )


def _length(taken: Sequence[float]) -> Length:
    return Length(_share(taken, 50), _share(taken, 90))


def _share(taken: Sequence[float], percent: int) -> float:
    """The least that so many in a hundred did not exceed."""
    return taken[max(0, -(-len(taken) * percent // 100) - 1)]


def seconds(found: Known, which: str) -> dict[str, float]:
    """The one or the other length of each step: "p50" or "p90"."""
    return {step: length.p50 if which == "p50" else length.p90 for step, length in found.lengths.items()}


def estimate(plan: Plan, found: Known, courses: tuple[Course, Course]) -> Estimate:
    """What the courses with either length come to. Without all lengths, only of stages that are known."""
    unknown = {_place(step) for step in plan.steps if step.action != "approve" and step.id not in found.lengths}
    usual = _spans(plan, courses[0])
    careful = usual if courses[1] is courses[0] else _spans(plan, courses[1])
    stages = {place: Length(usual[place], careful[place]) for place in usual if place not in unknown}
    whole = Length(_end(courses[0]), _end(courses[1])) if found.whole and found.lengths else None
    return Estimate(found, whole, stages if found.lengths else {}, courses[1] if found.whole else {})


def _spans(plan: Plan, course: Course) -> dict[Place, float]:
    """From the first beginning to the last end of each stage."""
    spans: dict[Place, tuple[float, float]] = {}
    for step in (step for step in plan.steps if step.id in course):
        begin, end = course[step.id]
        first, last = spans.get(_place(step), (begin, end))
        spans[_place(step)] = min(first, begin), max(last, end)
    return {place: last - first for place, (first, last) in spans.items()}


def _place(step: Step) -> Place:
    return str(step.target), step.stage


def _end(course: Course) -> float:
    return max((end for _, end in course.values()), default=0.0)


@dataclass(frozen=True, slots=True)
class Remaining:
    """When the steps of a run were expected to end, in order, from its start: what is left by how many are done."""

    ends: tuple[float, ...]

    @classmethod
    def of(cls, course: Course) -> "Remaining":
        """That of a plan played through."""
        return cls(tuple(sorted(end for _, end in course.values())))

    def left(self, done: int) -> timedelta:
        """How much is left once so many steps are done: what a plan of this shape takes from there on."""
        if not self.ends or done >= len(self.ends):
            return timedelta()
        return timedelta(seconds=self.ends[-1] - (self.ends[done - 1] if done else 0.0))
