"""What users felt during a run, in numbers: per API, per backend, per step."""

from collections.abc import Mapping
from dataclasses import dataclass

from stairlift.model.availability import Failure, Outage, State

#: The shares that latency is told by.
SHARES = (0.50, 0.95, 0.99)
NO_STEP = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of the requests to one API, or to one backend. Latency by the shares of SHARES, in milliseconds.

    `charged` is False where it failed, or never answered, before anything was changed. `no_data` is in seconds.
    """

    name: str
    api: str
    via: str
    numbers: Mapping[State, int]
    outages: tuple[Outage, ...]
    before: Mapping[float, float | None]
    latency: Mapping[float, float | None]
    no_data: float
    charged: bool

    @property
    def requests(self) -> int:
        """How many were sent since the baseline."""
        return sum(self.numbers.values())

    @property
    def failed(self) -> int:
        """How many of them failed."""
        return self.numbers.get("failed", 0)

    @property
    def downtime(self) -> float:
        """Seconds from the first error to the last, of all outages."""
        return sum(outage.downtime for outage in self.outages)

    @property
    def mttr(self) -> float | None:
        """The mean time to recover: from the first error to the next right answer, over outages that are over."""
        took = [outage.recovered - outage.first for outage in self.outages if outage.recovered is not None]
        return sum(took) / len(took) if took else None

    def degradation(self, share: float) -> tuple[float | None, float | None]:
        """How much slower it was than before: in milliseconds, and as a ratio."""
        before, since = self.before.get(share), self.latency.get(share)
        return (since - before, since / before) if before and since is not None else (None, None)


@dataclass(frozen=True, slots=True)
class StepFigures:
    """What users felt while a step was in flight; NO_STEP is when none was. Steps side by side share what they cost."""

    step: str
    requests: int
    failed: Mapping[str, int]
    slowest: float | None


@dataclass(frozen=True, slots=True)
class Availability:
    """All of it. `begin` and `end` are of the whole measurement, `baseline` of what came before the first change."""

    begin: float
    end: float
    baseline: tuple[float, float] | None
    rate: float
    apis: tuple[Figures, ...]
    backends: tuple[Figures, ...]
    steps: tuple[StepFigures, ...]
    failures: tuple[Failure, ...]
    dropped: int

    @property
    def requests(self) -> int:
        """What users sent since the baseline."""
        return sum(figures.requests for figures in self.apis)

    @property
    def failed(self) -> int:
        """What failed of it."""
        return sum(figures.failed for figures in self.apis)
