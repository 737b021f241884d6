"""When a run stood still, and when it waited for a person: read from its events, beside which bars are drawn."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from stairlift.model.run import Event
from stairlift.report.text import clock, duration

#: What brings a run to rest, in words, and what lets it go on or ends it.
STOPS = {
    "run.paused": "paused",
    "run.waiting": "waits for a person",
    "run.failed": "failed",
    "run.detached": "left by its orchestrator",
}
GOES = ("run.started", "run.resumed", "run.rolling-back", "run.done", "run.cancelled", "run.rolled-back")
_ANSWERS = {"step.approved": "approved", "step.skipped": "skipped", "step.passed": "passed"}
#: The kinds of events that are asked for; a run of 80,000 steps has few of them.
KINDS = (*STOPS, *GOES, "step.waiting", *_ANSWERS)


@dataclass(frozen=True, slots=True)
class Rest:
    """A time in which a run stood still; `end` is None while it does."""

    begin: datetime
    end: datetime | None
    word: str
    reason: str = ""

    def told(self, now: datetime) -> str:
        """In a sentence."""
        because = f": {self.reason}" if self.reason else ""
        until = clock(self.end) if self.end else "now"
        length = duration((self.end or now) - self.begin)
        return f"the run {self.word}, {clock(self.begin)} to {until}, {length}{because}"


@dataclass(frozen=True, slots=True)
class Wait:
    """A step that asked for approval; `end` is None as long as nobody answered, `answer` is what was, and by whom."""

    step: str
    begin: datetime
    end: datetime | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Moments:
    """All of them, in order, up to event number `seq`."""

    rests: tuple[Rest, ...] = ()
    waits: tuple[Wait, ...] = ()

    def heard(self, events: Iterable[Event]) -> "Moments":
        """With what these events add."""
        rests, waits = list(self.rests), list(self.waits)
        for event in events:
            if event.kind in STOPS or event.kind in GOES:
                _hear_run(event, rests)
            else:
                _hear_step(event, waits)
        return Moments(tuple(rests), tuple(waits))


def _hear_run(event: Event, rests: list[Rest]) -> None:
    if rests and rests[-1].end is None:
        rests[-1] = replace(rests[-1], end=event.at)
    if event.kind in STOPS:
        rests.append(Rest(event.at, None, STOPS[event.kind], str(event.data.get("reason", ""))))


def _hear_step(event: Event, waits: list[Wait]) -> None:
    if event.kind == "step.waiting":
        waits.append(Wait(str(event.step), event.at))
        return
    by = f" by {event.data['actor']}" if event.data.get("actor") else ""
    for place, wait in enumerate(waits):
        if wait.step == event.step and wait.end is None:
            waits[place] = replace(wait, end=event.at, answer=f"{_ANSWERS[event.kind]}{by}")
