"""The logs of a run one after the other, in the order in which their attempts began, and a window that goes over them.

A window begins and ends at bytes: what is earlier ends where it begins, what is later begins where it ends. None is
ever read whole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from stairlift.model.run import Attempt, Run
from stairlift.ports import Records
from stairlift.wiring.logs.cursor import OVER, LogCursor
from stairlift.wiring.logs.files import LogLine, end_of_lines, lines_of, log_piece, open_log
from stairlift.wiring.logs.pages import Asked, attempts_asked, flying
from stairlift.wiring.logs.places import Cursor, Place, attempt_at
from stairlift.wiring.office import Office

#: So many lines a window has, and so many bytes are read for it at most.
LINES, BYTES = 1000, 2**21
_AT_ONCE = 2**18
_ATTEMPTS_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of which attempts: of a step, one of its attempts, of a host's steps, or only those that failed."""

    step: str = ""
    attempt: int = 0
    host: str = ""
    failed: bool = False

    @property
    def some(self) -> bool:
        """Whether they are few enough to be named one by one."""
        return bool(self.step or self.host or self.failed)

    @property
    def asked(self) -> Asked:
        """The same, as cursors that are followed know it."""
        return Asked(self.step, self.host, self.failed)


@dataclass(frozen=True, slots=True)
class Window:
    """Some lines. `here` brings the same page again, `earlier` and `later` are None at the ends of all there is.

    `follow` is the cursor of what is printed from now on, where the window reaches up to now.
    """

    lines: tuple[LogLine, ...]
    attempts: tuple[Attempt, ...]
    here: Cursor
    earlier: Place | None = None
    later: Cursor | None = None
    follow: str = ""


@dataclass(frozen=True, slots=True)
class Course:
    """The attempts of a run that are wanted, one behind the other. `named` are all, where they are few."""

    records: Records
    run: Run
    named: Sequence[Attempt] | None

    @classmethod
    def of(cls, office: Office, run: Run, wanted: Wanted) -> "Course":
        """UsageError (run.unknown_step) for a step that the plan does not have."""
        return cls(office.store, run, _named(office.store, run, wanted) if wanted.some else None)

    def behind(self, attempt: Attempt | None) -> Iterator[Attempt]:
        """Those that began later, or all."""
        if self.named is None:
            yield from self._read(attempt, newest_first=False)
        else:
            yield from self.named[_place_of(attempt, self.named) + 1 :]

    def before(self, attempt: Attempt | None) -> Iterator[Attempt]:
        """Those that began earlier, the nearest first, or all from the last."""
        if self.named is None:
            yield from self._read(attempt, newest_first=True)
        else:
            yield from reversed(self.named if attempt is None else self.named[: max(0, _place_of(attempt, self.named))])

    def _read(self, attempt: Attempt | None, *, newest_first: bool) -> Iterator[Attempt]:
        last = attempt.id if attempt else None
        while found := self.records.attempts(
            self.run.id, behind=last, newest_first=newest_first, most=_ATTEMPTS_AT_ONCE
        ):
            yield from found
            last = found[-1].id


def _named(records: Records, run: Run, wanted: Wanted) -> Sequence[Attempt]:
    found = attempts_asked(records, run, wanted.asked)
    return [attempt for attempt in found if wanted.attempt in (0, attempt.id.number)]


def _place_of(attempt: Attempt | None, among: Sequence[Attempt]) -> int:
    return next((place for place, one in enumerate(among) if attempt and one.id == attempt.id), -1)


# Forward


@dataclass
class _Taken:
    """Lines that were taken so far, and how many bytes were read for them."""

    office: Office
    most: int
    lines: list[LogLine] = field(default_factory=list)
    attempts: dict[object, Attempt] = field(default_factory=dict)
    bytes: int = 0

    @property
    def full(self) -> bool:
        return len(self.lines) >= self.most or self.bytes >= BYTES

    def read(self, attempt: Attempt, offset: int) -> int:
        """Take what is behind an offset, as much as there is room for; where it ended."""
        self.attempts[attempt.id] = attempt
        while not self.full:
            piece = log_piece(self.office, attempt, offset, _AT_ONCE)
            if not piece.data:
                break
            for line in lines_of(attempt.id, offset, piece.data):
                if self.full:
                    return offset
                self.lines.append(line)
                self.bytes += line.end - line.offset
                offset = line.end
        return offset


def window(office: Office, run: Run, cursor: Cursor, wanted: Wanted, *, most: int = LINES) -> Window:
    """The lines from a cursor on. Raises UsageError (page.unknown_marker, run.unknown_step)."""
    course, taken = Course.of(office, run, wanted), _Taken(office, most)
    printing = [place for one in cursor.behind if (place := _goes_on(taken, attempt_at(one, office.store), one.offset))]
    last = cursor.place
    for attempt, offset in in_turn(cursor, course):
        if taken.full:
            return _cut(taken, course, cursor, Cursor(Place(attempt.id, offset), tuple(printing)))
        last = Place(attempt.id, taken.read(attempt, offset))
        if taken.full and not _whole(office, attempt, last.offset):
            return _cut(taken, course, cursor, Cursor(last, tuple(printing)))
        printing += [last] if attempt.result is None else []
    left = [place for place in printing if place != last and taken.full and _unread(office, place)]
    return _cut(taken, course, cursor, Cursor(last, tuple(left)) if left else None)


def in_turn(cursor: Cursor, course: Course) -> Iterator[tuple[Attempt, int]]:
    """Every attempt from a cursor's place on, with the byte where it begins."""
    first = attempt_at(cursor.place, course.records) if cursor.place else None
    if first and cursor.place:
        yield first, cursor.place.offset
    yield from ((attempt, 0) for attempt in course.behind(first))


def _goes_on(taken: _Taken, attempt: Attempt, offset: int) -> Place | None:
    """Where an attempt that was printing is read from the next time; None where nothing more comes."""
    end = taken.read(attempt, offset)
    return None if attempt.result is not None and _whole(taken.office, attempt, end) else Place(attempt.id, end)


def _unread(office: Office, place: Place) -> bool:
    return not _whole(office, attempt_at(place, office.store), place.offset)


def _whole(office: Office, attempt: Attempt, offset: int) -> bool:
    return not log_piece(office, attempt, offset, _AT_ONCE).data


def _cut(taken: _Taken, course: Course, here: Cursor, later: Cursor | None) -> Window:
    begin = here.place or (Place(taken.lines[0].attempt, taken.lines[0].offset) if taken.lines else None)
    earlier = begin if begin and _anything_before(begin, course) else None
    return Window(tuple(taken.lines), tuple(taken.attempts.values()), here, earlier, later)


def _anything_before(place: Place, course: Course) -> bool:
    return place.offset > 0 or next(course.before(attempt_at(place, course.records)), None) is not None


# Backward


def window_before(office: Office, run: Run, end: Place | None, wanted: Wanted, *, most: int = LINES) -> Window:
    """The lines before a place; without one the last there are, which can be followed. Raises as `window`."""
    newest = office.store.latest(run.id)  # before the attempts: none begins unseen
    course = Course.of(office, run, wanted)
    first = attempt_at(end, office.store) if end else None
    found: list[LogLine] = []
    seen: list[Attempt] = []
    ends: dict[object, int] = {}
    for attempt in chain([first] if first else [], course.before(first)):
        stop = end.offset if end and attempt is first else end_of_lines(office, attempt)[1]
        ends[attempt.id] = stop
        seen.insert(0, attempt)
        mine = _last(office, attempt, stop, most - len(found))
        found = [*mine, *found]
        if len(found) >= most or (mine and mine[0].offset > 0):
            break
    begin = Place(found[0].attempt, found[0].offset) if found else None
    earlier = begin if begin and _anything_before(begin, course) else None
    follow = "" if end else str(_follow(course, office, (newest.seq if newest else 0, ends), wanted))
    return Window(tuple(found), tuple(seen), Cursor(begin), earlier, Cursor(end) if end else None, follow)


def _last(office: Office, attempt: Attempt, end: int, most: int) -> list[LogLine]:
    """The last lines before a byte, from as many bytes as a window may have."""
    found: list[LogLine] = []
    begin = end
    while begin > 0 and len(found) < most and end - begin < BYTES:
        first = max(0, begin - _AT_ONCE)
        lines = list(lines_of(attempt.id, first, _bytes(office, attempt, first, begin)))
        whole = lines[1:] if first and len(lines) > 1 else lines
        if not whole:
            break
        found = [*whole, *found]
        begin = whole[0].offset
    return found[max(0, len(found) - most) :]


def _bytes(office: Office, attempt: Attempt, begin: int, end: int) -> bytes:
    """What lies between two bytes, whether lines end there or not."""
    with open_log(office, attempt) as file:
        if file is None:
            return b""
        file.seek(begin)
        return file.read(end - begin)


def _follow(course: Course, office: Office, known: tuple[int, dict[object, int]], wanted: Wanted) -> LogCursor:
    """What is followed: attempts that print go on where they were read up to, the others are over."""
    seq, ends = known
    offsets = {
        attempt.id: OVER if attempt.result else ends.get(attempt.id, end_of_lines(office, attempt)[1])
        for attempt in (flying(course.records, course.run) if course.named is None else course.named)
    }
    return LogCursor(str(wanted.asked), seq, offsets)
