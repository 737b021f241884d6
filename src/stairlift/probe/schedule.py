"""When each target is asked: at fixed times, whatever became of the requests before."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from stairlift.probe.ways import Way

#: Seconds from one request to a backend to its next one.
BACKEND_EVERY = 2.0


def interleaved(ways: Sequence[Way]) -> tuple[Way, ...]:
    """One round, in which each comes as often as it weighs, as evenly spread as it goes."""
    places = [((turn + 0.5) / way.weight, number) for number, way in enumerate(ways) for turn in range(way.weight)]
    return tuple(ways[number] for _, number in sorted(places))


@dataclass
class Beat:
    """A round that is gone through again and again, with `period` seconds from one to the next. `due` is the next."""

    round: Sequence[Way]
    period: float
    due: float
    _at: int = field(default=0, init=False)

    def take(self) -> Way:
        """Whose turn it is; the next is due a period later."""
        way = self.round[self._at]
        self._at = (self._at + 1) % len(self.round)
        self.due += self.period
        return way


def beats(ways: Sequence[Way], rate: float, start: float) -> tuple[Beat, ...]:
    """What users feel at `rate` requests a second, and the backends beside it, each in its own time."""
    felt = interleaved([way for way in ways if way.target.felt])
    behind = tuple(way for way in ways if not way.target.felt)
    found = [Beat(felt, 1 / rate, start)] if felt else []
    period = max(BACKEND_EVERY / len(behind), 1 / rate) if behind else 0.0
    return (*found, Beat(behind, period, start + period / 2)) if behind else tuple(found)
