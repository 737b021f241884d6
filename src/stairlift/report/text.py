"""Small words that every report uses alike."""

from collections.abc import Sequence
from datetime import datetime, timedelta


def count(number: int, noun: str) -> str:
    """A number with its noun: 1 step, 2 steps."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def span(names: Sequence[str], *, shown: int = 3) -> str:
    """A few names in full, many by their first and last: cmp001 .. cmp480."""
    if len(names) <= shown:
        return ", ".join(names)
    return f"{names[0]} .. {names[-1]}"


def duration(length: timedelta) -> str:
    """A length of time in its two largest units: 45s, 3m 20s, 2h 05m, 1d 04h."""
    seconds = max(0, int(length.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        return f"{days}d {hours % 24:02}h"
    if hours:
        return f"{hours}h {minutes % 60:02}m"
    return f"{minutes}m {seconds % 60:02}s" if minutes else f"{seconds}s"


def stamp(at: datetime | None) -> str | None:
    """A time as JSON carries it: UTC, ISO 8601."""
    return at.isoformat().replace("+00:00", "Z") if at else None


def clock(at: datetime) -> str:
    """A time of day as people read it; all times are UTC and say so."""
    return f"{at:%H:%M:%S}Z"


def day(at: datetime | None) -> str:
    """Day and time as people read them."""
    return f"{at:%Y-%m-%d %H:%M:%S}Z" if at else ""
