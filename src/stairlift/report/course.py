"""How far a run has come, stage by stage and host by host: kept up event by event, since a plan may have many steps."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stairlift.model.run import SETTLED, Event, StepState
from stairlift.report.events import LEAVES
from stairlift.report.signs import Sign, group_sign


@dataclass(frozen=True, slots=True)
class Place:
    """Where a step stands in its plan, and what it is about."""

    hop: str
    stage: str
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Milestone:
    """A stage of a hop, with how many of its steps are in each state."""

    hop: str
    stage: str
    counts: Mapping[StepState, int]

    @property
    def total(self) -> int:
        """How many steps it has."""
        return sum(self.counts.values())

    @property
    def settled(self) -> int:
        """How many are done, or skipped."""
        return sum(self.counts.get(state, 0) for state in SETTLED)

    @property
    def sign(self) -> Sign:
        """How it stands."""
        return group_sign(self.counts)


class Course:
    """The states of all steps of one run, as of event number `seq`; events are heard in their order."""

    def __init__(self, places: Mapping[str, Place], states: Mapping[str, StepState], seq: int) -> None:
        self._places = places
        self._states = dict.fromkeys(places, StepState.PENDING) | dict(states)
        self._counts: dict[tuple[str, str], Counter[StepState]] = {}
        self.seq = seq
        for step, place in places.items():
            self._counts.setdefault((place.hop, place.stage), Counter())[self._states[step]] += 1

    def hear(self, events: Iterable[Event]) -> None:
        """Take events in; those that were heard already change nothing."""
        for event in events:
            if event.seq <= self.seq:
                continue
            self.seq = event.seq
            state = LEAVES.get(event.kind)
            if state is not None and event.step is not None and event.step in self._places:
                self._move(event.step, state)

    def _move(self, step: str, state: StepState) -> None:
        place = self._places[step]
        counts = self._counts[place.hop, place.stage]
        counts[self._states[step]] -= 1
        counts[state] += 1
        self._states[step] = state

    def milestones(self) -> tuple[Milestone, ...]:
        """Every stage of every hop, in the order of the plan."""
        return tuple(Milestone(hop, stage, +counts) for (hop, stage), counts in self._counts.items())

    def hosts(self) -> Mapping[str, Mapping[StepState, int]]:
        """How many steps of each host are in each state, over the whole run."""
        found: dict[str, Counter[StepState]] = {}
        for step, place in self._places.items():
            for host in place.hosts:
                found.setdefault(host, Counter())[self._states[step]] += 1
        return found

    def stages_of(self) -> Mapping[str, str]:
        """The stage in which each host has most to do, which tells its role where nobody else does."""
        found: dict[str, Counter[str]] = {}
        for place in self._places.values():
            for host in place.hosts:
                found.setdefault(host, Counter())[place.stage] += 1
        return {host: stages.most_common(1)[0][0] for host, stages in found.items()}
