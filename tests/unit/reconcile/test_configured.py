"""Hosts that a configuration names, and guests that are only counted."""

from stairlift.model.observation import NamedHost, Tally
from stairlift.reconcile import reconcile
from stairlift.testing.clouds import a_cloud


def findings(source, *facts):
    found = reconcile(a_cloud().saying(source, *facts).observations(), name="lab").findings
    return {f.code: f for f in found}


def test_masakari_is_told_once_per_segment_that_it_watches():
    hosts = [NamedHost("masakari", f"cmp{n}", "az1") for n in (1, 2, 3)]
    found = findings("masakari-hosts", *hosts)["masakari.watches"]
    assert (found.subject, found.severity) == ("az1", "warning")
    assert "3 hosts" in found.message


def test_hosts_in_maintenance_and_reservable_ones_need_no_word():
    maintained = NamedHost("masakari", "cmp1", "az1", maintenance=True)
    assert "masakari.watches" not in findings("masakari-hosts", maintained)
    assert not {"masakari.watches", "host.named_only"} & set(findings("x", NamedHost("blazar", "cmp1", "reservable")))


def test_a_host_that_nobody_else_knows():
    found = findings("blazar-hosts", NamedHost("blazar", "cmp99", "reservable hosts"))["host.named_only"]
    assert (found.subject, found.severity) == ("cmp99", "warning")
    built = a_cloud().saying("blazar-hosts", NamedHost("blazar", "cmp99", "reservable hosts"))
    assert "cmp99" not in {h.name for h in reconcile(built.observations(), name="lab").cloud.hosts}


def test_amphorae_are_counted_and_are_no_services():
    assert "12 amphorae" in findings("o", Tally("octavia", "amphora", 12))["octavia.amphorae"].message
    assert "octavia.amphorae" not in findings("o", Tally("octavia", "amphora", 0), Tally("octavia", "provider", 2))
