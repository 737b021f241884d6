"""What a run is carried out with, and how often its loop looks around."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from stairlift.model.run import Event
from stairlift.ports import (
    Clock,
    Executor,
    FreshnessProbe,
    FrozenGuard,
    Gatekeeper,
    Meter,
    StepGate,
    Store,
    Surroundings,
    UpgradeStrategy,
)

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """Times in seconds.

    `tick`: how often to look for what people told the run. `lease`: how often to say that we live; a lease bears two
    that do not come through. `verify`: how long services have to report after their upgrade; they are asked every
    `probe` for ten times, then ever more seldom, at most `probe_most` apart.
    """

    tick: float = 0.25
    lease: float = 10.0
    verify: float = 180.0
    probe: float = 1.0
    probe_most: float = 5.0

    @classmethod
    def for_lease(cls, ttl: float) -> "Pace":
        """The pace of one whose lease lasts so many seconds."""
        return cls(lease=min(cls().lease, ttl / 3))


@dataclass(frozen=True, slots=True)
class Tools:
    """What the loop reaches the world through. `strategies` are those of the plan's bindings, by the binding's id.

    Without `freshness` nobody asks the registries and a strategy's verdict stands; without `frozen` nobody looks
    whether its files are as the plan recorded them; without `meter` nobody measures what users feel. `gates` are asked
    behind every step, `keeper` before the steps that it watches. `surroundings` are begun before anything is changed.
    `on_event` is told every event once it is on record; it must not block. `actor` is who goes on record as having
    started the run or taken it up.
    """

    store: Store
    executor: Executor
    strategies: Mapping[str, UpgradeStrategy]
    clock: Clock
    freshness: FreshnessProbe | None = None
    on_event: Callable[[Event], None] | None = None
    pace: Pace = field(default_factory=Pace)
    frozen: FrozenGuard | None = None
    actor: str = ""
    meter: Meter | None = None
    gates: Sequence[StepGate] = ()
    keeper: Gatekeeper | None = None
    surroundings: Surroundings | None = None

    def tell(self, events: Sequence[Event]) -> None:
        """Tell who watches. A watcher that breaks (a closed pipe) must not take the run with it."""
        if self.on_event is None:
            return
        for event in events:
            try:
                self.on_event(event)
            except Exception:  # noqa: BLE001
                _LOG.warning("event %d of run %s could not be shown", event.seq, event.run, exc_info=True)
