"""The faces of the projects that few clouds have, and the processes of APIs by addresses of their own."""

import pytest
import requests

from stairlift.model.release import Release
from stairlift.sandbox.api.tokens import PROJECT_ID
from stairlift.sandbox.scenario import HostSpec, ProgramSpec, Scenario
from stairlift.sandbox.server import Sandbox

HEAT = f"/orchestration/v1/{PROJECT_ID}/services"
SEGMENTS = f"/instance-ha/v1/{PROJECT_ID}/segments"
LISTS = {
    HEAT: "services",
    "/container-infra/v1/mservices": "mservices",
    "/infra-optim/v1/services/detail": "services",
    "/container/v1/services": "services",
    "/dns/v2/service_statuses": "service_statuses",
    "/load-balancer/v2/octavia/amphorae": "amphorae",
    "/load-balancer/v2/lbaas/providers": "providers",
    "/reservation/v1/os-hosts": "hosts",
    SEGMENTS: "segments",
}


@pytest.mark.parametrize(("path", "name"), LISTS.items())
def test_lists_are_for_administrators(look, path, name):
    caller = look("everything")
    assert caller.get(path)[name]
    assert caller.ask("GET", path, token="").status_code == 401


@pytest.mark.parametrize(
    "api",
    [
        "orchestration",
        "share",
        "baremetal",
        "dns",
        "load-balancer",
        "container-infra",
        "instance-ha",
        "infra-optim",
        "container",
        "reservation",
    ],
)
def test_each_has_a_version_document_without_a_token(look, api):
    answer = look("everything").ask("GET", f"/{api}", token="")
    assert answer.status_code in (200, 300)
    assert answer.json()["versions"][0]["id"].startswith("v")


def test_they_are_in_no_catalog_where_they_do_not_run(look):
    types = {s["type"] for s in look("demo").get("/identity/v3/auth/catalog")["catalog"]}
    assert types == {"identity", "compute", "network", "image", "placement"}
    assert look("demo").ask("GET", HEAT).status_code == 404


def test_manila_s_path_and_ironic_s_list_came_with_a_microversion(look):
    caller = look("everything")
    assert caller.ask("GET", "/share/v2/services").status_code == 404
    assert caller.get("/share/v2/os-services", mv="shared-file-system 2.6")["services"]
    hosts = {row["host"] for row in caller.get("/share/v2/services", mv="shared-file-system 2.7")["services"]}
    assert {"stor1@cephfs", "stor1@nfs", "ctl1"} <= hosts
    assert caller.ask("GET", "/baremetal/v1/conductors").status_code == 404
    header = {"X-OpenStack-Ironic-API-Version": "1.49"}
    assert len(caller.get("/baremetal/v1/conductors", headers=header)["conductors"]) == 2


def test_pages_of_each_kind(look):
    caller = look("everything")
    page = caller.get("/dns/v2/service_statuses?limit=5")
    assert len(page["service_statuses"]) == 5
    second = caller.get(page["links"]["next"].removeprefix(caller.cloud.url))
    assert not {r["id"] for r in page["service_statuses"]} & {r["id"] for r in second["service_statuses"]}
    assert "next" in caller.get("/infra-optim/v1/services/detail?limit=2")
    assert "amphorae_links" in caller.get("/load-balancer/v2/octavia/amphorae?limit=2")
    assert "next" in caller.get("/baremetal/v1/conductors?limit=1", mv="baremetal 1.49")


def test_designate_has_twenty_rows_on_a_page_unless_more_are_asked_for(look):
    programs = tuple(ProgramSpec(f"designate-{name}") for name in ("api", "central", "worker", "producer"))
    hosts = tuple(HostSpec(f"ctl{n}", (*programs, ProgramSpec("keystone"))) for n in range(9))
    caller = look(Scenario("names", Release.parse("2025.1"), hosts))
    assert len(caller.get("/dns/v2/service_statuses")["service_statuses"]) == 20
    assert len(caller.get("/dns/v2/service_statuses?limit=1000")["service_statuses"]) == 27


def test_an_engine_of_heat_leaves_the_rows_of_its_processes_behind(call):
    caller = call("everything")

    def rows(host="ctl1"):
        return [r for r in caller.get(HEAT)["services"] if r["hostname"] == host]

    before = {r["engine_id"] for r in rows()}
    assert len(before) == 2
    caller.cloud.restart("ctl1", "heat-engine")
    caller.cloud.advance(10)
    now = rows()
    assert {r["engine_id"] for r in now if r["status"] == "down"} == before
    assert len({r["engine_id"] for r in now if r["status"] == "up"}) == 2


def test_a_dead_service_looks_up_in_designate_and_down_in_the_others(call):
    caller = call("everything")
    for binary in ("designate-worker", "watcher-applier", "magnum-conductor"):
        caller.cloud.stop("ctl1", binary)
    caller.cloud.advance(100)
    statuses = caller.get("/dns/v2/service_statuses")["service_statuses"]
    assert {r["status"] for r in statuses} == {"UP"}
    ages = {r["heartbeated_at"] for r in statuses if (r["hostname"], r["service_name"]) == ("ctl1", "worker")}
    assert max(ages) < min(r["heartbeated_at"] for r in statuses if r["hostname"] == "ctl2")
    applier = [r for r in caller.get("/infra-optim/v1/services/detail")["services"] if r["name"] == "watcher-applier"]
    assert {r["host"]: r["status"] for r in applier}["ctl1"] == "FAILED"
    conductors = caller.get("/container-infra/v1/mservices")["mservices"]
    assert {r["host"]: r["state"] for r in conductors} == {"ctl1": "down", "ctl2": "up", "ctl3": "up"}


def test_masakari_and_blazar_name_the_hosts_of_computes(look):
    caller = look("everything")
    (segment,) = caller.get(SEGMENTS)["segments"]
    assert [h["name"] for h in caller.get(f"{SEGMENTS}/{segment['uuid']}/hosts")["hosts"]] == ["cmp1", "cmp2"]
    assert [h["hypervisor_hostname"] for h in caller.get("/reservation/v1/os-hosts")["hosts"]] == ["cmp1", "cmp2"]


@pytest.fixture
def doors():
    with Sandbox("half-upgraded", doors=True) as cloud:
        yield cloud


def statistics(cloud):
    header, *rows = requests.get(cloud.haproxy.removeprefix("haproxy:"), timeout=9).text.split("\n")
    columns = header.removeprefix("# ").split(",")
    return [dict(zip(columns, row.split(","), strict=True)) for row in rows if row]


def test_each_process_of_an_api_answers_by_its_own_address(doors):
    servers = [row for row in statistics(doors) if row["type"] == "2" and row["pxname"] == "nova_api"]
    versions = {
        row["svname"]: requests.get(f"http://{row['addr']}/", timeout=9).json()["versions"][-1]["version"]
        for row in servers
    }
    assert versions == {"ctl1": "2.103", "ctl2": "2.100", "ctl3": "2.100"}


def test_nobody_is_behind_the_door_of_a_process_that_stopped(doors):
    doors.stop("ctl2", "nova-api")
    (row,) = [r for r in statistics(doors) if (r["pxname"], r["svname"]) == ("nova_api", "ctl2")]
    assert row["status"] == "DOWN"
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://{row['addr']}/", timeout=9)
