"""A stretch of time laid out from left to right: what stands below each other on a page happened at the same time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

#: Between two marks, in seconds: lengths that people count in.
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
#: The shortest stretch that is laid out, in seconds.
SHORTEST = 10.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A round time on an axis: where it is, in percent, and how it is written."""

    place: float
    at: datetime
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """From `begin` to `end`; places on it are percents of its length, as SVG takes them whatever the width is."""

    begin: datetime
    end: datetime

    @classmethod
    def over(cls, begin: datetime, end: datetime) -> "Axis":
        """One that is long enough to be drawn."""
        return cls(begin, max(end, begin + timedelta(seconds=SHORTEST)))

    @property
    def length(self) -> timedelta:
        """How much time it is."""
        return self.end - self.begin

    def place(self, at: datetime) -> float:
        """Where a time is; what lies outside is at the nearer end."""
        share = (at - self.begin) / self.length
        return round(100 * min(1.0, max(0.0, share)), 3)

    def shows(self, begin: datetime, end: datetime) -> bool:
        """Whether any of a stretch of time can be seen on it."""
        return begin <= self.end and end >= self.begin

    def marks(self, most: int = 8) -> tuple[Mark, ...]:
        """Round times, at most so many, none of them at its very ends."""
        seconds = self.length.total_seconds()
        apart = next((step for step in _STEPS if seconds / step <= most), 0) or _days(seconds, most)
        first = (int(self.begin.timestamp()) // apart + 1) * apart
        times = range(first, int(self.end.timestamp()) + 1, apart)
        return tuple(self._mark(datetime.fromtimestamp(at, UTC), apart) for at in times)

    def _mark(self, at: datetime, apart: int) -> Mark:
        form = "%H:%M:%S" if apart < 60 else "%H:%M"
        return Mark(
            self.place(at), at, f"{at:%d %b}" if (at.hour, at.minute, at.second) == (0, 0, 0) else f"{at:{form}}"
        )


def _days(seconds: float, most: int) -> int:
    return 86400 * (int(seconds / 86400 / most) + 1)
