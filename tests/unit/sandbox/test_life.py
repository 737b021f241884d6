"""When a program was last heard of, from its state and the time alone."""

from itertools import pairwise
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from stairlift.model.release import Release
from stairlift.sandbox.world.life import Ailment, Life, Phase, Presence, spells

OLD, NEW = Release(2025, 1), Release(2026, 1)
seconds = st.integers(min_value=0, max_value=500).map(float)
intervals = st.integers(min_value=1, max_value=30).map(float)
presences = st.builds(
    lambda release, begin, length: Presence(release, begin, begin + length),
    st.sampled_from([OLD, NEW]),
    seconds,
    st.one_of(st.just(inf), seconds),
)


def running(since: float = 0.0, interval: float = 10.0) -> Life:
    return Life(OLD, interval).started(since, OLD)


def test_reports_come_at_every_interval_from_the_start_on():
    life = running(since=100.0)
    assert [life.last_report(now) for now in (99.0, 100.0, 109.9, 110.0, 125.0)] == [None, 100.0, 100.0, 110.0, 120.0]


def test_a_stopped_program_stays_with_its_last_report():
    life = running().stopped(reported=40.0)
    assert life.phase(1000.0) is Phase.STOPPED
    assert life.last_report(1000.0) == 40.0


def test_a_program_is_starting_until_it_is_ready_and_reports_then():
    life = running().stopped(40.0).started(ready=60.0, release=NEW)
    assert life.phase(59.9) is Phase.STARTING
    assert life.last_report(59.9) == 40.0
    assert life.on_record(40.0) == OLD
    assert life.phase(60.0) is Phase.RUNNING
    assert life.last_report(60.0) == 60.0
    assert life.on_record(60.0) == NEW
    assert life.starts == 2


def test_a_crashing_program_leaves_and_never_reports():
    life = running().stopped(40.0).started(60.0, NEW, Ailment.CRASH)
    assert [life.phase(now) for now in (50.0, 60.0)] == [Phase.STARTING, Phase.STOPPED]
    assert life.last_report(90.0) == 40.0


def test_a_mute_program_runs_and_never_reports():
    life = running().stopped(40.0).started(60.0, NEW, Ailment.MUTE)
    assert life.phase(90.0) is Phase.RUNNING
    assert life.last_report(90.0) == 40.0


def test_nothing_is_heard_while_no_listener_is_there():
    life = running()
    heard = spells([Presence(OLD, 0.0, 35.0), Presence(OLD, 62.0)], OLD)
    assert [life.last_report(now, heard) for now in (34.0, 55.0, 65.0, 70.0)] == [30.0, 30.0, 30.0, 70.0]


def test_older_listeners_do_not_understand_newer_programs():
    presences = [Presence(OLD, 0.0), Presence(NEW, 50.0)]
    assert spells(presences, OLD) == ((0.0, inf),)
    assert spells(presences, NEW) == ((50.0, inf),)
    assert spells(presences[:1], NEW) == ()


@given(st.lists(presences, max_size=6), st.sampled_from([OLD, NEW]), st.integers(0, 1000))
def test_spells_are_the_union_of_what_is_understood(listeners, release, moment):
    heard = spells(listeners, release)
    present = any(p.begin <= moment <= p.end for p in listeners if p.release >= release)
    assert any(begin <= moment <= end for begin, end in heard) == present
    assert list(heard) == sorted(heard, reverse=True)
    assert all(later[0] > earlier[1] for later, earlier in pairwise(heard))


@given(seconds, intervals, st.lists(presences, max_size=4), seconds)
def test_the_last_report_is_the_newest_tick_that_was_heard(since, interval, listeners, now):
    heard = spells(listeners, OLD)
    ticks = [since + n * interval for n in range(int(1500 / interval))]
    taken_down = [t for t in ticks if t <= now and any(begin <= t <= end for begin, end in heard)]
    assert running(since, interval).last_report(now, heard) == (max(taken_down) if taken_down else None)


@given(seconds, intervals, st.lists(presences, max_size=4), seconds, seconds)
def test_time_never_takes_a_report_back(since, interval, listeners, now, later):
    life, heard = running(since, interval), spells(listeners, OLD)
    before, after = life.last_report(now, heard), life.last_report(now + later, heard)
    assert before is None or (after is not None and after >= before)
