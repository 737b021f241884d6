"""After the work of a step: wait until its services are heard of."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from stairlift.drive.assignment import expects_report, services_of
from stairlift.drive.tools import Pace, Tools
from stairlift.model.errors import SourceTrouble
from stairlift.model.plan import Step
from stairlift.ports import Clock

_EAGER = 10
_NAMED = 3
#: Less is how a clock is kept right, or how long two looks at clocks are apart.
_LEAP = timedelta(seconds=2)


async def until_heard_of(
    services: Sequence[tuple[str, str]],
    since: datetime,
    tools: Tools,
    missing: Callable[[tuple[str, ...]], None],
) -> None:
    """Ask the registries until every (binary, host) has reported since then; `missing` hears who has not.

    A registry that cannot be asked is no answer: it is asked again. When to give up is not decided here.
    """
    if tools.freshness is None:
        return
    moment = _Moment(since, tools.clock)
    for pause in pauses(tools.pace):
        try:
            stale = await tools.freshness.stale(services, moment.now_called())
        except SourceTrouble as trouble:
            stale = (f"the registry could not be asked: {trouble.brief}",)
        if not stale:
            return
        missing(stale)
        await tools.clock.sleep(pause)


class _Moment:
    """A moment that has passed, as our clock has it: when that is set, the moment moves along.

    One that seems to lie ahead was taken before the clock was set back; since nobody knows how far, it is now.
    """

    def __init__(self, at: datetime, clock: Clock) -> None:
        self._clock = clock
        self._at = min(at, clock.now())
        self._offset = self._measured()

    def now_called(self) -> datetime:
        """What our clock calls it now."""
        leap = self._measured() - self._offset
        return self._at + leap if abs(leap) > _LEAP else self._at

    def _measured(self) -> timedelta:
        """How far the two clocks are apart; read again where something came between the readings."""
        before = self._clock.steady()
        now = self._clock.now()
        if self._clock.steady() - before > _LEAP.total_seconds() / 4:
            return self._measured()
        return now - datetime.fromtimestamp(before, UTC)


async def heard_once(step: Step, since: datetime, tools: Tools) -> str:
    """What the registries say now of the services of a step whose work nobody saw end; "" where nobody can tell."""
    if tools.freshness is None or not expects_report(step):
        return ""
    try:
        stale = await tools.freshness.stale(services_of(step), since)
    except SourceTrouble as trouble:
        return f"the registry could not be asked: {trouble.brief}"
    if not stale:
        return "no registry misses its services"
    return "; ".join(stale[:_NAMED]) + (f"; and {len(stale) - _NAMED} more" if len(stale) > _NAMED else "")


def pauses(pace: Pace) -> Iterator[float]:
    """How long to wait between two questions, for ever."""
    yield from [pace.probe] * _EAGER
    pause = pace.probe
    while True:
        pause = min(pause * 1.5, pace.probe_most)
        yield pause
