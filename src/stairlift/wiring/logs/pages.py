"""The logs of a whole run, as pages of lines that go on where the last one ended: nothing twice, nothing left out.

Attempts come in the order in which they began, each with its lines in theirs; those that print at the same time take
turns. Which attempts there are is told by the run's events, whose numbers have no gaps: no page depends on a clock.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from stairlift.model.run import IN_FLIGHT, Attempt, AttemptId, AttemptResult, Run
from stairlift.ports import Records
from stairlift.wiring.hindrances import unknown_step
from stairlift.wiring.logs.cursor import OVER, LogCursor, read_cursor
from stairlift.wiring.logs.files import LogLine, end_of_lines, lines_of, log_piece
from stairlift.wiring.logs.places import recorded
from stairlift.wiring.office import Office

#: So many lines a page has at most, and where nobody says how many.
MOST_LINES, LINES = 10_000, 1000
#: A page reads no more than so many bytes and events, however few lines it finds that were searched for.
_BYTES, _EVENTS = 2**24, 20_000
_BYTES_AT_ONCE, _EVENTS_AT_ONCE = 2**18, 500
#: Of the newest attempts so many are looked at for the end of the log.
_LAST = 100
#: With these an attempt begins.
_BEGINNINGS = frozenset({"step.started", "step.undoing"})
_FAILED: tuple[AttemptResult, ...] = ("failed", "unknown")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which lines are wanted: those of a step, of the steps of a host, of attempts that failed, with a text in them.

    The text is found in whatever case it is written.
    """

    step: str = ""
    host: str = ""
    failed: bool = False
    search: str = ""

    def __str__(self) -> str:
        return repr((self.step, self.host, self.failed, self.search))

    @property
    def some(self) -> bool:
        """Whether only some attempts are meant, which are few enough to be named one by one."""
        return bool(self.step or self.host or self.failed)

    def wants(self, line: LogLine) -> bool:
        """Whether a line has the text that is searched for."""
        return not self.search or self.search.casefold() in line.text.casefold()


@dataclass(frozen=True, slots=True)
class LogPage:
    """Lines, the cursor of what comes behind them, and whether there is more of that already."""

    lines: tuple[LogLine, ...]
    cursor: str
    more: bool


def log_page(office: Office, run: Run, cursor: str = "", asked: Asked = Asked(), most: int = LINES) -> LogPage:
    """The lines behind a cursor; from the beginning without one.

    Raises UsageError (run.unknown_step) for a step that is not in the plan, (page.unknown_marker) for a cursor of
    another question.
    """
    place = read_cursor(cursor, run.id, str(asked))
    page = _Page(office, asked, min(most, MOST_LINES))
    after = _some(page, place, run) if asked.some else _all(page, place, run)
    return LogPage(tuple(page.lines), str(after), page.more)


def last_lines(office: Office, run: Run, asked: Asked = Asked(), most: int = LINES) -> LogPage:
    """The last lines that there are, and the cursor of what comes behind them. Raises as `log_page`."""
    newest = office.store.latest(run.id)  # before the attempts, so that none begins unseen
    known = attempts_asked(office.store, run, asked) if asked.some else _newest(office.store, run)
    lines: list[LogLine] = []
    offsets: dict[AttemptId, int] = {}
    for attempt in reversed(known):
        begin, end = end_of_lines(office, attempt)
        offsets[attempt.id] = OVER if attempt.result else end
        if len(lines) < most:
            piece = log_piece(office, attempt, begin, end - begin).data[: end - begin]
            found = lines_of(attempt.id, begin, piece)
            lines[:0] = [line for line in found if asked.wants(line)]
    return LogPage(tuple(lines[-most:]), str(LogCursor(str(asked), newest.seq if newest else 0, offsets)), more=False)


# Which attempts


def attempts_asked(records: Records, run: Run, asked: Asked) -> Sequence[Attempt]:
    """Those of a step, of a host's steps, or that failed, in the order in which they began.

    Raises UsageError (run.unknown_step).
    """
    if asked.step and not records.plan_steps(run.id, [asked.step]):
        raise unknown_step(run, asked.step)
    results = _FAILED if asked.failed else ()
    if not asked.host:
        return records.attempts(run.id, asked.step or None, results=results)
    rows = records.step_page(run.id, host=asked.host, most=2**31)
    steps = [status.id for status, _ in rows if status.attempt and asked.step in ("", status.id)]
    return [attempt for attempt in records.attempts_of(run.id, steps) if not results or attempt.result in results]


def flying(records: Records, run: Run) -> Sequence[Attempt]:
    """The newest attempt of each step that is under way."""
    steps = [status.id for status in records.steps(run.id, states=IN_FLIGHT)]
    return tuple({attempt.id.step: attempt for attempt in records.attempts_of(run.id, steps)}.values())


def _newest(records: Records, run: Run) -> Sequence[Attempt]:
    """The last attempts, and all that are under way, in the order in which they began."""
    found = (*flying(records, run), *records.attempts(run.id, newest_first=True, most=_LAST))
    return sorted({a.id: a for a in found}.values(), key=lambda a: (a.started_at, a.id.step, a.id.number))


def _begun(records: Records, run: Run, place: LogCursor) -> Iterator[tuple[int, Attempt | None]]:
    """Events behind a place by number, each with the attempt that began with it and is not known there yet."""
    after, left = place.seq, _EVENTS
    while left > 0 and (events := records.events(run.id, after, _EVENTS_AT_ONCE)):
        for event in events:
            name = AttemptId(run.id, event.step or "", event.attempt or 0)
            begins = event.kind in _BEGINNINGS and name not in place.offsets
            yield event.seq, recorded(name, records) if begins else None
        after, left = events[-1].seq, left - len(events)


# A page


@dataclass
class _Page:
    """Takes lines until there are enough. `share` is how many attempts are to come to words."""

    office: Office
    asked: Asked
    most: int
    share: int = 1
    bytes: int = 0
    more: bool = False
    lines: list[LogLine] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether it takes no more."""
        return len(self.lines) >= self.most or self.bytes >= _BYTES

    def read(self, attempt: Attempt, offset: int) -> int:
        """Take what is behind an offset; where to go on, OVER where nothing more comes.

        Who still prints leaves room for the others that do.
        """
        until = self.most if attempt.result else min(self.most, len(self.lines) + max(1, self.most // self.share))
        while not self.full and len(self.lines) < until:
            piece = log_piece(self.office, attempt, offset, _BYTES_AT_ONCE)
            offset = self._take(lines_of(attempt.id, offset, piece.data), offset, until)
            if offset == piece.next_offset and (piece.whole or not piece.data):
                return OVER if piece.whole else offset
        self.more = True
        return offset

    def _take(self, lines: Iterator[LogLine], offset: int, until: int) -> int:
        for line in lines:
            if len(self.lines) >= until:
                break
            self.lines += [line] if self.asked.wants(line) else []
            self.bytes += line.end - line.offset
            offset = line.end
        return offset


def _some(page: _Page, place: LogCursor, run: Run) -> LogCursor:
    """Attempts that are named one by one: the cursor tells of each how far it was read."""
    attempts = attempts_asked(page.office.store, run, page.asked)
    page.share = max(1, sum(attempt.result is None for attempt in attempts))
    offsets = dict(place.offsets)
    for attempt in attempts:
        if offsets.get(attempt.id) != OVER:
            offsets[attempt.id] = page.read(attempt, offsets.get(attempt.id, 0))
    return LogCursor(place.asked, place.seq, offsets)


def _all(page: _Page, place: LogCursor, run: Run) -> LogCursor:
    """Every attempt of a run: first those that had not ended, then those that have begun since."""
    records, seq, offsets = page.office.store, place.seq, dict[AttemptId, int]()
    going_on = {name: offset for name, offset in place.offsets.items() if offset != OVER}
    page.share = max(1, len(going_on))
    for name, offset in going_on.items():
        offsets[name] = page.read(recorded(name, records), offset)
    for number, attempt in _begun(records, run, place):
        if attempt and page.full:
            break
        if attempt:
            offsets[attempt.id] = page.read(attempt, 0)
        seq = number
    newest = records.latest(run.id)
    behind = newest is not None and newest.seq > seq
    page.more = page.more or behind
    return LogCursor(place.asked, seq, _left(offsets) | (_over(place.offsets) if behind else {}))


def _left(offsets: Mapping[AttemptId, int]) -> dict[AttemptId, int]:
    return {name: offset for name, offset in offsets.items() if offset != OVER}


def _over(offsets: Mapping[AttemptId, int]) -> dict[AttemptId, int]:
    """Attempts that were read to their end although the events with which they begin have not been looked at yet."""
    return {name: offset for name, offset in offsets.items() if offset == OVER}
