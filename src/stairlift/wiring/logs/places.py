"""Places in the logs of a run, as they stand in addresses of pages: an attempt and a byte of what it printed."""

from dataclasses import dataclass

from stairlift.model.run import Attempt, AttemptId, Run
from stairlift.ports import Records
from stairlift.store.refusals import unknown_marker

_BETWEEN = "~"
#: More attempts than this do not print side by side; a text with more was made up.
_MOST = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Before a byte of an attempt's log. As text: OFFSET.NUMBER.STEP."""

    attempt: AttemptId
    offset: int

    def __str__(self) -> str:
        return f"{self.offset}.{self.attempt.number}.{self.attempt.step}"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of lines begins: at `place`, None for the very beginning.

    `behind` are places in attempts that come before it and were still printing when they were read: what they printed
    since comes first, so that nobody who goes on page by page misses a line.
    """

    place: Place | None = None
    behind: tuple[Place, ...] = ()

    def __str__(self) -> str:
        return _BETWEEN.join(map(str, (*self.behind, *([self.place] if self.place else []))))


def read_place(text: str, run: Run) -> Place:
    """UsageError (page.unknown_marker) for what is no place."""
    offset, _, rest = text.partition(".")
    number, _, step = rest.partition(".")
    if not (_whole(offset) and _whole(number) and step):
        raise unknown_marker(text)
    return Place(AttemptId(run.id, step, int(number)), int(offset))


def read_cursor(text: str, run: Run) -> Cursor:
    """UsageError (page.unknown_marker) for what is none."""
    if not text:
        return Cursor()
    places = [read_place(one, run) for one in _split(text)]
    return Cursor(places[-1], tuple(places[:-1]))


def _split(text: str) -> list[str]:
    found = text.split(_BETWEEN)
    if len(found) > _MOST:
        raise unknown_marker(text)
    return found


def _whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def attempt_at(place: Place, records: Records) -> Attempt:
    """The record of a place's attempt. UsageError (page.unknown_marker) where there is none."""
    return recorded(place.attempt, records)


def recorded(attempt: AttemptId, records: Records) -> Attempt:
    """UsageError (page.unknown_marker) where there is no such attempt: then somebody has made its name up."""
    found = next((one for one in records.attempts(attempt.run, attempt.step) if one.id == attempt), None)
    if found is None:
        raise unknown_marker(f"{attempt.step}/{attempt.number}")
    return found
