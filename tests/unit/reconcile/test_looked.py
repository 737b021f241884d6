"""What looks at hosts add to a cloud: which version is true, what was never restarted, and who could not be seen."""

from dataclasses import replace

import pytest

from planning import ANY, codes, finding, planned, seen
from stairlift.model.errors import Trouble
from stairlift.model.observation import HostRecord, ProcessRecord, VersionRecord
from stairlift.model.release import Release
from stairlift.testing.clouds import CloudBuilder, a_cloud

COMPUTE = ProcessRecord("nova-compute", "cmp1", "systemd", "nova-compute.service", "up", "31.0.0", "process", "31.0.0")


def looked(*facts, base=None):
    return (base or a_cloud()).saying("hosts:lab", *facts)


def service(built, name="nova-compute", host="cmp1"):
    cloud = seen(built).cloud
    [found] = [s for s in (*cloud.services, *cloud.infrastructure) if (s.binary, s.host) == (name, host)]
    return found


def test_a_running_process_is_the_first_truth():
    built = looked(COMPUTE).saying("plug-in", VersionRecord("nova-compute", "cmp1", "33.0.0", "package"))
    found = service(built)
    assert (found.version, found.version_from, found.releases) == ("31.0.0", "process", (Release(2025, 1),))
    assert {"hosts:lab", "nova-services", "plug-in"} == set(found.sources)


@pytest.mark.parametrize(
    ("given", "version", "source"),
    [
        ([("32.0.0", "database"), ("31.0.0", "package")], "31.0.0", "package"),
        ([("32.0.0", "package"), ("31.0.0", "image")], "31.0.0", "image"),
        ([("32.0.0", "database")], "32.0.0", "database"),
        ([("32.0.0", "database"), ("33.0.0", None)], "33.0.0", "host"),
        ([("32.0.0", "process"), ("31.0.0", "venv"), ("30.0.0", "database")], "32.0.0", "process"),
    ],
)
def test_the_order_of_truth(given, version, source):
    built = looked(*(VersionRecord("nova-compute", "cmp1", v, evidence) for v, evidence in given))
    assert (service(built).version, service(built).version_from) == (version, source)


def test_the_api_is_the_last_and_proves_nothing_of_one_process():
    found = service(a_cloud())
    assert (found.version, found.version_from, found.releases) == (None, "api", ())
    assert found.suggested == (Release(2025, 1), Release(2025, 2))
    assert service(a_cloud(), "neutron-l3-agent", "net1").version_from is None


def test_an_api_without_a_registry_is_up_where_its_process_is():
    built = looked(ProcessRecord("keystone", "ctl1", "supervisor", "keystone", "up", "27.0.0", "process"))
    assert service(built, "keystone", "ctl1").state == "up"
    down = looked(ProcessRecord("keystone", "ctl1", "supervisor", "keystone", "down"))
    assert service(down, "keystone", "ctl1").state == "down"
    assert finding(seen(down).findings, "service.not_running").subject == "keystone@ctl1"


def test_a_registry_s_record_says_more_than_a_process():
    built = a_cloud().row("nova-compute", "cmp9", state="down").saying("hosts:lab", replace(COMPUTE, host="cmp9"))
    assert service(built, host="cmp9").state == "down"


def test_what_the_cloud_stands_on_is_found_with_its_version():
    database = ProcessRecord("mariadb", "db1", "systemd", "mariadb.service", "up", "1:10.11.19", "package")
    found = service(looked(database), "mariadb", "db1")
    assert (found.state, found.version, found.version_from) == ("up", "1:10.11.19", "package")
    assert "db1" not in {host.name for host in seen(looked(database)).cloud.hosts}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"installed": "33.0.0"}, "runs 31.0.0, while 33.0.0 is installed"),
        ({"version": None, "installed": "33.0.0", "stale": True}, "replaced or deleted since it started, while 33.0.0"),
        ({"version": None, "installed": None, "stale": True}, "replaced or deleted since it started"),
    ],
)
def test_what_was_upgraded_and_never_restarted_is_a_finding(change, told):
    met = finding(seen(looked(replace(COMPUTE, **change))).findings, "service.not_restarted")
    assert (met.severity, met.subject) == ("warning", "nova-compute@cmp1")
    assert told in met.message
    assert "`systemctl restart nova-compute.service` on cmp1" in met.resolution


def test_what_runs_as_it_is_installed_is_none():
    assert not {"service.not_restarted", "service.not_running"} & codes(seen(looked(COMPUTE)).findings)
    assert "service.not_restarted" not in codes(seen(looked(replace(COMPUTE, installed=None))).findings)


def test_hosts_that_nobody_saw_are_findings_and_not_without_end():
    gone = [HostRecord(f"cmp{n}", trouble=Trouble.UNREACHABLE, detail="it does not answer") for n in range(40)]
    met = [f for f in seen(looked(*gone)).findings if f.code == "host.not_seen"]
    assert len(met) == 11
    assert any("29 more hosts" in f.message for f in met)
    assert "does not answer" in met[0].message


def test_what_only_root_would_have_seen_is_told_once():
    met = seen(looked(*(HostRecord(f"cmp{n}", partial=True) for n in range(5))))
    [one] = [f for f in met.findings if f.code == "host.partly_seen"]
    assert "cmp0 and 4 more hosts" in one.message


def test_a_machine_s_own_names_prove_who_it_is():
    base = CloudBuilder().hypervisor("cmp1.lab", "cmp1.lab").reporting("cmp1.lab", "nova-compute")
    assert "host.same_name" in codes(seen(looked(COMPUTE, base=base)).findings)
    built = looked(COMPUTE, HostRecord("cmp1", ("cmp1", "cmp1.lab"), "192.0.2.1"), base=base)
    [host] = seen(built).cloud.hosts
    assert (host.name, host.aliases, host.address) == ("cmp1", ("cmp1.lab",), "192.0.2.1")
    assert "host.same_name" not in codes(seen(built).findings)


def test_an_address_is_no_name_if_the_machine_has_one():
    base = CloudBuilder().reporting("cmp1", "nova-compute")
    record, process = HostRecord("192.0.2.1", ("cmp1",)), replace(COMPUTE, host="192.0.2.1")
    assert [h.name for h in seen(looked(record, process, base=base)).cloud.hosts] == ["cmp1"]


def test_a_name_that_two_machines_claim_proves_nothing():
    records = [HostRecord(host, ("cloned",)) for host in ("cmp1", "cmp2")]
    processes = [replace(COMPUTE, host=host) for host in ("cmp1", "cmp2")]
    built = looked(*records, *processes, base=CloudBuilder())
    assert [h.name for h in seen(built).cloud.hosts] == ["cmp1", "cmp2"]
    stolen = looked(HostRecord("cmp1", ("cmp2",)), HostRecord("cmp2"), *processes, base=CloudBuilder())
    assert [h.name for h in seen(stolen).cloud.hosts] == ["cmp1", "cmp2"]


def test_a_plan_is_for_the_remainder():
    """cmp1 and cmp2 run the target already; cmp3 has it installed, and was never restarted."""
    done = [replace(COMPUTE, host=host, version="32.0.0", installed="32.0.0") for host in ("cmp1", "cmp2")]
    waiting = replace(COMPUTE, host="cmp3", installed="32.0.0")
    made = planned(looked(*done, waiting), bindings=(ANY,), waive=())
    upgraded = {h for s in made.steps if s.action == "upgrade" and "nova-compute" in s.services for h in s.hosts}
    assert upgraded == {f"cmp{n}" for n in range(3, 7)}
    assert any("nova-compute on cmp1" in sentence for sentence in made.left_out)
