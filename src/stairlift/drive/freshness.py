"""Asks the registries whether restarted services live: each registry once for all steps that wait at the same time."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime

from stairlift.check.freshness import Key, Row, stale
from stairlift.drive.background import Late, in_background
from stairlift.model.errors import SourceTrouble
from stairlift.model.observation import Observation
from stairlift.ports import Clock, FreshnessProbe

#: An answer that came so lately is given to another step that asks. It may be too old to prove that a service lives,
#: never too new; so sharing it costs a further question at worst. In seconds.
_SHARED_FOR = 1.0


@dataclass(frozen=True, slots=True)
class Expectation:
    """What can be expected of the registries.

    `reporting` has the services with a record, and the sources of it: of the others nothing can be expected. `ignored`
    are rows of theirs that nobody will hear of again; `names` maps the registries' host names to ours.
    """

    reporting: Mapping[Key, AbstractSet[str]]
    names: Mapping[str, str] = field(default_factory=dict)
    ignored: AbstractSet[Row] = frozenset()


class LateFreshness:
    """Fills ports.FreshnessProbe by another one, which is `made` when somebody first asks: it may block, or fail."""

    def __init__(self, made: Callable[[], FreshnessProbe]) -> None:
        self._late = Late(made)

    async def stale(self, services: Sequence[Key], since: datetime) -> tuple[str, ...]:
        """See ports.FreshnessProbe."""
        return await (await self._late.get()).stale(services, since)


class RegistryFreshness:
    """Fills ports.FreshnessProbe. `observe` asks a source by its name and blocks."""

    def __init__(self, observe: Callable[[str], Observation], expected: Expectation, clock: Clock) -> None:
        self._observe = observe
        self._expected = expected
        self._clock = clock
        self._turns: Mapping[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._latest: dict[str, tuple[float, Observation]] = {}

    async def stale(self, services: Sequence[Key], since: datetime) -> tuple[str, ...]:
        """See ports.FreshnessProbe."""
        reporting = self._expected.reporting
        asked = [key for key in services if key in reporting]
        needed = sorted({source for key in asked for source in reporting[key]})
        observations = await asyncio.gather(*(self._recent(source) for source in needed))
        for seen in observations:
            if seen.trouble:
                raise SourceTrouble(seen.trouble, f"{seen.source}: {seen.trouble}", seen.detail)
        return stale(asked, since, observations, self._expected.names, self._expected.ignored)

    async def _recent(self, source: str) -> Observation:
        """An answer of this source: who comes while another one waits for it shares it."""
        async with self._turns[source]:
            if source in self._latest:
                came, seen = self._latest[source]
                if self._clock.steady() - came < _SHARED_FOR:
                    return seen
            seen = await in_background(lambda: self._observe(source), "freshness")
            self._latest[source] = (self._clock.steady(), seen)
            return seen
