"""Who takes down whose reports, and when there was somebody to do it. Pure: the time is an argument.

Neutron's agents and nova-compute report through servers and conductors, the others to the database themselves.
A chassis of OVN does not report at all: it answers when somebody lists the agents, a moment too late for that list.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import inf

from stairlift.model.release import Release
from stairlift.sandbox.binaries import KINDS, LISTENERS, Registry
from stairlift.sandbox.world.life import ALWAYS, Life, Presence, Spell, spells, without

Key = tuple[str, str]


class Hearing:
    """The presences of the listeners, and the polls of the OVN agents."""

    def __init__(self) -> None:
        self._presences: dict[str, dict[Key, list[Presence]]] = defaultdict(lambda: defaultdict(list))
        self._polls: list[float] = []
        self._outages: list[Spell] = []

    @property
    def bus_away(self) -> bool:
        """Whether the message bus is away, over which all but the listeners themselves report."""
        return bool(self._outages) and self._outages[-1][1] == inf

    def bus_leaves(self, now: float) -> None:
        """The message bus goes away; what is reported meanwhile is lost."""
        if not self.bus_away:
            self._outages.append((now, inf))

    def bus_returns(self, now: float) -> None:
        """The message bus is back."""
        if self.bus_away:
            self._outages[-1] = (self._outages[-1][0], now)

    def joined(self, key: Key, release: Release, since: float = -inf) -> None:
        """A program is there from that time on; only those that others report to matter."""
        if key[1] in LISTENERS:
            self._presences[key[1]][key].append(Presence(release, since))

    def left(self, key: Key, now: float) -> None:
        """The program is not there any more."""
        if key[1] in LISTENERS:
            cut = (replace(p, end=min(p.end, now)) for p in self._presences[key[1]][key])
            self._presences[key[1]][key] = [p for p in cut if p.begin < p.end]

    def polled(self, now: float) -> None:
        """Somebody lists the agents; every chassis that is up answers a moment later."""
        self._polls.append(now)

    def unanswered(self, answered: float) -> int:
        """How many polls there were after that answer."""
        return len(self._polls) - bisect_right(self._polls, answered)

    def reports(self, lives: Iterable[tuple[Key, Life]], now: float) -> Iterator[float | None]:
        """When the registry last heard of each program; None where it does not know it."""
        heard: dict[tuple[str, Release], tuple[Spell, ...]] = {}
        for (_, binary), life in lives:
            kind = KINDS.get(binary)
            if kind is None or not kind.listeners:
                chassis = kind is not None and kind.registry is Registry.OVN
                yield self._last_answer(life, now) if chassis else life.last_report(now, ALWAYS)
                continue
            among = (binary, life.release)
            if among not in heard:
                heard[among] = self._spells(kind.listeners, life.release)
            yield life.last_report(now, heard[among])

    def _spells(self, listeners: Iterable[str], release: Release) -> tuple[Spell, ...]:
        presences = (p for name in listeners for held in self._presences[name].values() for p in held)
        return without(spells(presences, release), self._outages)

    def _last_answer(self, life: Life, now: float) -> float | None:
        """The last poll before this moment that the chassis answered, or the moment at which it connected."""
        if life.up_from is None or life.ailment is not None or now < life.up_from:
            return life.reported
        earlier = bisect_left(self._polls, now)
        return max(life.up_from, self._polls[earlier - 1]) if earlier else life.up_from
