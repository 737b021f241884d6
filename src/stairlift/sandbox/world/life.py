"""The life of one program: which release it runs, since when, and when it last reported. Pure: the time is an argument.

Nothing ticks. What a registry has heard at some moment is computed when it is asked for: reports come every `interval`
seconds from the moment at which the program came up, as long as somebody was there to take them down.
All times are seconds since the epoch on the sandbox's clock.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from math import floor, inf

from stairlift.model.release import Release

Spell = tuple[float, float]
ALWAYS: tuple[Spell, ...] = ((-inf, inf),)


class Phase(StrEnum):
    """What a process list would show of a program."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"


class Ailment(StrEnum):
    """What is wrong with a process: it leaves while it starts, or it runs and never reports (testbed: uwsgi loops)."""

    CRASH = "crash"
    MUTE = "mute"


@dataclass(frozen=True, slots=True)
class Life:
    """One program on one host.

    `up_from` is when the present process is ready, and None if it was stopped. `reported` and `recorded` are the time
    and the release of the last report of the processes before it, None if none of them is on record. `starts` counts
    the processes since the sandbox was made.
    """

    release: Release
    interval: float
    up_from: float | None = None
    reported: float | None = None
    recorded: Release | None = None
    ailment: Ailment | None = None
    starts: int = 0

    def phase(self, now: float) -> Phase:
        """Stopped, starting or running at this moment."""
        if self.up_from is None:
            return Phase.STOPPED
        if now < self.up_from:
            return Phase.STARTING
        return Phase.STOPPED if self.ailment is Ailment.CRASH else Phase.RUNNING

    def last_report(self, now: float, heard: Iterable[Spell] = ALWAYS) -> float | None:
        """The newest report that was taken down; `heard` are the spells in which one could be, newest first."""
        up_from = self.up_from
        if up_from is None or self.ailment is not None:
            return self.reported
        for begin, end in heard:
            tick = up_from + floor((min(end, now) - up_from) / self.interval) * self.interval
            if tick >= up_from and tick >= begin:
                return tick
        return self.reported

    def on_record(self, reported: float | None) -> Release | None:
        """The release that the registry holds, given the time of the last report."""
        mine = reported is not None and self.up_from is not None and reported >= self.up_from
        return self.release if mine else self.recorded

    def stopped(self, reported: float | None) -> "Life":
        """The program after its process has ended, with what it had reported by then."""
        recorded = self.on_record(reported)
        return replace(self, up_from=None, reported=reported, recorded=recorded, ailment=None)

    def forgotten(self) -> "Life":
        """The program after its record was deleted; a process that runs will report again."""
        return replace(self, reported=None, recorded=None)

    def started(self, ready: float, release: Release, ailment: Ailment | None = None) -> "Life":
        """The program with a new process of this release, up from `ready` on."""
        return replace(self, up_from=ready, release=release, ailment=ailment, starts=self.starts + 1)


@dataclass(frozen=True, slots=True)
class Presence:
    """A time in which a process of this release ran and took down what others reported."""

    release: Release
    begin: float
    end: float = inf


def spells(presences: Iterable[Presence], release: Release) -> tuple[Spell, ...]:
    """When a program of this release was heard, newest first: a report needs a listener that is not older.

    Seen with 2026.1 Neutron agents against a 2025.1 RPC server (RPC version 1.4 of report_state is refused, so they
    look dead); Neutron and Nova ask for servers and conductors first in every release, so the rule is applied to all.
    """
    merged: list[Spell] = []
    for begin, end in sorted((p.begin, p.end) for p in presences if p.release >= release):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return tuple(reversed(merged))


def without(heard: Iterable[Spell], outages: Iterable[Spell]) -> tuple[Spell, ...]:
    """The spells, newest first, with the outages (oldest first) cut out of them."""
    left = tuple(heard)
    for begin, end in outages:
        pieces = [piece for a, b in left for piece in ((max(a, end), b), (a, min(b, begin)))]
        left = tuple(piece for piece in pieces if piece[0] < piece[1])
    return left
