from dataclasses import replace

import pytest

from planning import codes, planned, seen
from stairlift.check.again import half_done, new_errors, other_cloud, other_release, shows_target
from stairlift.model.cloud import RunningRelease
from stairlift.model.finding import Finding, Waiver
from stairlift.model.release import Release
from stairlift.testing.clouds import a_cloud
from standings import S, a_status

OLD, NEXT, LATER = Release(2025, 1), Release(2025, 2), Release(2026, 1)
PLAN = planned(a_cloud(), to="2025.2", source="2025.1")


def running(*candidates, unfinished=()):
    return RunningRelease(candidates, (), tuple(unfinished))


def test_the_same_cloud():
    assert other_cloud(PLAN, PLAN.cloud) == []


def test_another_cloud_names_both():
    [found] = other_cloud(PLAN, "prod")
    assert (found.code, found.severity) == ("drift.cloud", "error")
    assert "lab" in found.message
    assert "prod" in found.message


@pytest.mark.parametrize("now", [(OLD,), (OLD, NEXT), ()])
def test_a_release_that_may_still_be_the_same_is_no_drift(now):
    assert other_release(PLAN, running(*now)) == []


@pytest.mark.parametrize("now", [(LATER,), (NEXT, LATER)])
def test_a_cloud_that_was_upgraded_since_is_drift(now):
    [found] = other_release(PLAN, running(*now))
    assert found.code == "drift.release"
    assert "2026.1" in found.message


def test_an_upgrade_that_was_begun_before_the_plan_is_none():
    mixed = running(OLD, LATER, unfinished=[(OLD, LATER)])
    assert other_release(PLAN, mixed) == []


def test_nor_is_what_the_plan_itself_knew():
    told = Finding("release.contradicted", "info", "2025.1", "m", "r")
    assert other_release(replace(PLAN, findings=(told,)), running(LATER)) == []


def test_what_speaks_against_a_plan_being_done():
    assert shows_target(PLAN, running(NEXT))
    assert shows_target(PLAN, running(OLD, NEXT))
    assert shows_target(PLAN, running())
    assert not shows_target(PLAN, running(OLD))


def test_errors_that_nobody_knew_of():
    old = Finding("record.stale", "error", "a", "m", "r")
    new = Finding("record.stale", "error", "b", "m", "r")
    waived = Finding("cell.unreachable", "error", "c", "m", "r")
    warning = Finding("record.down", "warning", "d", "m", "r")
    plan = replace(PLAN, findings=(old,), waivers=(Waiver("cell.unreachable"),))
    assert new_errors(plan, [old, new, waived, warning]) == [new]


def test_a_healthy_cloud_has_no_new_errors():
    assert new_errors(PLAN, seen(a_cloud()).findings) == []


def test_a_dead_host_is_one():
    sick = a_cloud().row("nova-compute", "cmp1", state="down", updated_at=None)
    assert codes(new_errors(PLAN, seen(sick).findings)) == {"record.stale"}


@pytest.mark.parametrize(
    ("stage", "state", "expected"),
    [
        ("control", S.RUNNING, True),
        ("control", S.FAILED, True),
        ("control", S.UNKNOWN, True),
        ("control", S.DONE, False),
        ("control", S.SKIPPED, False),
        ("compute", S.FAILED, False),
    ],
)
def test_the_control_plane_is_half_done_between_its_begin_and_its_end(stage, state, expected):
    step = next(s for s in PLAN.steps if s.stage == stage)
    assert half_done(PLAN, [a_status(step.id, state)]) is expected


def test_a_step_that_is_to_be_tried_again_is_half_done():
    step = next(s for s in PLAN.steps if s.stage == "control")
    assert half_done(PLAN, [a_status(step.id, S.PENDING, attempt=1)])
    assert not half_done(PLAN, [a_status(step.id, S.PENDING)])
