"""A waiver is on record, takes effect, and leads to a plan that makes sense."""

from datetime import timedelta

import pytest

from planning import codes, planned, upgraded
from stairlift.model.errors import Refusal, Trouble
from stairlift.plan import refuse
from stairlift.testing.clouds import CloudBuilder, a_cloud

LONG = timedelta(hours=2)


def stale():
    return (
        a_cloud().hypervisor("cmp9").down("cmp9", "nova-compute", LONG).reporting("cmp9", "neutron-openvswitch-agent")
    )


UNWELL = {
    "record.stale": (stale(), "nova-compute@cmp9"),
    "record.forced_down": (
        a_cloud().row("nova-compute", "cmp9", state="down", forced_down=True),
        "nova-compute@cmp9",
    ),
    "cell.unreachable": (a_cloud().unreachable("cmp9"), "nova-compute@cmp9"),
    "service.unknown": (a_cloud().reporting("ctl1", "nova-frobnicator"), "nova-frobnicator@ctl1"),
    "source.denied": (a_cloud().failing("cinder-services", Trouble.DENIED), "cinder-services"),
    "source.empty": (a_cloud().failing("ansible:/etc/inventory", Trouble.EMPTY), "ansible:/etc/inventory"),
    "host.same_name": (a_cloud().reporting("cmp1.example.com", "neutron-ovn-agent"), "cmp1"),
}


def errors(plan):
    return {(f.code, f.subject) for f in plan.findings if f.severity == "error"}


@pytest.mark.parametrize("code", UNWELL)
def test_each_error_refuses_and_is_waived_by_name_or_by_subject(code):
    built, subject = UNWELL[code]
    plain = planned(built)
    assert errors(plain) == {(code, subject)}
    with pytest.raises(Refusal) as wrong:
        refuse(plain)
    assert [(f.code, f.subject) for f in wrong.value.findings] == [(code, subject)]
    for waiver in (code, f"{code}:{subject}", f"{code}:*", f"{code}:{subject[:4]}*"):
        plan = planned(built, waive=(waiver,))
        refuse(plan)
        assert [str(w) for w in plan.waivers] == [waiver]
        assert errors(plan) == {(code, subject)}
        assert plan.hash != plain.hash


@pytest.mark.parametrize(
    "waiver", ["record.down", "record.stale:nova-compute@cmp8", "record.stal", "record.stale:NOVA*"]
)
def test_another_waiver_does_not_help(waiver):
    with pytest.raises(Refusal):
        refuse(planned(stale(), waive=(waiver,)))


@pytest.mark.parametrize("code", ["record.stale", "record.forced_down", "cell.unreachable", "service.unknown"])
def test_what_nothing_could_act_on_gets_no_step_and_is_said(code):
    built, subject = UNWELL[code]
    binary, _, host = subject.partition("@")
    plan = planned(built, waive=(code,))
    assert (binary, host) not in upgraded(plan)
    assert f"{subject}: waived, taken as gone" in plan.left_out


def test_only_the_stale_service_is_left_out_not_its_host():
    plan = planned(stale(), waive=("record.stale",))
    assert ("neutron-openvswitch-agent", "cmp9") in upgraded(plan)


def test_a_dead_backend_beside_a_live_one_leaves_the_service_in_the_plan():
    built = a_cloud().storage("stor1").down("stor1@old", "cinder-volume", LONG)
    plan = planned(built, waive=("record.stale",))
    refuse(plan)
    assert ("cinder-volume", "stor1") in upgraded(plan)
    assert not plan.left_out


def test_a_stale_agent_of_neutron_refuses_nothing_and_can_be_left_out():
    built = a_cloud().down("net1", "neutron-metering-agent", LONG)
    refuse(planned(built))
    assert ("neutron-metering-agent", "net1") in upgraded(planned(built))
    assert ("neutron-metering-agent", "net1") not in upgraded(planned(built, waive=("record.stale",)))


def test_the_words_of_a_resolution_work_when_they_are_typed():
    tried = set()
    for built, _ in UNWELL.values():
        for finding in planned(built).findings:
            if finding.severity == "error" and "--waive " in finding.resolution:
                typed = finding.resolution.split("--waive ")[1].split()[0].rstrip(";:,")
                refuse(planned(built, waive=(typed,)))
                tried.add(finding.code)
    assert "record.stale" in tried


def test_a_subject_with_brackets_means_itself():
    built = a_cloud().down("[fd00::5]", "nova-compute", LONG)
    plan = planned(built, waive=("record.stale:nova-compute@[fd00::5]",))
    refuse(plan)
    assert ("nova-compute", "[fd00::5]") not in upgraded(plan)


def test_waivers_are_kept_in_one_order():
    one = planned(stale(), waive=("record.stale", "cell.unreachable"))
    other = planned(stale(), waive=("cell.unreachable", "record.stale"))
    assert one == other


def test_a_source_that_failed_can_be_done_without():
    built = CloudBuilder().compute("cmp1").placed("stor1", "cinder-volume").failing("cinder-services", Trouble.TIMEOUT)
    plan = planned(built, waive=("source.timeout:cinder-services",))
    refuse(plan)
    assert ("cinder-volume", "stor1") in upgraded(plan)
    assert "inventory.not_running" not in codes(plan.findings)
