"""A plan for a part says what is left out, what it takes for granted, and what that forbids."""

import pytest

from planning import codes, finding, hosts_of, ids, planned, policy, upgraded
from stairlift.model.errors import UsageError
from stairlift.testing.clouds import CloudBuilder, a_cloud, an_ovn_cloud

WHOLE = planned(a_cloud())


def told(**narrowed):
    built = narrowed.pop("built", a_cloud())
    return finding(planned(built, **narrowed).findings, "plan.narrowed").message


def test_a_whole_plan_has_nothing_to_say():
    assert "plan.narrowed" not in codes(WHOLE.findings)
    assert WHOLE.left_out == ()


@pytest.mark.parametrize("stage", ["control", "network", "compute", "finish"])
def test_one_stage_has_the_steps_that_the_whole_plan_has_for_it(stage):
    plan = planned(a_cloud(), stages=(stage,))
    assert ids(plan) == ids(WHOLE, stage=stage)
    assert any(text.startswith("stages ") and "(--stage)" in text for text in plan.left_out)


def test_two_stages_keep_their_order():
    plan = planned(a_cloud(control=1, network=2, compute=2), stages=("compute", "network"))
    networks = ids(plan, stage="network")
    assert ids(plan) == [*networks, "2025.2-compute@cmp1", "2025.2-compute@cmp2"]
    assert plan.step("2025.2-compute@cmp1").after == tuple(networks)


def test_stages_that_come_before_are_taken_for_granted():
    assert "it takes for granted that the stages control, network of the hop to 2025.2 are done" in told(
        stages=("compute",)
    )
    assert "the stages control, network, compute of the hop" in told(stages=("finish",))
    assert "the stages network of the hop" in told(stages=("control", "compute"))
    assert "takes for granted" not in told(stages=("control",))
    assert "takes for granted" not in told(stages=("prepare",))


def test_ovn_is_taken_for_granted_only_where_there_is_any():
    assert "the stages ovn of the hop" in told(built=an_ovn_cloud(), stages=("control",))


def test_hosts_by_glob_and_alias():
    built = a_cloud().hypervisor("cmp7.example.com", host="cmp7").reporting("cmp7", "nova-compute")
    assert set(hosts_of(planned(built, hosts=("cmp[12]",)).steps)) == {"cmp1", "cmp2"}
    assert set(hosts_of(planned(built, hosts=("*.example.com",)).steps)) == {"cmp7"}
    assert "cmp7" not in hosts_of(planned(built, exclude=("cmp7.example.com",)).steps)
    assert set(hosts_of(planned(built, hosts=("cmp*",), exclude=("cmp1",)).steps)).isdisjoint({"cmp1", "ctl1"})


def test_hosts_that_are_left_out_are_counted():
    plan = planned(a_cloud(), hosts=("cmp1",))
    assert plan.left_out == ("10 hosts not asked for (--hosts, --exclude)",)
    assert "10 hosts not asked for" in told(hosts=("cmp1",))
    assert planned(a_cloud(), exclude=("cmp1",)).left_out == ("1 host not asked for (--hosts, --exclude)",)


@pytest.mark.parametrize(
    "narrowed", [{"hosts": ("ctl*", "net*", "cmp*")}, {"exclude": ("cmp6",)}, {"hosts": ("ctl1",)}]
)
def test_a_part_of_the_hosts_is_never_finished(narrowed):
    plan = planned(a_cloud(), **narrowed)
    assert not [s for s in plan.steps if s.stage == "finish" or s.one_way]
    assert "that forbids the one-way steps of the hop" in told(**narrowed)


def test_asking_for_the_finish_of_a_part_does_not_give_it():
    plan = planned(a_cloud(), hosts=("ctl1",), stages=("finish",))
    assert plan.steps == ()
    assert "plan.no_steps" in codes(plan.findings, "warning")


@pytest.mark.parametrize("narrowed", [{"hosts": ("cmp*",)}, {"exclude": ("cmp6",)}, {"stages": ("control", "finish")}])
def test_a_part_goes_one_hop_only(narrowed):
    built = a_cloud().without("keystone-catalog")
    plan = planned(built, "2026.1", "2023.1", **narrowed)
    assert list(map(str, plan.hops)) == ["2024.1"]
    assert str(plan.target) == "2024.1"
    assert {str(s.target) for s in plan.steps} == {"2024.1"}
    assert "every hop after 2024.1" in finding(plan.findings, "plan.narrowed").message


def test_resource_hosts_alone_take_the_control_plane_for_granted():
    assert "takes for granted that the control plane and OVN on ctl1, ctl2, ctl3 run 2025.2" in told(hosts=("cmp*",))
    assert "on ctl3 run 2025.2" in told(exclude=("ctl3",))


def test_control_nodes_alone_take_nothing_for_granted():
    assert "takes for granted" not in told(hosts=("ctl1",))


def test_ovns_databases_take_the_chassis_left_out_for_granted():
    assert "on cmp1, cmp2 and 2 more run 2025.2" in told(built=an_ovn_cloud(), hosts=("ctl*",))


@pytest.mark.parametrize("narrowed", [{"hosts": ("cpm1",)}, {"exclude": ("cpm1",)}, {"hosts": ("cmp1", "nobody*")}])
def test_a_glob_that_means_nobody_is_a_slip_of_the_pen(narrowed):
    """A host that was to be spared must not be upgraded because of a typing error."""
    with pytest.raises(UsageError) as wrong:
        planned(a_cloud(), **narrowed)
    assert wrong.value.code == "plan.no_such_host"


def test_a_host_with_brackets_in_its_name_can_be_asked_for():
    built = CloudBuilder().compute("[fd00::5]", "cmp1")
    assert set(hosts_of(planned(built, hosts=("[fd00::5]",)).steps)) == {"[fd00::5]"}


def test_a_stage_that_this_cloud_has_not_says_that_nothing_remains():
    plan = planned(a_cloud(), stages=("ovn",))
    assert plan.steps == ()
    assert "plan.no_steps" in codes(plan.findings, "warning")


def test_windows_and_percentages_stay_those_of_the_whole_cloud():
    wide = policy(max_unavailable={"compute": "50%"})
    assert planned(a_cloud(), policy=wide, hosts=("cmp1", "cmp2")).windows["role:compute"] == 3


def test_parts_together_upgrade_every_service_once():
    parts = [planned(a_cloud(), hosts=(glob,)) for glob in ("ctl*", "net*", "cmp*")]
    assert sorted(pair for plan in parts for pair in upgraded(plan)) == sorted(upgraded(WHOLE))


def test_one_way_steps_alone_are_refused_while_the_cloud_shows_the_release_before():
    """Contracting a schema that old code still uses takes its API down, and nothing brings it back."""
    early = planned(a_cloud(microversion="2.100"), "2026.1", "2025.1", stages=("finish",))
    assert finding(early.findings, "plan.too_early").severity == "error"
    ready = planned(a_cloud(microversion="2.103"), "2026.1", "2025.1", stages=("finish",))
    assert "plan.too_early" not in codes(ready.findings)
    assert ids(ready, stage="finish")
