"""Where the sources disagree, and what is not well; each finding says what to do."""

from dataclasses import replace
from datetime import timedelta

import pytest

from planning import codes, finding, seen
from stairlift.model.errors import Trouble
from stairlift.model.observation import Observation, ServiceRecord
from stairlift.reconcile import reconcile
from stairlift.testing.clouds import NOON, CloudBuilder, a_cloud, the_founding_cloud

LONG, SHORT = timedelta(minutes=11), timedelta(minutes=9)
UNHEALTHY = {"record.stale", "record.down", "record.forced_down", "cell.unreachable"}


def found_about(built):
    return {f.code: f.severity for f in seen(built).findings if f.code in UNHEALTHY}


def test_a_healthy_cloud_has_nothing_unhealthy():
    assert found_about(a_cloud()) == {}


@pytest.mark.parametrize(
    ("binary", "since", "code", "severity"),
    [
        ("nova-compute", LONG, "record.stale", "error"),
        ("nova-conductor", LONG, "record.stale", "error"),
        ("cinder-scheduler", LONG, "record.stale", "error"),
        ("neutron-dhcp-agent", LONG, "record.stale", "warning"),
        ("nova-compute", SHORT, "record.down", "warning"),
        ("neutron-dhcp-agent", SHORT, "record.down", "warning"),
        ("nova-compute", timedelta(minutes=10), "record.down", "warning"),
    ],
)
def test_a_record_is_stale_after_ten_minutes_and_only_nova_and_cinder_choke_on_it(binary, since, code, severity):
    assert found_about(a_cloud().down("old1", binary, since)) == {code: severity}


def test_a_record_that_never_reported_is_stale():
    assert found_about(CloudBuilder().row("nova-compute", "c", state="down", updated_at=None)) == {
        "record.stale": "error"
    }


def test_ages_are_told_by_the_clouds_clock_and_not_by_the_laptops():
    record = ServiceRecord("nova-compute", "cmp1", "enabled", "down", NOON - SHORT)
    heard = Observation("nova-services", NOON + timedelta(hours=3), (record,), cloud_time=NOON)
    inventory = Observation("ansible:hosts", NOON + timedelta(hours=3))
    assert "record.down" in codes(reconcile([heard, inventory], name="lab").findings)
    late = replace(heard, cloud_time=NOON + timedelta(minutes=5))
    assert "record.stale" in codes(reconcile([late, inventory], name="lab").findings)


def test_a_disabled_service_is_no_finding():
    assert found_about(CloudBuilder().row("nova-compute", "c", status="disabled")) == {}


def test_forced_down_is_neither_stale_nor_down():
    built = CloudBuilder().row("nova-compute", "c", state="down", forced_down=True, updated_at=NOON - timedelta(days=3))
    assert found_about(built) == {"record.forced_down": "error"}


def test_unknown_is_an_unreachable_cell_and_never_down():
    assert found_about(CloudBuilder().unreachable("cmp9")) == {"cell.unreachable": "error"}
    hint = finding(seen(CloudBuilder().unreachable("cmp9")).findings, "cell.unreachable")
    assert hint.subject == "nova-compute@cmp9"


def test_one_unreachable_cell_is_told_also_where_another_row_of_the_service_is_well():
    built = CloudBuilder().reporting("ctl1", "nova-conductor").unreachable("ctl1", "nova-conductor")
    assert found_about(built) == {"cell.unreachable": "error"}


def test_an_agent_without_a_status_is_no_unreachable_cell():
    assert found_about(CloudBuilder().row("neutron-l3-agent", "n", status="unknown")) == {}


def test_a_stale_backend_is_named_although_the_service_lives():
    built = CloudBuilder().storage("stor1").down("stor1@old", "cinder-volume", LONG)
    hint = finding(seen(built).findings, "record.stale")
    assert "stor1@old" in hint.message
    assert "stor1@rbd" not in hint.message
    assert hint.subject == "cinder-volume@stor1"


@pytest.mark.parametrize("trouble", [t for t in Trouble if t is not Trouble.NOT_DEPLOYED])
def test_each_trouble_of_a_source_is_its_own_error(trouble):
    hint = finding(seen(a_cloud().failing("cinder-services", trouble, "the reason")).findings, f"source.{trouble}")
    assert (hint.severity, hint.subject) == ("error", "cinder-services")
    assert "the reason" in hint.message
    assert hint.resolution


def test_the_troubles_differ_in_words_and_in_what_to_do():
    made = [
        finding(seen(a_cloud().failing("s", t)).findings, f"source.{t}")
        for t in Trouble
        if t is not Trouble.NOT_DEPLOYED
    ]
    assert len({f.message for f in made}) == len({f.resolution for f in made}) == len(made)


def test_not_deployed_is_no_fault_and_needs_no_word_where_the_catalog_was_read():
    built = a_cloud().failing("cinder-services", Trouble.NOT_DEPLOYED)
    assert "source.not-deployed" not in codes(seen(built).findings)
    hint = finding(seen(built.without("keystone-catalog")).findings, "source.not-deployed")
    assert hint.severity == "info"


def test_a_service_of_the_inventory_that_reports_nothing():
    hint = finding(seen(a_cloud().placed("cmp7", "nova-compute")).findings, "inventory.silent")
    assert (hint.subject, hint.severity) == ("nova-compute@cmp7", "warning")


def test_what_was_seen_on_its_host_is_not_silent():
    built = a_cloud().placed("cmp7", "nova-compute").running("cmp7", "31.0.0", "nova-compute")
    assert "inventory.silent" not in codes(seen(built).findings)


def test_a_host_that_reports_but_is_in_no_inventory_and_the_alias_that_the_finding_advises():
    built = CloudBuilder().placed("cmp1-mgmt", "nova-compute").reporting("cmp1", "nova-compute")
    hint = finding(seen(built).findings, "inventory.missing_host")
    assert hint.subject == "cmp1"
    assert '[aliases] "cmp1" = ' in hint.resolution
    joined = seen(built, cmp1="cmp1-mgmt")
    assert [h.name for h in joined.cloud.hosts] == ["cmp1-mgmt"]
    assert not codes(joined.findings) & {"inventory.missing_host", "inventory.silent"}


def test_a_host_that_the_inventory_has_for_its_database_only_is_no_stranger():
    built = CloudBuilder().placed("stor1", "mariadb").storage("stor1")
    assert "inventory.missing_host" not in codes(seen(built).findings)


def test_without_an_inventory_nobody_is_missed():
    built = a_cloud().without("ansible:hosts")
    assert not {c for c in codes(seen(built).findings) if c.startswith("inventory.")}


def test_an_api_that_no_source_places_is_named():
    made = seen(a_cloud().without("ansible:hosts"))
    unplaced = [f for f in made.findings if f.code == "api.unplaced"]
    assert {f.subject for f in unplaced} == {"keystone", "nova-api", "neutron-api", "glance-api", "placement-api"}
    assert {f.severity for f in unplaced} == {"warning"}


def test_any_program_of_an_api_places_it():
    built = CloudBuilder().serving("network").placed("ctl1", "neutron-api")
    assert "api.unplaced" not in codes(seen(built).findings)


def test_a_control_binary_on_a_hypervisor():
    hint = finding(seen(the_founding_cloud()).findings, "host.control_on_hypervisor")
    assert (hint.subject, hint.severity) == ("devstack-1.coreitpro.com", "warning")


def test_monitors_on_control_nodes_and_volumes_on_hypervisors_are_none():
    built = a_cloud().serving("instance-ha", "block-storage").placed("ctl1", "masakari-api", "masakari-hostmonitor")
    assert "host.control_on_hypervisor" not in codes(seen(built.storage("cmp1")).findings)


def test_a_service_that_nobody_knows_is_an_error():
    hint = finding(seen(a_cloud().reporting("ctl1", "nova-frobnicator")).findings, "service.unknown")
    assert (hint.severity, hint.subject) == ("error", "nova-frobnicator@ctl1")


def test_findings_come_worst_first_and_each_once():
    built = (
        a_cloud()
        .without("ansible:hosts")
        .down("x", "nova-compute", LONG)
        .failing("cinder-services", Trouble.NOT_DEPLOYED)
    )
    severities = [f.severity for f in seen(built).findings]
    assert severities == sorted(severities, key=["error", "warning", "info"].index)
    assert len(set(seen(built).findings)) == len(seen(built).findings)
