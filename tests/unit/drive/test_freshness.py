"""Each registry is asked once for all steps that wait at the same time, and only if somebody waits for it."""

import asyncio
import threading
from datetime import timedelta

import pytest

from stairlift.drive.freshness import Expectation, LateFreshness, RegistryFreshness
from stairlift.model.errors import SourceTrouble, Trouble, UsageError
from stairlift.model.observation import Observation, ServiceRecord
from stairlift.testing.clouds import NOON
from stairlift.testing.doubles import FastClock, ScriptedFreshness

NOVA, NEUTRON = frozenset({"nova-services"}), frozenset({"neutron-agents"})
EXPECTED = Expectation(
    {("nova-compute", f"cmp{n}"): NOVA for n in range(1, 6)} | {("neutron-l3-agent", "net1"): NEUTRON}
)


class Time:
    """Fills ports.Clock; it stands still until somebody moves it."""

    def __init__(self):
        self.at = NOON

    def now(self):
        return self.at

    def steady(self):
        return self.at.timestamp()

    async def sleep(self, seconds):
        self.at += timedelta(seconds=seconds)


class Registry:
    """Answers with the services that are given, a while after it was asked."""

    def __init__(self, time, *, takes=0.0, trouble=None):
        self.asked = []
        self.time = time
        self.takes = takes
        self.trouble = trouble
        self.fresh = set()

    def __call__(self, source):
        self.asked.append(source)
        asked_at = self.time.now()
        self.time.at += timedelta(seconds=self.takes)
        if self.trouble:
            return Observation(source, asked_at, trouble=self.trouble, detail="it says no")
        rows = [
            ServiceRecord(b, h, "enabled", "up", asked_at if (b, h) in self.fresh else NOON - timedelta(hours=1))
            for b, h in EXPECTED.reporting
        ]
        return Observation(source, asked_at, tuple(rows))


def probing(registry, *, expected=EXPECTED):
    return RegistryFreshness(registry, expected, registry.time)


def test_who_has_not_reported_is_told():
    registry = Registry(Time())
    registry.fresh = {("nova-compute", "cmp1")}
    stale = asyncio.run(probing(registry).stale([("nova-compute", "cmp1"), ("nova-compute", "cmp2")], NOON))
    assert [text.split(" is ")[0] for text in stale] == ["nova-compute on cmp2"]


def test_nobody_is_asked_about_services_that_no_registry_knows():
    registry = Registry(Time())
    assert asyncio.run(probing(registry).stale([("nova-api", "ctl1")], NOON)) == ()
    assert registry.asked == []


def test_only_the_registries_that_know_the_services_are_asked():
    registry = Registry(Time())
    asyncio.run(probing(registry).stale([("neutron-l3-agent", "net1")], NOON))
    assert registry.asked == ["neutron-agents"]


def test_many_that_wait_share_one_answer_however_long_it_takes():
    registry = Registry(Time(), takes=3.0)

    async def many():
        probe = probing(registry)
        await asyncio.gather(*(probe.stale([("nova-compute", f"cmp{n}")], NOON) for n in range(1, 6)))

    asyncio.run(many())
    assert registry.asked == ["nova-services"]


def test_an_answer_is_not_kept_for_long():
    registry = Registry(Time())

    async def twice(pause):
        probe = probing(registry)
        await probe.stale([("nova-compute", "cmp1")], NOON)
        await registry.time.sleep(pause)
        await probe.stale([("nova-compute", "cmp1")], NOON)

    asyncio.run(twice(0.5))
    assert len(registry.asked) == 1
    asyncio.run(twice(1.5))
    assert len(registry.asked) == 3


def test_a_registry_that_cannot_be_asked_is_no_answer():
    registry = Registry(Time(), trouble=Trouble.SERVER_ERROR)
    with pytest.raises(SourceTrouble) as told:
        asyncio.run(probing(registry).stale([("nova-compute", "cmp1")], NOON))
    assert told.value.trouble is Trouble.SERVER_ERROR
    assert told.value.details == "it says no"


def test_what_the_registry_raises_is_raised():
    def broken(source):
        raise ZeroDivisionError

    probe = RegistryFreshness(broken, EXPECTED, Time())
    with pytest.raises(ZeroDivisionError):
        asyncio.run(probe.stale([("nova-compute", "cmp1")], NOON))


def test_a_registry_that_hangs_keeps_nobody_from_leaving():
    let_go = threading.Event()

    def hanging(source):
        let_go.wait(30)
        return Observation(source, NOON)

    async def leave():
        probe = RegistryFreshness(hanging, EXPECTED, Time())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(probe.stale([("nova-compute", "cmp1")], NOON), 0.05)

    asyncio.run(leave())  # would wait for a thread of asyncio's own
    assert not let_go.is_set()
    let_go.set()


def test_an_answer_from_before_the_clock_was_set_is_not_shared():
    """By how late it seems to be it would be shared for days."""
    time = FastClock(1000)
    registry = Registry(Time())
    probe = RegistryFreshness(registry, EXPECTED, time)

    async def twice():
        await probe.stale([("nova-compute", "cmp1")], NOON)
        time.offset = -timedelta(days=3)
        await time.sleep(5)
        await probe.stale([("nova-compute", "cmp1")], NOON)

    asyncio.run(twice())
    assert len(registry.asked) == 2


# A probe that is made late


def test_a_late_probe_is_made_once_and_only_when_somebody_asks():
    made = []

    def make():
        made.append(ScriptedFreshness({"cmp1": 1}))
        return made[0]

    late = LateFreshness(make)
    assert made == []

    async def asked():
        return await asyncio.gather(*(late.stale([("nova-compute", host)], NOON) for host in ("cmp1", "cmp2")))

    assert asyncio.run(asked()) == [("nova-compute on cmp1 has not reported",), ()]
    assert len(made) == 1


def test_a_late_probe_that_cannot_be_made_is_a_silent_registry():
    def make():
        raise UsageError(code="config.clouds", brief="clouds.yaml has no cloud lab")

    with pytest.raises(SourceTrouble, match=r"clouds.yaml has no cloud lab"):
        asyncio.run(LateFreshness(make).stale([("nova-compute", "cmp1")], NOON))
