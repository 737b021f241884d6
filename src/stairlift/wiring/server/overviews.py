"""The runs that people look at, kept in mind by a server: of 40,000 steps it reads those that have moved since.

All pages and the API ask here. Plans never change, so that they are known by their hash; of runs the events tell what
has moved.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TypeVar

from stairlift.drive.choices import choices
from stairlift.model.choice import Choices
from stairlift.model.outline import Outline, outline
from stairlift.model.plan import Plan
from stairlift.model.plan_document import from_document, step_from_document
from stairlift.model.run import Run, StepStatus
from stairlift.ports import Records
from stairlift.report.course import Course, Milestone
from stairlift.report.estimates import Estimate
from stairlift.report.hosts_map import Done
from stairlift.run.firsts import Firsts
from stairlift.wiring.reporting import estimated, past_of
from stairlift.wiring.server.kept import Kept

_T = TypeVar("_T")
#: So many runs, and as many plans, are kept in mind; one of 80,000 steps takes about 100 MB.
MOST = 4
#: Where more has happened, all steps are read.
_FEW = 2000


@dataclass(frozen=True, slots=True)
class _Shape:
    """A plan in outline; `head` is the plan without its steps."""

    outline: Outline
    head: Plan


@dataclass(frozen=True, slots=True)
class Stand:
    """Where all steps stood at event number `seq`, by their ids."""

    outline: Outline
    statuses: Mapping[str, StepStatus]
    seq: int


class _Followed:
    """A run as it was at event number `seq`."""

    def __init__(self, shape: _Shape, statuses: dict[str, StepStatus], seq: int) -> None:
        self.shape, self.statuses, self.seq = shape, statuses, seq
        self.course = Course(shape.outline.steps, {name: status.state for name, status in statuses.items()}, seq)
        self.firsts = Firsts(shape.outline, statuses)

    def move(self, statuses: Mapping[str, StepStatus], seq: int) -> None:
        """These steps stand otherwise now."""
        self.statuses.update(statuses)
        self.firsts.move(statuses.values())
        self.course.move((name, status.state) for name, status in statuses.items())
        self.seq = seq


@dataclass(slots=True)
class _Known:
    """Whoever brings it up to date holds the lock."""

    lock: Lock = field(default_factory=Lock)
    followed: _Followed | None = None


class Overviews:
    """Any thread may ask; all of it may raise StairliftError (store.*)."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self._shapes: Kept[_Shape] = Kept(MOST)
        self._plans: Kept[Plan] = Kept(MOST)
        self._runs: Kept[_Known] = Kept(MOST)
        self._estimates: Kept[Estimate] = Kept(MOST)

    def choices(self, run: Run) -> Choices:
        """What can be told to a run now."""
        return choices(self.records, run, self.judged)

    def plan(self, run: Run) -> Plan:
        """The whole plan that a run carries out: for who needs more of its steps than their outline."""
        return self._plans.get(run.plan_hash, lambda: self._whole(run))

    def estimate(self, run: Run) -> Estimate:
        """How long its plan was thought to take; to play 80,000 steps through takes its time."""
        past = past_of(run.cloud, self.records, run)
        key = (run.plan_hash, tuple((sort, tuple(taken)) for sort, taken in past.items()))
        return self._estimates.get(key, lambda: estimated(self.plan(run), past))

    def judged(self, run: Run) -> tuple[Plan, tuple[StepStatus, ...]]:
        """The plan, and where its steps stand, as far as it matters for the run as a whole; see `Firsts`."""
        head, firsts = self._ask(run, lambda followed: (followed.shape.head, followed.firsts.drawn()))
        documents = self.records.plan_steps(run.id, [status.id for status in firsts])
        return replace(head, steps=tuple(map(step_from_document, documents))), firsts

    def milestones(self, run: Run) -> tuple[Milestone, ...]:
        """How far it is, stage by stage."""
        return self._ask(run, lambda followed: followed.course.milestones())

    def hosts(self, run: Run) -> tuple[Done, Mapping[str, str]]:
        """What it has done to each host, and in which stage it has most to do there."""
        return self._ask(run, lambda followed: (followed.course.hosts(), followed.course.stages_of()))

    def stand(self, run: Run) -> Stand:
        """Where all its steps stand."""
        return self._ask(run, lambda one: Stand(one.shape.outline, dict(one.statuses), one.seq))

    def _ask(self, run: Run, question: Callable[[_Followed], _T]) -> _T:
        known = self._runs.get(run.id, _Known)
        with known.lock:
            known.followed = self._fresh(run, known.followed)
            return question(known.followed)

    def _fresh(self, run: Run, followed: _Followed | None) -> _Followed:
        """The events come first: no step is older than they say, and what moves meanwhile counts the next time."""
        newest = self.records.latest(run.id)
        seq = newest.seq if newest else 0
        if followed is None or seq - followed.seq > _FEW:
            shape = self._shapes.get(run.plan_hash, lambda: self._shape(run))
            return _Followed(shape, {status.id: status for status in self.records.steps(run.id)}, seq)
        if seq > followed.seq:
            events = self.records.events(run.id, followed.seq, seq - followed.seq)
            moved = {event.step for event in events if event.step}
            followed.move({status.id: status for status in self.records.steps(run.id, moved)}, seq)
        return followed

    def _shape(self, run: Run) -> _Shape:
        head = self.records.plan_head(run.id)
        return _Shape(outline(head, self.records.each_plan_step(run.id)), from_document({**head, "steps": ()}))

    def _whole(self, run: Run) -> Plan:
        head = self.records.plan_head(run.id)
        return from_document({**head, "steps": self.records.each_plan_step(run.id)})
