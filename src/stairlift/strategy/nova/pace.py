"""How often a drain looks, and how patient it is."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from stairlift.knowledge.draining import draining


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds, as `knowledge/draining.yaml` has them, and a clock that nobody sets."""

    look: float
    stalled_after: float
    no_room_for: float
    silent_for: float
    recorded_within: float
    settled_within: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def known(cls) -> "Pace":
        """The usual one."""
        timing = draining().timing
        return cls(**{name: float(seconds) for name, seconds in timing.items()})  # type: ignore[arg-type]
