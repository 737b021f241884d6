"""Nova's face: registry and hypervisors, with what each microversion changes."""

from itertools import chain

import pytest

from stairlift.sandbox.builders import cloud, large
from stairlift.sandbox.scenario_file import load

SERVICES, HYPERVISORS = "/compute/v2.1/os-services", "/compute/v2.1/os-hypervisors/detail"


def services(caller, mv="compute 2.100", query=""):
    return {(s["binary"], s["host"]): s for s in caller.get(SERVICES + query, mv=mv)["services"]}


def test_the_registry_lists_what_reports_and_nothing_else(look):
    found = services(look(cloud(control=1, network=1, compute=2)))
    assert set(found) == {
        ("nova-conductor", "ctl1"),
        ("nova-scheduler", "ctl1"),
        ("nova-compute", "cmp1"),
        ("nova-compute", "cmp2"),
    }
    assert {s["state"] for s in found.values()} == {"up"}
    assert {s["zone"] for (binary, _), s in found.items() if binary == "nova-compute"} == {"nova"}
    assert found["nova-conductor", "ctl1"]["zone"] == "internal"
    assert services(look("demo"), query="?binary=nova-compute&host=cmp3").keys() == {("nova-compute", "cmp3")}


@pytest.mark.parametrize(
    ("mv", "has_forced_down", "id_type"),
    [("", False, int), ("compute 2.11", True, int), ("compute 2.52", True, int), ("compute 2.53", True, str)],
)
def test_ids_and_fields_follow_the_microversion(look, mv, has_forced_down, id_type):
    row = services(look(cloud(compute=1)), mv)["nova-compute", "cmp1"]
    assert isinstance(row["id"], id_type)
    assert ("forced_down" in row) == has_forced_down


def test_the_header_of_before_newton_is_understood_and_the_answer_names_its_version(look):
    caller = look(cloud(compute=1))
    answer = caller.ask("GET", SERVICES, headers={"X-OpenStack-Nova-API-Version": "2.53"})
    assert answer.headers["OpenStack-API-Version"] == "compute 2.53"
    assert isinstance(answer.json()["services"][0]["id"], str)


@pytest.mark.parametrize(
    ("mv", "status"), [("compute 2.101", 406), ("compute x", 400), ("compute latest", 200), ("volume 3.9", 200)]
)
def test_microversions_are_negotiated(look, mv, status):
    assert look(cloud(compute=1)).ask("GET", SERVICES, mv=mv).status_code == status


def test_the_version_document_tells_the_release_of_the_process_that_answers(call):
    caller = call("half-upgraded")
    seen = [caller.get("/compute/v2.1/")["version"]["version"] for _ in range(6)]
    assert seen == ["2.103", "2.100", "2.100"] * 2
    caller.cloud.stop("ctl1", "nova-api")
    assert {caller.get("/compute/v2.1/")["version"]["version"] for _ in range(4)} == {"2.100"}


def test_mitaka_offers_2_25(look):
    assert look("founding").get("/compute")["versions"][1]["version"] == "2.25"


def test_a_stopped_service_goes_down_after_its_time_and_keeps_its_last_report(call):
    caller = call("demo")
    caller.cloud.stop("cmp1", "nova-compute")
    last = services(caller)["nova-compute", "cmp1"]["updated_at"]
    assert services(caller)["nova-compute", "cmp1"]["state"] == "up"
    caller.cloud.advance(8)
    row = services(caller)["nova-compute", "cmp1"]
    assert (row["state"], row["updated_at"]) == ("down", last)
    assert services(caller)["nova-compute", "cmp2"]["state"] == "up"


def test_rows_of_a_cell_that_cannot_be_reached_are_partial(look):
    caller = look("sick")
    rows = caller.get(SERVICES, mv="compute 2.69")["services"]
    partial = [row for row in rows if row["status"] == "UNKNOWN"]
    assert partial == [{"binary": "nova-compute", "host": host, "status": "UNKNOWN"} for host in ("cmp8", "cmp9")]
    older = caller.get(SERVICES, mv="compute 2.68")["services"]
    assert len(older) == len(rows) - 2


def test_the_sick_cloud_shows_each_of_its_ills(look):
    found = services(look("sick"))
    assert found["nova-scheduler", "ctl2"]["state"] == "down"
    assert found["nova-compute", "cmp3"]["status"] == "disabled"
    assert found["nova-compute", "cmp3"]["disabled_reason"] == "broken memory"
    assert (found["nova-compute", "cmp4"]["state"], found["nova-compute", "cmp4"]["forced_down"]) == ("down", True)
    assert ("nova-compute", "cmp7") not in found


def test_disabling_and_forcing_down_a_compute_show_in_its_row(call):
    caller = call("demo")
    row = services(caller)["nova-compute", "cmp1"]
    path, mv = f"{SERVICES}/{row['id']}", "compute 2.100"
    caller.ask("PUT", path, mv=mv, json={"status": "disabled", "disabled_reason": "work"})
    row = services(caller)["nova-compute", "cmp1"]
    assert (row["status"], row["disabled_reason"], row["state"]) == ("disabled", "work", "up")
    shown = caller.ask("PUT", path, mv=mv, json={"forced_down": True}).json()["service"]
    assert (shown["status"], shown["state"], shown["forced_down"]) == ("disabled", "down", True)
    caller.ask("PUT", path, mv=mv, json={"status": "enabled", "forced_down": False})
    row = services(caller)["nova-compute", "cmp1"]
    assert (row["status"], row["disabled_reason"], row["state"]) == ("enabled", None, "up")


def test_before_2_53_services_are_changed_by_name(call):
    caller = call("founding")
    body = {"host": "devstack-2.coreitpro.com", "binary": "nova-compute"}
    assert caller.ask("PUT", f"{SERVICES}/disable-log-reason", json=body | {"disabled_reason": "x"}).status_code == 200
    row = services(caller, "")["nova-compute", "devstack-2.coreitpro.com"]
    assert (row["status"], row["disabled_reason"]) == ("disabled", "x")
    caller.ask("PUT", f"{SERVICES}/enable", json=body)
    assert services(caller, "")["nova-compute", "devstack-2.coreitpro.com"]["status"] == "enabled"


@pytest.mark.parametrize(
    "body", [{}, {"status": "off"}, {"status": "disabled", "disabled_reason": "x" * 256}, {"forced_down": "yes"}]
)
def test_updates_that_make_no_sense_get_400(look, body):
    caller = look(cloud(compute=1))
    path = f"{SERVICES}/{services(caller)['nova-compute', 'cmp1']['id']}"
    assert caller.ask("PUT", path, mv="compute 2.100", json=body).status_code == 400


def test_only_computes_can_be_disabled(look):
    caller = look(cloud())
    path = f"{SERVICES}/{services(caller)['nova-conductor', 'ctl1']['id']}"
    answer = caller.ask("PUT", path, mv="compute 2.100", json={"status": "disabled"})
    assert (answer.status_code, "Only nova-compute" in answer.text) == (400, True)


def test_a_compute_with_servers_is_not_deleted_and_one_without_is(call):
    caller = call("sick")
    stale = services(caller)["nova-compute", "cmp2"]["id"]
    assert caller.ask("DELETE", f"{SERVICES}/{stale}", mv="compute 2.100").status_code == 409
    scheduler = services(caller)["nova-scheduler", "ctl2"]["id"]
    assert caller.ask("DELETE", f"{SERVICES}/{scheduler}", mv="compute 2.100").status_code == 204
    assert ("nova-scheduler", "ctl2") not in services(caller)


def test_hypervisors_come_in_pages_of_at_most_a_thousand(look):
    caller = look(large(1234))
    lengths = [len(page) for page in caller.pages(HYPERVISORS, "hypervisors", mv="compute 2.88")]
    assert lengths == [1000, 234]
    pages = caller.pages(f"{HYPERVISORS}?limit=500", "hypervisors", mv="compute 2.88")
    assert [len(page) for page in pages] == [500, 500, 234]
    assert len({h["id"] for h in chain(*pages)}) == 1234


def test_pages_stay_on_the_interface_that_was_addressed(look):
    caller = look(cloud(compute=3))
    link = caller.get(f"/internal{HYPERVISORS}?limit=2", mv="compute 2.88")["hypervisors_links"][0]["href"]
    assert link.startswith(f"{caller.cloud.url}/internal{HYPERVISORS}?")
    assert len(caller.get(link.removeprefix(caller.cloud.url), mv="compute 2.88")["hypervisors"]) == 1


def test_before_2_33_hypervisors_come_in_one_piece_with_numbers_and_usage(look):
    found = look(cloud(compute=3)).get(f"{HYPERVISORS}?limit=1")["hypervisors"]
    assert len(found) == 3
    assert all(isinstance(h["id"], int) and h["vcpus"] for h in found)
    newer = look(cloud(compute=3)).get(HYPERVISORS, mv="compute 2.88")["hypervisors"]
    assert not any("vcpus" in h for h in newer)


@pytest.mark.parametrize("query", ["limit=x", "limit=-1", "limit=%C2%B2", "marker=nothing"])
def test_pages_that_make_no_sense_get_400(look, query):
    assert look(cloud()).ask("GET", f"{HYPERVISORS}?{query}", mv="compute 2.88").status_code == 400


def test_a_hypervisor_carries_the_pair_of_names_of_its_host(look):
    pairs = {
        h["hypervisor_hostname"]: h["service"]["host"]
        for h in look("ovn").get(HYPERVISORS, mv="compute 2.53")["hypervisors"]
    }
    assert pairs["cmp1.example.com"] == "cmp1"


def test_a_hypervisor_is_down_with_its_compute(call):
    caller = call("demo")
    caller.cloud.stop("cmp2", "nova-compute")
    caller.cloud.advance(10)
    states = {h["hypervisor_hostname"]: h["state"] for h in caller.get(HYPERVISORS, mv="compute 2.88")["hypervisors"]}
    assert states.pop("cmp2") == "down"
    assert set(states.values()) == {"up"}


def test_servers_know_their_host(look):
    caller = look(cloud(compute=2))
    found = caller.get("/compute/v2.1/servers/detail?all_tenants=1&host=cmp2")["servers"]
    assert [s["OS-EXT-SRV-ATTR:host"] for s in found] == ["cmp2", "cmp2"]
    assert {s["status"] for s in found} == {"ACTIVE"}
    one = caller.get(f"/compute/v2.1/servers/{found[0]['id']}")["server"]
    assert one == found[0]


def test_zones_and_aggregates_come_from_the_hosts(look):
    caller = look(large(20))
    zones = caller.get("/compute/v2.1/os-availability-zone")["availabilityZoneInfo"]
    assert {z["zoneName"] for z in zones} == {f"az{n}" for n in range(10)}
    detail = {
        z["zoneName"]: z["hosts"]
        for z in caller.get("/compute/v2.1/os-availability-zone/detail")["availabilityZoneInfo"]
    }
    assert detail["az1"]["cmp01"]["nova-compute"] == {"available": True, "active": True}
    aggregates = caller.get("/compute/v2.1/os-aggregates", mv="compute 2.41")["aggregates"]
    assert {a["name"]: a["hosts"] for a in aggregates}["az3"] == ["cmp03", "cmp13"]


def test_readers_and_system_scope_get_403(look):
    caller = look(cloud(compute=1))
    for login in (caller.log_in(user="reader"), caller.log_in(scope={"system": {"all": True}})):
        token = login.headers["X-Subject-Token"]
        for path in (SERVICES, HYPERVISORS):
            answer = caller.ask("GET", path, token=token)
            assert answer.status_code == 403
            assert answer.json()["forbidden"]["code"] == 403


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/compute/v2.1/os-nothing", "itemNotFound"),
        ("/compute/v2.1/servers/nothing", "itemNotFound"),
        ("/network/v2.0/nothing", "NeutronError"),
        ("/volume/v3/nothing", "itemNotFound"),
        ("/placement/nothing", "errors"),
        ("/nothing", "error"),
        ("/", "error"),
    ],
)
def test_what_is_not_there_gets_404_in_the_form_of_its_service(look, path, key):
    answer = look("cinder").ask("GET", path)
    assert answer.status_code == 404
    assert key in answer.json()


def test_a_method_that_is_not_allowed_gets_405(look):
    assert look(cloud()).ask("POST", SERVICES).status_code == 405


def test_services_that_the_cloud_does_not_have_are_not_there(look):
    caller = look("founding")
    assert {caller.ask("GET", path).status_code for path in ("/placement", "/volume/v3")} == {404}
    assert "volumev3" not in {s["type"] for s in caller.token_answer.json()["token"]["catalog"]}


def test_shipped_scenarios_all_answer(look):
    for name in ("demo", "founding", "ovn", "cinder", "half-upgraded", "sick"):
        caller = look(name)
        hosts = {host.called("nova") for host in load(name).hosts}
        assert {s["host"] for s in caller.get(SERVICES)["services"]} <= hosts
