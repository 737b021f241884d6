"""When the work ended is a time on our clock, and somebody may set that while services are waited for."""

import asyncio
from datetime import timedelta

import pytest

from stairlift.drive.tools import Pace, Tools
from stairlift.drive.verification import until_gates_hold
from stairlift.execute.inprocess import NoopExecutor
from stairlift.ports import Inquiry
from stairlift.store.memory import MemoryStore
from stairlift.testing.doubles import FastClock, ScriptedFreshness, ScriptedStrategy
from stairlift.testing.plans import a_step

SERVICES = (("nova-compute", "cmp1"),)
DAYS = timedelta(days=3)


class _SetWhileAsked(ScriptedFreshness):
    """Somebody sets the clock behind the first answer."""

    def __init__(self, clock: FastClock, by: timedelta) -> None:
        super().__init__({"cmp1": 3})
        self._clock, self._by = clock, by

    async def stale(self, services, since):
        told = await super().stale(services, since)
        self._clock.offset = self._by
        return told


def awaited(clock: FastClock, freshness: ScriptedFreshness, since) -> list:
    tools = Tools(MemoryStore(), NoopExecutor(), {"command": ScriptedStrategy()}, clock, freshness, pace=Pace(probe=1))
    inquiry = Inquiry(a_step("cmp1"), SERVICES, since, since)
    asyncio.run(asyncio.wait_for(until_gates_hold(inquiry, tools, lambda _: None), 20))
    return [moment for _, moment in freshness.asked]


@pytest.mark.parametrize("by", [DAYS, -DAYS])
def test_the_moment_moves_along_with_the_clock(by: timedelta) -> None:
    """Else no record would ever be new enough, or one from before the work would do."""
    clock = FastClock(200)
    since = clock.now()
    first, *later = awaited(clock, _SetWhileAsked(clock, by), since)
    assert first == since
    assert later
    for moment in later:
        assert abs(moment - since - by) < timedelta(seconds=30)


def test_a_moment_that_seems_to_lie_ahead_is_now_and_stays_there() -> None:
    """It was taken by an orchestrator before us, and the clock was set back since."""
    clock = FastClock(200)
    now = clock.now()
    moments = awaited(clock, ScriptedFreshness({"cmp1": 3}), now + DAYS)
    assert len(set(moments)) == 1
    assert now <= moments[0] < now + timedelta(minutes=5)


def test_a_clock_that_is_right_leaves_it_where_it_is() -> None:
    clock = FastClock(200)
    since = clock.now() - timedelta(minutes=2)
    assert set(awaited(clock, ScriptedFreshness({"cmp1": 5}), since)) == {since}
