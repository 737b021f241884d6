"""After the work of a step: wait until its services are heard of."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from stairlift.drive.tools import Pace, Tools
from stairlift.model.errors import SourceTrouble

_EAGER = 10


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
    for pause in pauses(tools.pace):
        try:
            stale = await tools.freshness.stale(services, since)
        except SourceTrouble as trouble:
            stale = (f"the registry could not be asked: {trouble.brief}",)
        if not stale:
            return
        missing(stale)
        await tools.clock.sleep(pause)


def pauses(pace: Pace) -> Iterator[float]:
    """How long to wait between two questions, for ever."""
    yield from [pace.probe] * _EAGER
    pause = pace.probe
    while True:
        pause = min(pause * 1.5, pace.probe_most)
        yield pause
