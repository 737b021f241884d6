"""What a plan looks like that Grenade carries out, and what it refuses."""

import pytest

from planning import planned, seen
from stairlift.model.errors import Refusal, UsageError
from stairlift.model.plan import Binding
from stairlift.strategy.grenade import GrenadeUpgradeStrategy
from stairlift.testing.clouds import CloudBuilder
from stairlift.testing.strategy_contract import a_step, an_assignment

NODE = "devstack-1"
OPTIONS = {
    "folder": "/etc/stairlift",
    "grenade": "/opt/grenade",
    "host": NODE,
    "projects": ["keystone", "placement", "glance", "neutron", "nova", "cinder"],
    "external": False,
}


def grenade(**options) -> GrenadeUpgradeStrategy:
    return GrenadeUpgradeStrategy({**OPTIONS, **options})


def a_devstack(*more: str) -> CloudBuilder:
    """One node with everything on it, and hypervisors beside it."""
    apis = ("identity", "compute", "network", "image", "placement", "block-storage")
    cloud = CloudBuilder().serving(*apis, compute="2.100").control(NODE).placed(NODE, "cinder-api")
    return cloud.reporting(NODE, "cinder-scheduler").storage(NODE).compute(NODE, *more)


def plan_of(built: CloudBuilder, strategy: GrenadeUpgradeStrategy):
    able = strategy.capabilities()
    return planned(built, bindings=(Binding("grenade-1", "grenade", {}, {}, able.concurrency, manner=able.manner),))


def findings(built: CloudBuilder, strategy: GrenadeUpgradeStrategy):
    steps = [step for step in plan_of(built, strategy).steps if step.strategy]
    return {(f.code, f.subject) for f in strategy.review(steps, seen(built).cloud)}


def test_the_base_half_asks_then_each_project_is_a_step():
    steps = [step for step in plan_of(a_devstack(), grenade()).steps if step.strategy]
    assert [(s.action, s.project) for s in steps] == [("drain", None), *[("upgrade", p) for p in OPTIONS["projects"]]]
    assert steps[0].one_way
    assert all(step.hosts == (NODE,) for step in steps)
    assert findings(a_devstack(), grenade()) == set()


def test_every_step_of_such_a_plan_can_be_carried_out():
    strategy = grenade()
    steps = [step for step in plan_of(a_devstack(), strategy).steps if step.strategy]
    for step in steps:
        assert strategy.job(an_assignment(step)).argv
        assert strategy.runbook(step)


def test_hosts_beyond_the_node_are_refused():
    assert ("grenade.other-host", "cmp1") in findings(a_devstack("cmp1"), grenade())


def test_a_project_that_grenade_does_not_upgrade_here_is_refused():
    assert ("grenade.unknown-project", "cinder") in findings(a_devstack(), grenade(projects=OPTIONS["projects"][:-1]))


def test_a_project_that_grenade_stops_and_no_step_upgrades_is_refused():
    projects = [*OPTIONS["projects"], "horizon"]
    assert findings(a_devstack(), grenade(projects=projects)) == {("grenade.no-step", "horizon")}
    assert findings(a_devstack(), grenade(projects=projects, by="node")) == set()


def test_another_order_than_grenades_is_refused():
    steps = [a_step(id=p, stage="control", project=p, hosts=(NODE,)) for p in ("nova", "keystone")]
    strategy = grenade(projects=["keystone", "nova"])
    assert [f.code for f in strategy.review(steps, seen(a_devstack()).cloud)] == ["grenade.other-order"]


def test_what_grenade_has_no_part_for_is_refused():
    step = a_step(action="cordon", stage="compute", hosts=(NODE,))
    assert "grenade.no-such-step" in {f.code for f in grenade().review([step], seen(a_devstack()).cloud)}
    with pytest.raises(Refusal, match="which Grenade does not do by itself"):
        grenade().job(an_assignment(step))


def test_draining_a_hypervisor_is_not_shutting_down_the_base():
    with pytest.raises(Refusal):
        grenade().job(an_assignment(a_step(action="drain", stage="compute", hosts=(NODE,))))


def test_another_host_is_refused_at_the_job_too():
    with pytest.raises(Refusal, match="Grenade upgrades devstack-1 only"):
        grenade().job(an_assignment(a_step(hosts=("cmp1",))))


def test_two_hops_from_one_folder_are_refused():
    from stairlift.model.release import Release

    steps = [
        a_step(id="a", project="nova", hosts=(NODE,)),
        a_step(id="b", project="nova", hosts=(NODE,), source=Release(2026, 1), target=Release(2027, 1)),
    ]
    strategy = grenade(projects=["nova"])
    assert {f.code for f in strategy.review(steps, seen(a_devstack()).cloud)} == {"grenade.same-devstack"}
    by_release = grenade(projects=["nova"], base_release="{from}", target_release="{to}")
    assert by_release.review(steps, seen(a_devstack()).cloud) == ()


def test_external_devstacks_must_be_there(tmp_path):
    strategy = grenade(external=True, stack_root=str(tmp_path))
    with pytest.raises(UsageError, match="there is no DevStack"):
        strategy.review([a_step(project="nova", hosts=(NODE,))], seen(a_devstack()).cloud)


def test_the_runbook_is_what_a_person_types():
    (line,) = grenade().runbook(a_step(action="drain", stage="control", project=None, hosts=(NODE,)))
    assert line == (
        'cd /opt/grenade && env -i PATH="$PATH" HOME="$HOME" LANG=C.UTF-8 TERM=dumb '
        "./grenade.sh -b -q </dev/null  # on devstack-1"
    )
    (line,) = grenade().runbook(a_step(stage="control", project="nova", hosts=(NODE,)))
    assert "STAIRLIFT_UPGRADE='nova'" in line
    assert "VERIFY_RESOURCES=False" in line
