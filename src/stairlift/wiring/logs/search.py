"""A text looked for in the logs of a run, also while they are written: for a while, then on from where it stopped."""

import time
from dataclasses import dataclass, field

from stairlift.model.run import Attempt, Run
from stairlift.report.printable import printable
from stairlift.wiring.logs.files import LogLine, lines_of, log_piece
from stairlift.wiring.logs.places import Cursor, Place, attempt_at
from stairlift.wiring.logs.windows import Course, Wanted, in_turn
from stairlift.wiring.office import Office

#: For so many seconds it is looked for, until so many lines are found, each with so many before and behind it.
SECONDS, HITS, CONTEXT = 1.0, 100, 2
_AT_ONCE = 2**20
_ESCAPE = b"\x1b"


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that has the text, and those around it."""

    line: LogLine
    before: tuple[LogLine, ...]
    behind: tuple[LogLine, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found. `rest` is where to go on: now where there is `more`, else when more has been printed.

    `size` is how many bytes were looked through.
    """

    hits: tuple[Hit, ...]
    attempts: tuple[Attempt, ...]
    rest: Cursor
    more: bool
    size: int


def search(office: Office, run: Run, text: str, *, cursor: Cursor, wanted: Wanted, seconds: float = SECONDS) -> Found:
    """Lines that have the text, in whatever case. Raises UsageError (page.unknown_marker, run.unknown_step)."""
    course, looking = Course.of(office, run, wanted), _Looking(office, text, time.monotonic() + seconds)
    printing = [
        place for one in cursor.behind if (place := _goes_on(looking, attempt_at(one, office.store), one.offset))
    ]
    last, looked = cursor.place, False
    for attempt, offset in in_turn(cursor, course):
        if looking.over and looked:  # some of it is looked through in any case
            return looking.found(Cursor(Place(attempt.id, offset), tuple(printing)), more=True)
        last, looked = Place(attempt.id, looking.look(attempt, offset)), True
        if looking.over and looking.left(attempt, last.offset):
            return looking.found(Cursor(last, tuple(printing)), more=True)
        printing += [last] if attempt.result is None else []
    behind = tuple(place for place in printing if place != last)
    more = looking.over and any(looking.left(attempt_at(place, office.store), place.offset) for place in behind)
    return looking.found(Cursor(last, behind), more=more)


def _goes_on(looking: "_Looking", attempt: Attempt, offset: int) -> Place | None:
    """Where an attempt that was printing is looked at from the next time; None where nothing more comes."""
    end = looking.look(attempt, offset)
    return None if attempt.result is not None and not looking.left(attempt, end) else Place(attempt.id, end)


@dataclass
class _Looking:
    """Looks until its time is over, or there are enough."""

    office: Office
    text: str
    until: float
    hits: list[Hit] = field(default_factory=list)
    attempts: dict[object, Attempt] = field(default_factory=dict)
    size: int = 0

    @property
    def over(self) -> bool:
        return len(self.hits) >= HITS or time.monotonic() > self.until

    def look(self, attempt: Attempt, offset: int) -> int:
        """Go through a log from an offset on; where it ended. At least one piece is looked at."""
        while data := log_piece(self.office, attempt, offset, _AT_ONCE).data:
            self.size += len(data)
            end = self._through(attempt, offset, data) if self._may_have(data) else offset + len(data)
            offset = end
            if self.over:
                break
        return offset

    def _may_have(self, data: bytes) -> bool:
        """Whether it is worth going through the lines: colours may stand in the middle of a word."""
        if not self.text.isascii() or _ESCAPE in data:
            return True
        return self.text.lower().encode() in data.lower()

    def _through(self, attempt: Attempt, offset: int, data: bytes) -> int:
        lines = list(lines_of(attempt.id, offset, data))
        wanted = self.text.casefold()
        for place, line in enumerate(lines):
            if wanted in printable(line.text).casefold():
                self.attempts[attempt.id] = attempt
                before = lines[max(0, place - CONTEXT) : place]
                self.hits.append(Hit(line, tuple(before), tuple(lines[place + 1 : place + 1 + CONTEXT])))
                if len(self.hits) >= HITS:
                    return line.end
        return offset + len(data)

    def left(self, attempt: Attempt, offset: int) -> bool:
        """Whether there is more of it by now."""
        return bool(log_piece(self.office, attempt, offset).data)

    def found(self, rest: Cursor, *, more: bool) -> Found:
        return Found(tuple(self.hits), tuple(self.attempts.values()), rest, more, self.size)
