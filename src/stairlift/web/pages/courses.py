"""What is kept in mind of runs that are looked at: how far they are, and pages that were drawn a moment ago."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar, cast

from fastapi import Depends, Request

from stairlift.model.run import Run
from stairlift.report.course import Course, Place
from stairlift.wiring.house import House
from stairlift.wiring.strips import Strips

_T = TypeVar("_T")
#: So many runs are kept in mind, and so many pages.
_RUNS, _PAGES = 4, 64
#: How long a page is sent again to whoever may see the same, in seconds: what attempts tell changes without an event.
_FRESH = 1.0


class Courses:
    """A run's plan and steps are read once; from then on its events say what has changed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def ask(self, house: House, run: Run, question: Callable[[Course], _T]) -> _T:
        """The answer of a run's course, up to its newest event. Raises StairliftError (store.*)."""
        kept = self._of(run.id)
        with kept.lock:
            course = kept.course = kept.course or _opened(house, run)
            course.hear(house.office.store.events(run.id, after=course.seq))
            return question(course)

    def _of(self, run_id: str) -> "_Kept":
        with self._lock:
            kept = self._kept.setdefault(run_id, _Kept())
            self._kept.move_to_end(run_id)
            while len(self._kept) > _RUNS:
                self._kept.popitem(last=False)
            return kept


@dataclass(slots=True)
class _Kept:
    """The course of one run, once somebody has asked for it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    course: Course | None = None


def _opened(house: House, run: Run) -> Course:
    """What the steps have come to meanwhile the events from that number on tell once more."""
    records = house.office.store
    newest = records.latest(run.id)
    steps = house.steering.overviews.plan(run).steps
    places = {step.id: Place(str(step.target), step.stage, step.hosts) for step in steps}
    states = {status.id: status.state for status in records.steps(run.id)}
    return Course(places, states, newest.seq if newest else 0)


class Drawings:
    """Pages that many look at: the same is drawn once, by whoever asks first, and sent to all who may see the same."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, _Drawing] = OrderedDict()

    def get(self, key: Hashable, version: Hashable, draw: Callable[[], str]) -> str:
        """The page of this key, drawn anew where its version is another one or it is not fresh any more."""
        with self._lock:
            kept = self._kept.setdefault(key, _Drawing())
            self._kept.move_to_end(key)
            while len(self._kept) > _PAGES:
                self._kept.popitem(last=False)
        with kept.lock:
            if kept.version != version or time.monotonic() - kept.at > _FRESH:
                kept.text, kept.version, kept.at = draw(), version, time.monotonic()
            return kept.text


@dataclass(slots=True)
class _Drawing:
    """A page as it was drawn."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    version: Hashable = None
    at: float = 0.0
    text: str = ""


class Sheets:
    """Plans as they are shown: a plan never changes, and the tree of a long one takes its time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Any] = OrderedDict()

    def get(self, key: str, make: Callable[[], _T]) -> _T:
        """What was made for this key before, else what is made now."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return cast("_T", self._kept[key])
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > _RUNS:
                self._kept.popitem(last=False)
        return made


@dataclass(frozen=True, slots=True)
class Memory:
    """All of it; `strips` is what users felt."""

    courses: Courses = field(default_factory=Courses)
    drawings: Drawings = field(default_factory=Drawings)
    sheets: Sheets = field(default_factory=Sheets)
    strips: Strips = field(default_factory=Strips)


_LOCK = threading.Lock()


def _memory(request: Request) -> Memory:
    state = request.app.state
    with _LOCK:
        if not hasattr(state, "memory"):
            state.memory = Memory()
    return cast("Memory", state.memory)


#: What this server keeps in mind, as a parameter.
Remembered = Annotated[Memory, Depends(_memory)]
