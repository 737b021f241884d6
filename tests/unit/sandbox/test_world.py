"""The simulated cloud over time, with the time as an argument."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stairlift.model.release import Release
from stairlift.sandbox.builders import QUICK, cloud, with_program
from stairlift.sandbox.scenario import ProgramSpec
from stairlift.sandbox.world.life import Ailment, Phase
from stairlift.sandbox.world.world import NotThere, Refused, Unreachable, World

OLD, NEW = Release(2025, 1), Release(2026, 1)
T0 = 1_800_000_000.0
COMPUTE, AGENT = ("cmp1", "nova-compute"), ("cmp1", "neutron-openvswitch-agent")
CONDUCTORS = [(f"ctl{n}", "nova-conductor") for n in (1, 2, 3)]


def make(**size) -> World:
    return World(cloud(**size), T0)


def age(world, key, now):
    return now - next(world.reports([key], now))


def upgrade_all(world, binary, now):
    for key in world.places(binary):
        world.upgrade(key, now, NEW)


def test_a_new_cloud_has_been_reporting_for_long():
    world = make()
    assert all(age(world, key, T0) < QUICK.report_interval for key in world.lives)
    assert all(life.starts == 0 for life in world.lives.values())


def test_a_restart_takes_time_and_the_first_report_comes_after_it():
    world = make()
    before = next(world.reports([COMPUTE], T0))
    ready = world.restart(COMPUTE, T0 + 1)
    assert ready == T0 + 1 + QUICK.stop + QUICK.start
    assert world.life(COMPUTE).phase(ready - 0.01) is Phase.STARTING
    assert before <= next(world.reports([COMPUTE], ready - 0.01)) <= T0 + 1
    assert next(world.reports([COMPUTE], ready)) == ready


def test_a_stopped_program_ages():
    world = make()
    world.stop(COMPUTE, T0)
    assert age(world, COMPUTE, T0 + 100) >= 100
    assert world.running("nova-compute", T0 + 100) == tuple(k for k in world.places("nova-compute") if k != COMPUTE)


def test_computes_are_silent_while_no_conductor_runs():
    world = make()
    for key in CONDUCTORS:
        world.stop(key, T0)
    assert age(world, COMPUTE, T0 + 50) >= 50
    assert age(world, ("ctl1", "nova-scheduler"), T0 + 50) < 2
    ready = world.start(CONDUCTORS[0], T0 + 50)
    assert age(world, COMPUTE, ready + QUICK.report_interval) <= QUICK.report_interval


def test_a_conductor_that_is_stopped_while_it_starts_takes_nothing_down():
    world = make(control=1)
    ready = world.restart(CONDUCTORS[0], T0)
    world.stop(CONDUCTORS[0], ready - 0.01)
    assert age(world, COMPUTE, T0 + 50) >= 49


def test_an_agent_newer_than_every_server_looks_dead():
    world = make(control=2)
    world.upgrade(AGENT, T0, NEW)
    assert age(world, AGENT, T0 + 60) >= 60
    world.change_database("neutron", "expand", NEW, T0 + 60)
    ready = world.upgrade(("ctl1", "neutron-server"), T0 + 60, NEW)
    assert age(world, AGENT, ready + QUICK.agent_report_interval) <= QUICK.agent_report_interval


def test_an_upgrade_needs_the_schema_first():
    world = make()
    with pytest.raises(Refused, match=r"schema of nova is at 2025\.1"):
        world.upgrade(CONDUCTORS[0], T0, NEW)
    assert world.life(CONDUCTORS[0]).phase(T0) is Phase.RUNNING
    world.change_database("nova", "expand", NEW, T0)
    assert world.upgrade(CONDUCTORS[0], T0, NEW) is not None
    assert world.life(CONDUCTORS[0]).release == NEW


def test_an_upgrade_that_is_done_does_nothing_again():
    world = make()
    world.upgrade(AGENT, T0, NEW)
    assert world.upgrade(AGENT, T0 + 10, NEW) is None
    assert world.life(AGENT).starts == 1


def test_the_way_back_is_shut_once_all_have_gone():
    world = make(control=2)
    world.change_database("nova", "expand", NEW, T0)
    world.upgrade(CONDUCTORS[0], T0, NEW)
    world.upgrade(CONDUCTORS[0], T0 + 10, OLD)
    upgrade_all(world, "nova-conductor", T0 + 20)
    with pytest.raises(Refused, match="ServiceTooOld"):
        world.upgrade(CONDUCTORS[0], T0 + 30, OLD)


def test_a_compute_that_was_forced_down_counts_no_longer():
    lagging = ProgramSpec("nova-compute", release=Release(2024, 1), silent_for=900)
    blocked = World(with_program(cloud(), "cmp1", lagging), T0)
    blocked.change_database("nova", "expand", NEW, T0)
    with pytest.raises(Refused, match="TooOldComputeService"):
        blocked.upgrade(CONDUCTORS[0], T0, NEW)
    blocked.forced_down.add(COMPUTE)
    assert blocked.upgrade(CONDUCTORS[0], T0, NEW) is not None


def test_deleting_the_record_of_a_dead_compute_frees_the_way_too():
    lagging = ProgramSpec("nova-compute", release=Release(2024, 1), silent_for=900)
    world = World(with_program(cloud(), "cmp1", lagging), T0)
    world.change_database("nova", "expand", NEW, T0)
    world.forget(COMPUTE)
    assert next(world.reports([COMPUTE], T0)) is None
    assert world.upgrade(CONDUCTORS[0], T0, NEW) is not None


def test_contract_waits_until_the_last_old_program_has_gone():
    world = make(control=2)
    world.change_database("keystone", "expand", NEW, T0)
    world.upgrade(("ctl1", "keystone"), T0, NEW)
    with pytest.raises(Refused, match="keystone on ctl2"):
        world.change_database("keystone", "contract", NEW, T0 + 5)
    world.upgrade(("ctl2", "keystone"), T0 + 5, NEW)
    world.change_database("keystone", "contract", NEW, T0 + 10)
    with pytest.raises(Refused, match="contracted"):
        world.upgrade(("ctl1", "keystone"), T0 + 20, OLD)


def test_a_program_may_report_more_seldom_than_the_others():
    world = World(with_program(cloud(), "cmp1", ProgramSpec("nova-compute", report_interval=30)), T0)
    ready = world.restart(COMPUTE, T0)
    assert [next(world.reports([COMPUTE], ready + n)) - ready for n in (0, 29, 30)] == [0, 0, 30]


def test_a_host_that_dies_takes_all_with_it_and_comes_back():
    world = make()
    world.stop(AGENT, T0)
    world.kill_host("cmp1", T0)
    world.kill_host("cmp1", T0 + 1)
    assert age(world, COMPUTE, T0 + 30) >= 30
    with pytest.raises(Unreachable):
        world.restart(COMPUTE, T0 + 30)
    world.revive_host("cmp1", T0 + 40)
    assert age(world, COMPUTE, T0 + 50) <= 1
    assert world.life(AGENT).phase(T0 + 50) is Phase.STOPPED


def test_an_ailment_hits_as_many_starts_as_were_asked_for():
    world = make()
    world.afflict(COMPUTE, Ailment.CRASH, 2)
    phases = []
    for n in range(3):
        ready = world.restart(COMPUTE, T0 + 10 * n)
        phases.append(world.life(COMPUTE).phase(ready))
    assert phases == [Phase.STOPPED, Phase.STOPPED, Phase.RUNNING]


def test_starting_what_starts_already_is_not_a_second_start():
    world = make()
    world.stop(COMPUTE, T0)
    assert world.start(COMPUTE, T0 + 1) == world.start(COMPUTE, T0 + 1.1)
    assert world.life(COMPUTE).starts == 1


def test_what_is_not_there_is_said_so():
    world = make()
    for work in (lambda: world.stop(("cmp99", "nova-compute"), T0), lambda: world.stop(("cmp1", "keystone"), T0)):
        with pytest.raises(NotThere, match="there is no"):
            work()
    with pytest.raises(NotThere, match="database of heat"):
        world.change_database("heat", "expand", NEW, T0)


def test_a_program_that_never_reported_has_no_record():
    world = World(with_program(cloud(), "cmp1", ProgramSpec("nova-compute", registered=False)), T0)
    assert next(world.reports([COMPUTE], T0 + 100)) is None
    assert next(world.reports([COMPUTE], world.start(COMPUTE, T0 + 100))) is not None


def test_a_chassis_answers_a_poll_only_in_time_for_the_next():
    base = cloud(control=1, network=0, compute=0)
    chassis = replace(base.hosts[0], name="gw1", programs=(ProgramSpec("ovn-controller"),))
    world = World(replace(base, hosts=(*base.hosts, chassis)), T0)
    key = ("gw1", "ovn-controller")
    world.hearing.polled(T0)
    assert age(world, key, T0) > 3600
    world.hearing.polled(T0 + 1)
    assert age(world, key, T0 + 1) == 1
    world.stop(key, T0 + 2)
    for n in range(3):
        world.hearing.polled(T0 + 3 + n)
        assert world.hearing.unanswered(next(world.reports([key], T0 + 3 + n))) == n + 1


actions = st.sampled_from(["stop", "start", "restart", "upgrade"])
programs = st.sampled_from([COMPUTE, AGENT, *CONDUCTORS, ("ctl1", "neutron-server")])


@given(st.lists(st.tuples(programs, actions, st.floats(0.01, 20.0)), max_size=25))
def test_whatever_is_done_reports_never_lie_ahead_and_never_go_back(work):
    world, now = make(), T0
    world.change_database("nova", "expand", NEW, T0)
    world.change_database("neutron", "expand", NEW, T0)
    seen = dict.fromkeys(world.lives, 0.0)
    for key, action, pause in work:
        now += pause
        with suppress(Refused):
            world.upgrade(key, now, NEW) if action == "upgrade" else getattr(world, action)(key, now)
        for one, reported in zip(seen, world.reports(list(seen), now), strict=True):
            assert seen[one] <= reported <= now
            seen[one] = reported
