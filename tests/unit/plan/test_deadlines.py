"""How long an attempt may take: the most particular word of the policy counts."""

import pytest

from planning import planned, policy, seen
from stairlift.model.errors import UsageError
from stairlift.plan.deadlines import with_deadlines
from stairlift.testing.clouds import a_cloud
from stairlift.testing.plans import a_step


def deadlines(**by_key: int) -> dict[str, int | None]:
    """By step, in a cloud with two zones."""
    built = a_cloud(control=1, network=1, compute=0).compute("a1", zone="az1").compute("b1", zone="az2")
    made = planned(built, policy=policy(deadline={key.replace("_", "-"): n for key, n in by_key.items()}))
    return {step.id: step.deadline for step in made.steps}


def test_without_a_word_nothing_is_ever_ended():
    assert set(deadlines().values()) == {None}


def test_a_plane_covers_its_steps_and_no_others():
    found = deadlines(control=60)
    assert found["2025.2-control@ctl1"] == found["2025.2-db-expand-nova"] == 60
    assert found["2025.2-compute@a1"] is found["2025.2-network@net1"] is None


@pytest.mark.parametrize(
    ("keys", "seconds"),
    [
        ({"resource": 60}, 60),
        ({"resource": 60, "compute": 50}, 50),
        ({"resource": 60, "compute": 50, "az1": 70}, 70),
        ({"resource": 60, "compute": 50, "az1": 70, "upgrade": 5}, 5),
        ({"az2": 70}, None),
        ({"network": 70}, None),
    ],
)
def test_an_action_says_more_than_a_zone_and_that_more_than_a_role_and_that_more_than_a_plane(keys, seconds):
    assert deadlines(**keys)["2025.2-compute@a1"] == seconds


def test_what_happens_once_has_its_own_time():
    found = deadlines(control=60, db_migrate=7200)
    assert found["2025.2-db-migrate-nova"] == 7200
    assert found["2025.2-db-expand-nova"] == 60


@pytest.mark.parametrize(("keys", "seconds"), [({"az1": 60, "az2": 90}, 90), ({"az1": 60}, None)])
def test_one_process_for_several_hosts_is_given_what_the_slowest_needs(keys, seconds):
    """One without a deadline gives all of them the time that it takes."""
    cloud = seen(a_cloud(control=1, compute=0).compute("a1", zone="az1").compute("b1", zone="az2")).cloud
    [step] = with_deadlines([a_step("both", hosts=("a1", "b1"))], cloud, policy(deadline=keys))
    assert step.deadline == seconds


def test_a_machine_that_runs_nothing_of_the_cloud_has_the_time_of_its_plane():
    cloud = seen(a_cloud()).cloud
    [step] = with_deadlines([a_step("lb", hosts=("lb1",))], cloud, policy(deadline={"resource": 60}))
    assert step.deadline == 60


def test_an_approval_has_all_the_time_of_the_world():
    made = planned(a_cloud(), policy=policy(deadline={"control": 60, "resource": 60}, approve=("start", "canary")))
    assert {s.deadline for s in made.steps if s.action == "approve"} == {None}
    assert {s.deadline for s in made.steps if s.action != "approve"} == {60}


def test_a_key_that_nothing_answers_to_is_refused_with_what_there_is():
    with pytest.raises(UsageError) as refused:
        deadlines(approve=60)
    assert refused.value.code == "policy.unknown_group"
    assert "no action" in refused.value.brief
    assert "actions: prepare, backup, db-expand" in refused.value.resolution
