"""What users felt, by the steps that were in flight meanwhile."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from stairlift.model.availability import Bucket, Failure, Tally, Target, Window, added, in_flight, quantile
from stairlift.model.run import IN_FLIGHT, Attempt, StepStatus
from stairlift.report.figures import NO_STEP, SHARES, StepFigures


def windows(attempts: Iterable[Attempt], statuses: Iterable[StepStatus], now: datetime) -> tuple[Window, ...]:
    """When each step was in flight: its attempts, the last of them until its services had reported."""
    by_id = {status.id: status for status in statuses}
    found = []
    for attempt in attempts:
        end, status = attempt.ended_at or now, by_id.get(attempt.id.step)
        if status is not None and status.attempt == attempt.id.number:
            end = now if status.state in IN_FLIGHT else max(end, status.ended_at or end)
        found.append(Window(attempt.id.step, attempt.started_at.timestamp(), end.timestamp()))
    return tuple(found)


class ByStep:
    """What is charged to each step, bucket by bucket as time goes on. Steps side by side share all of it."""

    def __init__(self, flights: Sequence[Window]) -> None:
        self._flights = flights
        self._sweep = _Flights(flights)
        self._steps: dict[str, tuple[int, dict[int, int]]] = {}

    def hear(self, bucket: Bucket, felt: Sequence[Tally]) -> None:
        """Take in what users felt of a bucket."""
        requests = sum(sum(tally.ok.values()) + sum(tally.others.values()) for tally in felt)
        for step in self._sweep.during(bucket.at, bucket.end):
            before, slow = self._steps.get(step, (0, {}))
            for tally in felt:
                slow = added(slow, tally.ok)
            self._steps[step] = before + requests, slow

    def figures(self, failures: Iterable[Failure], targets: Mapping[str, Target]) -> Iterator[StepFigures]:
        """Each step's, in the order in which they began; NO_STEP comes last."""
        failed = self._failed(failures, targets)
        order = [*dict.fromkeys(window.step for window in sorted(self._flights, key=lambda w: w.begin)), NO_STEP]
        for step in (one for one in order if one in self._steps or one in failed):
            requests, slow = self._steps.get(step, (0, {}))
            yield StepFigures(step, requests, failed.get(step, {}), quantile(slow, SHARES[-1]))

    def _failed(self, failures: Iterable[Failure], targets: Mapping[str, Target]) -> dict[str, dict[str, int]]:
        """How much of which API failed during each step."""
        failed: dict[str, dict[str, int]] = {}
        sweep = _Flights(self._flights)
        for failure in sorted(failures, key=lambda one: one.at):
            target = targets[failure.target]
            if target.felt:
                for step in sweep.during(failure.at, failure.end):
                    by_api = failed.setdefault(step, {})
                    by_api[target.api] = by_api.get(target.api, 0) + 1
        return failed


class _Flights:
    """The steps in flight at times that never go back."""

    def __init__(self, flights: Iterable[Window]) -> None:
        self._coming = sorted(flights, key=lambda window: window.begin, reverse=True)
        self._active: list[Window] = []

    def during(self, begin: float, end: float) -> tuple[str, ...]:
        """Those in flight at any time between these two; `begin` is never less than before."""
        while self._coming and self._coming[-1].begin <= end:
            self._active.append(self._coming.pop())
        self._active = [window for window in self._active if window.end >= begin]
        return in_flight(self._active, begin, end) or (NO_STEP,)
