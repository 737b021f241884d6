"""The servers behind load balancers, placed on hosts."""

from dataclasses import replace

import pytest

from planning import planned
from stairlift.model.observation import ApiVersion, BackendRecord, HypervisorRecord, ServiceRecord
from stairlift.reconcile import reconcile
from stairlift.testing.clouds import CloudBuilder, a_cloud

SOURCE = "haproxy:/run/haproxy.sock"
NOVA = BackendRecord("nova_api", "ctl1", "192.0.2.1", "nova-api", "up", "enabled", 8774)


def cloud(*records, **machines):
    """Two conductors, and what a load balancer says; `machines` are addresses that an inventory knows."""
    made = CloudBuilder().reporting("ctl1", "nova-conductor").reporting("ctl2", "nova-conductor")
    for host, address in machines.items():
        made = made.placed(host, "nova-conductor", address=address)
    return made.saying(SOURCE, *records)


def seen(built, **aliases):
    return reconcile(built.observations(), name="lab", aliases={k.replace("_", "."): v for k, v in aliases.items()})


def placed(built, **aliases):
    found = seen(built, **aliases).cloud.services
    return {(s.binary, s.host): s for s in found if SOURCE in s.sources}


def found(built, code, **aliases):
    return [f for f in seen(built, **aliases).findings if f.code == code]


def test_the_address_leads_to_the_host_whatever_the_server_is_called():
    built = cloud(replace(NOVA, server="srv7"), ctl2="192.0.2.1")
    assert set(placed(built)) == {("nova-api", "ctl2")}


def test_a_hypervisor_s_own_address_leads_to_it_too():
    built = cloud(replace(NOVA, server="srv7")).saying(
        "nova-hypervisors", HypervisorRecord("ctl2.example.com", "ctl2", "up", "enabled", "192.0.2.1")
    )
    assert set(placed(built)) == {("nova-api", "ctl2")}


def test_an_address_that_two_machines_claim_leads_nowhere():
    built = cloud(replace(NOVA, server="srv7"), ctl1="192.0.2.1", ctl2="192.0.2.1")
    assert placed(built) == {}
    assert found(built, "backend.unplaced")


def test_the_name_of_the_server_leads_to_the_host_that_is_called_so():
    service = placed(cloud(NOVA))["nova-api", "ctl1"]
    assert (service.state, service.status, service.project, service.plane) == ("up", "enabled", "nova", "control")
    assert [i.name for i in service.instances] == ["nova_api/ctl1"]


def test_a_container_s_name_leads_to_its_machine():
    built = cloud(replace(NOVA, server="ctl1-nova-api-container-1a2b")).placed(
        "ctl1_nova_api_container-1a2b", "nova-api", node="ctl1"
    )
    built = built.placed("ctl1_nova_api_container_1a2b", "nova-api", node="ctl1")
    assert set(placed(built)) == {("nova-api", "ctl1")}


def test_a_server_that_nobody_knows_makes_no_host_and_is_told():
    built = cloud(replace(NOVA, server="ctl9"), replace(NOVA, server="ctl9", proxy="keystone", binary="keystone"))
    (finding,) = found(built, "backend.unplaced")
    assert placed(built) == {}
    assert [h.name for h in seen(built).cloud.hosts] == ["ctl1", "ctl2"]
    assert (finding.subject, finding.severity) == ("ctl9", "warning")
    assert "keystone, nova-api" in finding.message


def test_the_alias_that_the_finding_advises_places_it():
    built = cloud(replace(NOVA, server="ctl9"))
    assert set(placed(built, ctl9="ctl2")) == {("nova-api", "ctl2")}
    assert found(built, "backend.unplaced", ctl9="ctl2") == []


def test_an_alias_of_the_address_places_it_even_on_a_host_that_only_the_operator_knows():
    built = cloud(replace(NOVA, server="ctl9"))
    assert set(placed(built, **{"192_0_2_1": "api-only"})) == {("nova-api", "api-only")}


def test_a_name_that_only_looks_alike_does_not_place():
    assert placed(cloud(replace(NOVA, server="ctl1.example.com"))) == {}


def test_internal_and_external_sections_are_one_service():
    service = placed(cloud(NOVA, replace(NOVA, proxy="nova_api_external", state="down")))["nova-api", "ctl1"]
    assert service.state == "up"
    assert len(service.instances) == 2


@pytest.mark.parametrize(
    ("state", "status", "code"), [("down", "enabled", "backend.down"), ("unknown", "disabled", "backend.maintenance")]
)
def test_a_server_that_serves_nobody_is_a_finding(state, status, code):
    built = cloud(replace(NOVA, state=state, status=status), replace(NOVA, server="ctl2"))
    (finding,) = found(built, code)
    assert (finding.subject, finding.severity) == ("nova-api@ctl1", "warning")
    assert found(built, "record.stale") == []
    service = placed(built)["nova-api", "ctl1"]
    assert (service.state, service.status) == (state, status)


def test_healthy_servers_are_no_findings():
    codes = {f.code for f in seen(cloud(NOVA, replace(NOVA, server="ctl2"))).findings}
    assert not {code for code in codes if code.startswith("backend.")}


def test_databases_behind_it_are_infrastructure():
    database = replace(NOVA, proxy="mariadb", binary="mariadb", port=3306, state="down")
    result = seen(cloud(database))
    assert [(s.binary, s.host) for s in result.cloud.infrastructure] == [("mariadb", "ctl1")]
    assert "mariadb" not in {s.binary for s in result.cloud.services}


def test_a_section_that_nobody_knows_is_told_once():
    unknown = replace(NOVA, proxy="grafana", binary=None)
    (finding,) = found(cloud(unknown, replace(unknown, server="ctl2")), "backend.unknown")
    assert (finding.severity, finding.subject) == ("info", SOURCE)


def test_a_guess_by_the_port_is_told():
    (finding,) = found(cloud(replace(NOVA, proxy="web1", by_port=True)), "backend.by_port")
    assert "8774" in finding.message


def test_a_section_keeps_the_name_of_a_program_that_was_replaced():
    built = cloud(replace(NOVA, proxy="neutron_server", binary="neutron-server")).placed("ctl1", "neutron-api")
    assert set(placed(built)) == {("neutron-api", "ctl1")}


def test_an_api_that_is_placed_is_not_unplaced_and_gets_its_step():
    built = a_cloud().without("ansible:hosts")
    assert {f.subject for f in found(built, "api.unplaced")} >= {"nova-api", "keystone"}
    behind = [replace(NOVA, server=f"ctl{n}", proxy=p, binary=p) for n in (1, 2, 3) for p in ("nova-api", "keystone")]
    built = built.saying(SOURCE, *behind)
    assert not {f.subject for f in found(built, "api.unplaced")} & {"nova-api", "keystone"}
    steps = [s for s in planned(built).steps if s.action == "upgrade" and "nova-api" in s.services]
    assert {host for step in steps for host in step.hosts} == {"ctl1", "ctl2", "ctl3"}


def api(kind, maximum, server):
    return ApiVersion(kind, maximum, f"http://192.0.2.{server[-1]}:1/", server)


def test_backends_of_two_releases_are_an_upgrade_that_stopped():
    told = (api("compute", "2.103", "ctl1"), api("compute", "2.100", "ctl2"), api("compute", "2.100", "ctl3"))
    built = a_cloud(microversion="2.100").saying(SOURCE, *told)
    (finding,) = found(built, "release.unfinished")
    assert "compute API says 2.103 on 1 of 3 backends (ctl1)" in finding.message
    assert "compute API says 2.100 on 2 of 3 backends (ctl2, ctl3)" in finding.message


def test_backends_that_agree_are_counted():
    told = (api("compute", "2.100", "ctl1"), api("compute", "2.100", "ctl2"))
    texts = [e.text for e in seen(a_cloud().saying(SOURCE, *told)).cloud.release.evidence]
    assert texts == ["compute API says 2.100 on 2 backends"]


def test_versions_that_prove_nothing_still_show_that_backends_differ():
    built = cloud(api("image", "2.16", "ctl1"), api("image", "2.17", "ctl2"), api("identity", "3.14", "ctl1"))
    (finding,) = found(built, "backend.versions")
    assert finding.subject == "image"
    assert "2.16 on ctl1; 2.17 on ctl2" in finding.message


def test_registries_rows_still_go_stale():
    row = ServiceRecord("heat-engine", "ctl1", "enabled", "down", None)
    assert [f.severity for f in found(cloud().saying("heat-services", row), "record.stale")] == ["warning"]
