"""Numbers about runs as Prometheus has them: base units, no ids of runs, labels that are bounded."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from stairlift.knowledge.binaries import binary
from stairlift.model.likeness import parts_of
from stairlift.model.run import FINAL_RUN_STATES, SETTLED, EndedAttempt, Run, RunState, StepState
from stairlift.report.probing import Bins, Probed

Kind = Literal["gauge", "counter", "histogram", "info"]
#: Upper bounds of the lengths of attempts, in seconds.
LENGTHS = (1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0)
#: So long after the last word of a meter nobody knows whether an API is up, in seconds.
_STALE = 90.0
_MANY = "several"


@dataclass(frozen=True, slots=True)
class Sample:
    """A value under labels, in the order in which the family names them; of a histogram `bins` in its place."""

    labels: tuple[str, ...]
    value: float = 0.0
    bins: Bins | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """A metric. Counters are named without `_total`, as the library adds it."""

    name: str
    kind: Kind
    about: str
    labels: tuple[str, ...]
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class RunNumbers:
    """What is counted of the newest run of a cloud. `left` is how long it may still take, where that is known.

    `asking` is how many approvals it waits for. `trouble`: whether somebody should carry it on and cannot.
    """

    run: Run
    counts: Mapping[StepState, int]
    latest: datetime
    asking: int = 0
    left: timedelta | None = None
    trouble: bool = False
    apis: Mapping[str, Probed] = field(default_factory=dict)


#: Of attempts: strategy, service, outcome.
AttemptKey = tuple[str, str, str]


def attempt_key(attempt: EndedAttempt) -> AttemptKey:
    """Under which labels an attempt counts. A step of several services is of their project, or of several."""
    _, services, strategy = parts_of(attempt.sort)
    outcome = f"undo-{attempt.result}" if attempt.undo else attempt.result
    return strategy, service_label(services), outcome


def service_label(services: Sequence[str]) -> str:
    """A word for these services, of which there are few however many steps there are."""
    if len(services) == 1:
        return services[0]
    projects = {known.project if (known := binary(name)) else name for name in services}
    return projects.pop() if len(projects) == 1 else _MANY if projects else ""


def binned(attempts: Iterable[EndedAttempt]) -> dict[AttemptKey, Bins]:
    """Attempts by their labels."""
    found: dict[AttemptKey, Bins] = {}
    for attempt in attempts:
        found.setdefault(attempt_key(attempt), Bins(LENGTHS)).add(attempt.length.total_seconds())
    return found


def together(parts: Iterable[Mapping[AttemptKey, Bins]]) -> dict[AttemptKey, Bins]:
    """Those of several runs as one."""
    found: dict[AttemptKey, Bins] = {}
    for part in parts:
        for key, bins in part.items():
            found[key] = _sum(found[key], bins) if key in found else bins
    return found


def _sum(one: Bins, other: Bins) -> Bins:
    within = [a + b for a, b in zip(one.within, other.within, strict=True)]
    return Bins(one.bounds, within, one.number + other.number, one.seconds + other.seconds)


def families(
    version: str,
    runs: Sequence[RunNumbers],
    attempts: Mapping[AttemptKey, Bins],
    notices: Mapping[tuple[str, str], int],
    now: datetime,
) -> tuple[Family, ...]:
    """All of them, also those without a sample."""
    about = Family("stairlift_build", "info", "The program that answers.", ("version",), (Sample((version,), 1),))
    return (about, *_of_runs(runs, now), *_of_attempts(attempts), *_of_apis(runs, now), _of_notices(notices))


def _of_runs(runs: Sequence[RunNumbers], now: datetime) -> Iterable[Family]:
    yield _per_cloud(
        "stairlift_run_state",
        "Whether the newest run of a cloud is in this state.",
        [((str(state),), one, float(one.run.state is state)) for one in runs for state in RunState],
        "state",
    )
    yield _per_cloud(
        "stairlift_run_steps",
        "Steps of the newest run of a cloud, by state.",
        [((str(state),), one, one.counts.get(state, 0)) for one in runs for state in StepState],
        "state",
    )
    yield _per_cloud(
        "stairlift_run_progress_ratio", "How much of it is settled.", [((), o, _progress(o)) for o in runs]
    )
    yield _per_cloud(
        "stairlift_run_eta_timestamp_seconds",
        "When it may end, by what the like took; absent where nobody knows.",
        [((), one, (now + one.left).timestamp()) for one in runs if one.left is not None],
    )
    yield _per_cloud(
        "stairlift_run_last_event_timestamp_seconds",
        "When its newest event happened.",
        [((), one, one.latest.timestamp()) for one in runs],
    )
    yield _per_cloud(
        "stairlift_run_awaiting_approval", "Approvals that it waits for.", [((), one, one.asking) for one in runs]
    )
    yield _per_cloud(
        "stairlift_run_trouble",
        "Whether this server should carry it on, and cannot.",
        [((), one, float(one.trouble)) for one in runs],
    )


def _per_cloud(
    name: str, about: str, rows: Iterable[tuple[tuple[str, ...], RunNumbers, float]], *labels: str
) -> Family:
    samples = tuple(Sample((one.run.cloud, *given), value) for given, one, value in rows)
    return Family(name, "gauge", about, ("cloud", *labels), samples)


def _progress(one: RunNumbers) -> float:
    total = sum(one.counts.values())
    return (
        sum(one.counts.get(state, 0) for state in SETTLED) / total
        if total
        else float(one.run.state in FINAL_RUN_STATES)
    )


def _of_attempts(attempts: Mapping[AttemptKey, Bins]) -> Iterable[Family]:
    labels = ("strategy", "service", "outcome")
    rows = sorted(attempts.items())
    about = "How long attempts at steps took, of all runs in the journal."
    yield Family("stairlift_step_duration_seconds", "histogram", about, labels, _samples(rows))
    number = [Sample(key, bins.number) for key, bins in rows]
    yield Family("stairlift_step_attempts", "counter", "Attempts that have ended.", labels, tuple(number))


def _samples(rows: Iterable[tuple[AttemptKey, Bins]]) -> tuple[Sample, ...]:
    return tuple(Sample(key, bins=bins) for key, bins in rows)


def _of_apis(runs: Sequence[RunNumbers], now: datetime) -> Iterable[Family]:
    labels = ("cloud", "service")
    known = [((one.run.cloud, api), found) for one in runs for api, found in sorted(one.apis.items())]
    fresh = [(key, found) for key, found in known if found.up is not None and now.timestamp() - found.at <= _STALE]
    about = "Whether an API answered when it was asked last; absent where nobody has for a while."
    yield Family("stairlift_probe_up", "gauge", about, labels, tuple(Sample(k, float(bool(f.up))) for k, f in fresh))
    about = "How long right answers took, of the newest run."
    took = tuple(Sample(key, bins=found.took) for key, found in known)
    yield Family("stairlift_probe_duration_seconds", "histogram", about, labels, took)
    about = "From the first failed request to the last of each outage, of the newest run."
    lost = tuple(Sample(key, found.unavailable) for key, found in known)
    yield Family("stairlift_probe_unavailable_seconds", "counter", about, labels, lost)


def _of_notices(notices: Mapping[tuple[str, str], int]) -> Family:
    about = "Notices that were sent, or given up."
    samples = tuple(Sample(key, number) for key, number in sorted(notices.items()))
    return Family("stairlift_notifications", "counter", about, ("channel", "outcome"), samples)
