"""How far a run has come, stage by stage and host by host: kept up event by event, since a plan may have many steps."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stairlift.model.outline import Outlined
from stairlift.model.run import SETTLED, Event, StepState
from stairlift.report.events import LEAVES
from stairlift.report.signs import Sign, group_sign

_Counts = dict[StepState, int]


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

    def __init__(self, steps: Iterable[Outlined], states: Mapping[str, StepState], seq: int) -> None:
        self._steps = {step.id: step for step in steps}
        self._states = dict.fromkeys(self._steps, StepState.PENDING) | dict(states)
        self._counts: dict[tuple[str, str], _Counts] = {}
        self._of_host: dict[str, _Counts] = {}
        self._stages: Mapping[str, str] = {}
        self.seq = seq
        for step in self._steps.values():
            counts = self._counts.setdefault((step.hop, step.stage), {})
            counts[self._states[step.id]] = counts.get(self._states[step.id], 0) + 1

    def hear(self, events: Iterable[Event]) -> None:
        """Take events in; those that were heard already change nothing."""
        for event in events:
            if event.seq > self.seq:
                self.seq = event.seq
                state = LEAVES.get(event.kind)
                if state is not None and event.step is not None:
                    self.move([(event.step, state)])

    def move(self, states: Iterable[tuple[str, StepState]]) -> None:
        """These steps are in these states now."""
        for name, state in states:
            step = self._steps.get(name)
            if step is not None:
                hosts = [self._of_host[host] for host in step.hosts] if self._of_host else ()
                for counts in (self._counts[step.hop, step.stage], *hosts):
                    counts[self._states[name]] -= 1
                    counts[state] = counts.get(state, 0) + 1
                self._states[name] = state

    def milestones(self) -> tuple[Milestone, ...]:
        """Every stage of every hop, in the order of the plan."""
        return tuple(Milestone(hop, stage, _some(counts)) for (hop, stage), counts in self._counts.items())

    def hosts(self) -> Mapping[str, Mapping[StepState, int]]:
        """How many steps of each host are in each state, over the whole run."""
        self._of_host = self._of_host or self._by_host()
        return {host: _some(counts) for host, counts in self._of_host.items()}

    def _by_host(self) -> dict[str, _Counts]:
        found: dict[str, _Counts] = {}
        for name, step in self._steps.items():
            for host in step.hosts:
                counts = found.setdefault(host, {})
                counts[self._states[name]] = counts.get(self._states[name], 0) + 1
        return found

    def stages_of(self) -> Mapping[str, str]:
        """The stage in which each host has most to do, which tells its role where nobody else does."""
        self._stages = self._stages or self._by_work()
        return self._stages

    def _by_work(self) -> dict[str, str]:
        found: dict[str, Counter[str]] = {}
        for step in self._steps.values():
            for host in step.hosts:
                found.setdefault(host, Counter())[step.stage] += 1
        return {host: stages.most_common(1)[0][0] for host, stages in found.items()}


def _some(counts: _Counts) -> _Counts:
    """Without the states that no step is in any more."""
    return {state: number for state, number in counts.items() if number}
