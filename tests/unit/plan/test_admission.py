"""Programs and projects that end, begin and change their names on the way."""

import pytest

from planning import codes, finding, ids, planned, seen, upgraded, upgrades
from stairlift.model.errors import Refusal
from stairlift.plan import refuse
from stairlift.testing.clouds import CloudBuilder, a_cloud, an_ovn_cloud, the_founding_cloud


def bare():
    """A cloud whose release nothing tells, so that plans may start anywhere."""
    return a_cloud(control=1, network=0, compute=1).without("keystone-catalog")


def names(plan, hop, host):
    return {name for name, where in upgraded(plan, hop) if where == host}


def test_linuxbridge_ends_and_nothing_replaces_it():
    built = bare().reporting("cmp1", "neutron-linuxbridge-agent").reporting("cmp2", "neutron-linuxbridge-agent")
    plan = planned(built, "2025.1", "2024.1")
    hint = finding(plan.findings, "binary.gone")
    assert (hint.severity, hint.subject) == ("error", "neutron-linuxbridge-agent")
    assert "cmp1, cmp2" in hint.message
    assert "Open vSwitch" in hint.message
    with pytest.raises(Refusal):
        refuse(plan)
    assert "binary.gone" not in codes(planned(built, "2024.1", "2023.1").findings)


def test_a_program_that_ended_gets_no_step_from_that_hop_on_when_that_is_waived():
    built = bare().reporting("cmp1", "neutron-linuxbridge-agent")
    plan = planned(built, "2026.1", "2023.1", waive=("binary.gone:neutron-linuxbridge-agent",))
    refuse(plan)
    assert "neutron-linuxbridge-agent" in names(plan, "2024.1", "cmp1")
    assert "neutron-linuxbridge-agent" not in names(plan, "2025.1", "cmp1") | names(plan, "2026.1", "cmp1")
    assert "neutron-linuxbridge-agent on cmp1: no part of 2025.1" in plan.left_out
    assert len([text for text in plan.left_out if "linuxbridge" in text]) == 1


def test_a_program_that_had_ended_long_ago_is_an_error_all_the_same():
    plan = planned(bare().reporting("ctl1", "nova-cert"), "2026.1", "2025.1")
    assert finding(plan.findings, "binary.gone").subject == "nova-cert"


@pytest.mark.parametrize("name", ["nova-api", "neutron-server"])
def test_what_is_replaced_is_a_warning_and_a_procedure(name):
    plan = planned(bare(), "2025.2", "2025.1")
    hint = next(f for f in plan.findings if (f.code, f.subject) == ("binary.replaced", name))
    assert hint.severity == "warning"
    assert "WSGI module" in hint.resolution
    refuse(plan)
    assert name in names(plan, "2025.2", "ctl1")


def test_what_only_ovn_needs_is_named_only_with_ovn():
    def advice(built):
        plan = planned(built, "2025.2", "2025.1")
        return next(f for f in plan.findings if f.subject == "neutron-server").resolution

    assert "neutron-ovn-maintenance-worker" not in advice(a_cloud())
    assert "neutron-ovn-maintenance-worker" in advice(an_ovn_cloud())


def test_a_chain_of_hops_goes_on_with_what_took_over():
    plan = planned(bare(), "2026.2", "2024.1")
    assert [str(hop) for hop in plan.hops] == ["2025.1", "2026.1", "2026.2"]
    assert "neutron-server" in names(plan, "2025.1", "ctl1")
    assert "neutron-server" in names(plan, "2026.1", "ctl1")
    last = names(plan, "2026.2", "ctl1")
    assert {"neutron-api", "neutron-rpc-server", "neutron-periodic-workers"} <= last
    assert not {"neutron-server", "neutron-ovn-maintenance-worker"} & last
    replaced = [f.subject for f in plan.findings if f.code == "binary.replaced"]
    assert replaced.count("neutron-server") == 1


def test_with_ovn_its_maintenance_worker_takes_over_too():
    plan = planned(an_ovn_cloud().without("keystone-catalog"), "2026.2", "2025.1")
    assert "neutron-ovn-maintenance-worker" in names(plan, "2026.2", "ctl1")


def test_what_takes_over_is_there_once_also_where_the_inventory_named_it_before():
    built = bare().placed("ctl1", "neutron-rpc-server", "neutron-periodic-workers")
    plan = planned(built, "2026.2", "2025.1")
    for hop in ("2026.1", "2026.2"):
        assert len(upgraded(plan, hop)) == len(set(upgraded(plan, hop)))


def test_the_finish_of_a_hop_names_what_runs_by_then():
    plan = planned(bare(), "2025.2", "2025.1")
    assert plan.step("2025.2-db-expand-neutron").services == ("neutron-server",)
    assert plan.step("2025.2-db-contract-neutron").services == ("neutron-api",)


def test_a_program_whose_work_another_one_does_leaves_nobody_behind():
    """nova-consoleauth ended with Stein: the conductors, which run elsewhere, do its work."""
    built = CloudBuilder().reporting("ctl1", "nova-conductor", "nova-scheduler").reporting("con1", "nova-consoleauth")
    plan = planned(built, "2020.1", "2019.1")
    refuse(plan)
    assert finding(plan.findings, "binary.replaced").subject == "nova-consoleauth"
    assert {host for _, host in upgraded(plan)} == {"ctl1"}
    assert "nova-consoleauth on con1: no part of 2019.2" in plan.left_out


def test_mitaka_to_newton_keeps_what_newton_still_has():
    plan = planned(the_founding_cloud(), "2016.2", None)
    assert {"nova-cert", "nova-consoleauth"} <= {name for name, _ in upgraded(plan)}
    refuse(plan)


def test_a_program_that_is_not_born_yet_waits_for_its_hop():
    """Deployers' inventories are newer than clouds: the group is there before the program."""
    built = bare().placed("ctl1", "neutron-periodic-workers")
    plan = planned(built, "2025.1", "2023.1")
    assert "neutron-periodic-workers" not in names(plan, "2024.1", "ctl1")
    assert "neutron-periodic-workers" in names(plan, "2025.1", "ctl1")
    assert "neutron-periodic-workers on ctl1: no part of 2024.1" in plan.left_out


def test_what_reports_is_born_whatever_the_table_says():
    plan = planned(bare().reporting("cmp1", "neutron-ovn-agent"), "2023.1", "2022.2")
    assert "neutron-ovn-agent" in names(plan, "2023.1", "cmp1")


def test_a_project_that_ended_is_one_error_whatever_it_runs():
    built = bare().placed("ctl1", "senlin-api", "senlin-engine", "senlin-conductor")
    plan = planned(built, "2025.1", "2023.2")
    assert [f.subject for f in plan.findings if f.severity == "error"] == ["senlin"]
    assert finding(plan.findings, "project.ended").resolution.count("--waive project.ended:senlin") == 1
    with pytest.raises(Refusal):
        refuse(plan)
    waived = planned(built, "2025.1", "2023.2", waive=("project.ended:senlin",))
    refuse(waived)
    assert not {name for name, _ in upgraded(waived) if name.startswith("senlin")}


def test_a_project_whose_programs_are_all_replaced_is_no_error():
    built = bare().placed("ctl1", "ironic-inspector", "ironic-conductor", "ironic-api")
    plan = planned(built, "2026.1", "2025.1")
    refuse(plan)
    assert "ironic-inspector" in {f.subject for f in plan.findings if f.code == "binary.replaced"}
    assert "ironic-inspector" not in names(plan, "2026.1", "ctl1")


def test_projects_that_go_cold_are_named_for_each_hop():
    plan = planned(bare().placed("ctl1", "manila-api", "manila-scheduler", "manila-share"), "2025.1", "2023.1")
    cold = [f for f in plan.findings if f.code == "project.cold"]
    assert [f.subject for f in cold] == ["manila", "manila"]
    assert {f.severity for f in cold} == {"warning"}
    assert "2024.1" in cold[0].message
    assert "project.cold" not in codes(planned(bare()).findings)


def test_nothing_that_matches_is_a_warning_for_each_kind_of_step():
    plan = planned(a_cloud(), bindings=())
    found = [f for f in plan.findings if f.code == "plan.no_strategy"]
    assert {f.severity for f in found} == {"warning"}
    assert {f.subject for f in found} == {f"{s.stage}/{s.action}" for s in plan.steps}
    assert all(s.strategy is None for s in plan.steps)
    refuse(plan)


def test_every_error_of_the_cloud_is_an_error_of_the_plan():
    built = a_cloud().reporting("ctl1", "nova-frobnicator")
    made = seen(built)
    errors = {f for f in made.findings if f.severity == "error"}
    assert errors <= set(planned(built).findings)


def test_steps_of_all_hops_have_names_of_their_own():
    plan = planned(bare(), "2026.1", "2023.1")
    assert len(ids(plan)) == len(set(ids(plan)))
    starts = {step.source for step in upgrades(plan, "2025.1")}
    assert list(map(str, starts)) == ["2024.1"]


def test_each_hop_begins_when_the_one_before_is_finished():
    plan = planned(bare(), "2025.1", "2023.1")
    last = [s for s in plan.steps if str(s.target) == "2024.1"][-1]
    first = next(s for s in plan.steps if str(s.target) == "2025.1")
    assert last.stage == "finish"
    assert first.needs == (last.id,)


def test_a_name_that_outlived_its_program_is_no_news():
    """kolla-ansible's group is still called neutron-server when the program is long gone."""
    plan = planned(bare(), "2026.1", "2025.2")
    assert "neutron-server" not in {f.subject for f in plan.findings if f.code == "binary.replaced"}
    assert "neutron-server" in names(plan, "2026.1", "ctl1")


def test_what_runs_a_later_release_gets_no_step_back():
    built = bare().compute("cmp2").running("cmp2", "31.0.0", "nova-compute")
    plan = planned(built, "2026.1", "2023.1", waive=("release.contradicted",))
    for hop in ("2024.1", "2025.1"):
        assert names(plan, hop, "cmp2") == {"neutron-openvswitch-agent"}
        assert f"nova-compute on cmp2: runs 31.0.0 already, no step to {hop}" in plan.left_out
    assert "nova-compute" in names(plan, "2026.1", "cmp2")
