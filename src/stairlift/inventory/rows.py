"""Reading JSON rows that somebody else wrote: whatever is wrong with them is one SourceTrouble(MALFORMED)."""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar

from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.model.observation import ServiceRecord, State, Status

Row = Mapping[str, Any]
Record = TypeVar("Record")

_STATUS: Mapping[str, Status] = {"enabled": "enabled", "disabled": "disabled"}
_STATE: Mapping[str, State] = {"up": "up", "down": "down"}


@contextmanager
def sensible(source: str) -> Iterator[None]:
    """Turns what a wrong shape raises into SourceTrouble(MALFORMED)."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
        brief = f"The answer of {source} makes no sense: {type(error).__name__}: {error!s:.120}"
        raise SourceTrouble(Trouble.MALFORMED, brief) from None


def listed(document: Any, key: str) -> list[Row]:
    """The rows under a key. TypeError if there are none to be had, which is not the same as none at all."""
    rows = document[key]
    if not isinstance(rows, list):
        raise TypeError(f"{key!r} is not a list")
    return rows


def paged(pages: Any, key: str) -> Iterator[Row]:
    """The rows of all pages."""
    if not isinstance(pages, list) or not pages:
        raise ValueError("there are no pages")
    return (row for page in pages for row in listed(page, key))


def records(make: Callable[[Row], Record], rows: Iterable[Row]) -> tuple[Record, ...]:
    """What `make` makes of every row.

    The garbage collector rests meanwhile: it would search rows and records, which all live on, again and again, and
    that is a fifth of what it costs to ask and to read a large cloud.
    """
    resting = gc.isenabled()  # by now another thread may have put it to rest, which then wakes it, too
    if resting:
        gc.disable()
    try:
        return tuple(map(make, rows))
    finally:
        if resting:
            gc.enable()


def required(row: Row, key: str) -> str:
    """A text that a row must have."""
    value = row[key]
    if isinstance(value, str) and value:
        return value
    raise ValueError(f"{key!r} is not a name")


def optional(row: Row, key: str) -> str | None:
    """A text that a row may have; "" is none."""
    value = row.get(key)
    return value if isinstance(value, str) and value else None


@lru_cache(maxsize=4096)
def stamp(value: str | None) -> datetime | None:
    """A time as the registries write it: ISO 8601, in UTC where no zone is given.

    Kept, because in a large cloud thousands of rows have their heartbeat in the same second.
    """
    if value is None:
        return None
    time = datetime.fromisoformat(value)
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def state(row: Row) -> State:
    """Up or down; anything else, and nothing at all, is unknown."""
    return _STATE.get(row.get("state", ""), "unknown")


def status(row: Row) -> Status:
    """Enabled or disabled; anything else (UNKNOWN, of an unreachable cell) is unknown."""
    return _STATUS.get(row.get("status", ""), "unknown")


def service(row: Row) -> ServiceRecord:
    """A row of os-services, Nova's or Cinder's."""
    return ServiceRecord(
        binary=required(row, "binary"),
        host=required(row, "host"),
        status=status(row),
        state=state(row),
        updated_at=stamp(row.get("updated_at")),
        zone=optional(row, "zone"),
        forced_down=row.get("forced_down") is True,
        disabled_reason=optional(row, "disabled_reason"),
    )
