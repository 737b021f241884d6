"""Small questions that a cloud and a plan answer themselves."""

from planning import ANY, planned, seen
from stairlift.model.cloud import RunningRelease
from stairlift.model.release import Release
from stairlift.testing.clouds import a_cloud

ONE, TWO = Release(2025, 1), Release(2025, 2)


def test_the_series_is_known_only_when_one_candidate_is_left():
    assert RunningRelease((ONE,), ()).series == ONE
    assert RunningRelease((ONE, TWO), ()).series is None
    assert RunningRelease((), ()).series is None


def test_a_host_goes_by_all_its_names():
    cloud = seen(a_cloud().hypervisor("cmp1.example.com", host="cmp1")).cloud
    assert cloud.host("cmp1") == cloud.host("cmp1")
    assert cloud.host("cmp99") is None


def test_a_plan_finds_steps_and_their_strategies():
    plan = planned(a_cloud())
    step = plan.steps[0]
    assert plan.step(step.id) == step
    assert plan.step("nothing") is None
    assert plan.binding(step) == ANY
    assert planned(a_cloud(), bindings=()).binding(step) is None
