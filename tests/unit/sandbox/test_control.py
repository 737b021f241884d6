"""The sandbox's own interface: work on the cloud, and what goes wrong on request."""

import pytest
import requests

from stairlift.sandbox.builders import cloud
from stairlift.sandbox.client import SandboxError

SERVICES = "/compute/v2.1/os-services"


def program(sandbox, host, binary):
    return sandbox.state()["hosts"][host]["programs"][binary]


def refused(work):
    with pytest.raises(SandboxError) as error:
        work()
    return error.value


def test_an_upgrade_without_expanded_database_is_refused_with_409(sandbox):
    it = sandbox(cloud(control=1))
    error = refused(lambda: it.upgrade("ctl1", "nova-conductor", "2026.1"))
    assert (error.status, "expand it to 2026.1 first" in error.brief) == (409, True)
    assert program(it, "ctl1", "nova-conductor")["release"] == "2025.1"
    it.database("nova", "expand", "2026.1")
    it.upgrade("ctl1", "nova-conductor", "2026.1")
    now = program(it, "ctl1", "nova-conductor")
    assert (now["release"], now["state"], now["starts"]) == ("2026.1", "running", 1)
    assert it.state()["databases"]["nova"] == {"expanded": "2026.1", "migrated": "2025.1", "contracted": "2025.1"}


def test_stop_start_and_restart(sandbox):
    it = sandbox(cloud())
    it.stop("cmp1", "nova-compute")
    assert program(it, "cmp1", "nova-compute")["state"] == "stopped"
    it.start("cmp1", "nova-compute", wait=False)
    assert program(it, "cmp1", "nova-compute")["state"] == "starting"
    it.restart("cmp1", "nova-compute")
    assert program(it, "cmp1", "nova-compute") | {"state": "running", "starts": 2} == program(
        it, "cmp1", "nova-compute"
    )


def test_a_step_does_all_its_services_and_answers_when_they_are_up(sandbox):
    it = sandbox(cloud(control=1))
    for project in ("keystone", "nova"):
        it.step("ctl1", "db-expand", project=project, services="x", to="2026.1")
    names = ["keystone", "nova-conductor", "nova-scheduler"]
    assert it.step("ctl1", "upgrade", services=",".join(names), to="2026.1")["changed"]
    assert {program(it, "ctl1", name)["state"] for name in names} == {"running"}
    assert {program(it, "ctl1", name)["release"] for name in names} == {"2026.1"}
    assert not it.step("ctl1", "upgrade", services=names, to="2026.1")["changed"]
    assert it.step("ctl1", "unpin", services="nova-conductor", to="2026.1")["changed"]
    assert program(it, "ctl1", "nova-conductor")["starts"] == 2
    done = [(e["action"], e["subject"], e["release"]) for e in it.events()]
    assert done[:3] == [
        ("db-expand", "keystone", "2026.1"),
        ("db-expand", "nova", "2026.1"),
        ("upgrade", "keystone", "2026.1"),
    ]


def test_the_last_hop_of_a_project_is_migrated_and_contracted(sandbox):
    it = sandbox(cloud(control=1))
    it.database("glance", "expand", "2026.1")
    it.upgrade("ctl1", "glance-api", "2026.1")
    it.step("ctl1", "db-migrate", project="glance", to="2026.1")
    it.step("ctl1", "db-contract", project="glance", to="2026.1")
    assert set(it.state()["databases"]["glance"].values()) == {"2026.1"}
    assert refused(lambda: it.upgrade("ctl1", "glance-api", "2025.1")).status == 409


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("hosts/ctl9/programs/keystone/restart", {}, 404),
        ("hosts/ctl1/programs/nothing/restart", {}, 404),
        ("hosts/ctl1/programs/keystone/paint", {}, 404),
        ("hosts/ctl1/programs/keystone/upgrade", {}, 400),
        ("hosts/ctl1/programs/keystone/upgrade", {"to": "gazpacho!"}, 400),
        ("hosts/ctl1/steps", {"action": "drain", "services": "keystone", "to": "2026.1"}, 400),
        ("hosts/ctl1/steps", {"action": "upgrade", "services": "", "to": "2026.1"}, 400),
        ("hosts/ctl1/steps", {"action": "db-drop", "project": "nova", "to": "2026.1"}, 400),
        ("hosts/ctl1/steps", {"action": "upgrade", "services": "nova-compute", "to": "2026.1"}, 404),
        ("db/nova/drop", {"to": "2026.1"}, 404),
        ("db/heat/expand", {"to": "2026.1"}, 404),
        ("clock", {"advance": -1}, 400),
        ("faults", {"kind": "plague"}, 400),
        ("faults", {"kind": "http"}, 400),
        ("faults", {"kind": "http", "path": "/", "status": 200}, 400),
        ("faults", {"kind": "http", "path": "/", "damage": "some"}, 400),
        ("faults", {"kind": "http", "path": "/", "colour": "red"}, 400),
        ("faults", {"kind": "http", "path": "/", "times": 0}, 400),
        ("faults", {"kind": "host-dies", "host": "nothing"}, 404),
        ("faults", {"kind": "crash", "host": "ctl1"}, 400),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(look, path, body, status):
    answer = look(cloud(control=1)).ask("POST", f"/_sandbox/{path}", json=body)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_bad_json_gets_400(look):
    assert look(cloud()).ask("POST", "/_sandbox/hosts/ctl1/steps", data=b"{").status_code == 400


def test_a_program_that_crashes_fails_the_one_who_waits(sandbox):
    it = sandbox(cloud())
    it.fault("crash", host="cmp1", binary="nova-compute", times=1)
    error = refused(lambda: it.restart("cmp1", "nova-compute"))
    assert (error.status, "has left while it started" in error.brief) == (500, True)
    it.restart("cmp1", "nova-compute")
    assert program(it, "cmp1", "nova-compute")["state"] == "running"


def test_a_mute_program_seems_to_run_and_never_reports(sandbox):
    it = sandbox(cloud())
    before = program(it, "cmp1", "nova-compute")["reported"]
    number = it.fault("mute", host="cmp1", binary="nova-compute")
    it.restart("cmp1", "nova-compute")
    it.advance(30)
    now = program(it, "cmp1", "nova-compute")
    assert now["state"] == "running"
    assert before <= now["reported"] < now["since"]
    assert number in {fault["id"] for fault in it._ask("GET", "faults")["faults"]}


def test_a_dead_host_refuses_work_until_the_fault_ends(sandbox):
    it = sandbox(cloud())
    it.fault("host-dies", host="cmp1")
    assert not it.state()["hosts"]["cmp1"]["alive"]
    assert refused(lambda: it.upgrade("cmp1", "nova-compute", "2026.1")).status == 503
    it.clear_faults()
    assert it.state()["hosts"]["cmp1"]["alive"]
    it.restart("cmp1", "nova-compute")


def test_a_fault_hits_as_often_as_was_asked_for_and_only_its_path(call):
    caller = call(cloud())
    caller.cloud.fault("http", path="/os-services", status=503, times=2)
    assert [caller.ask("GET", SERVICES).status_code for _ in range(3)] == [503, 503, 200]
    number = caller.cloud.fault("http", path="*/agents", method="get", status=403)
    assert caller.ask("GET", "/network/v2.0/agents").status_code == 403
    assert caller.ask("GET", SERVICES).status_code == 200
    assert caller.ask("DELETE", f"/_sandbox/faults/{number}").status_code == 204
    assert caller.ask("GET", "/network/v2.0/agents").status_code == 200
    assert caller.ask("DELETE", f"/_sandbox/faults/{number}").status_code == 404


def test_half_a_body_breaks_off(call):
    caller = call(cloud())
    whole = caller.ask("GET", SERVICES)
    caller.cloud.fault("http", path="/os-services", damage="truncate", times=1)
    answer = caller.ask("GET", SERVICES, stream=True)
    assert int(answer.headers["Content-Length"]) == len(whole.content)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        _ = answer.content
    assert caller.ask("GET", SERVICES).status_code == 200


def test_a_reset_is_a_reset(call):
    caller = call(cloud())
    caller.cloud.fault("http", path="/os-services", damage="reset", times=1)
    with pytest.raises(requests.exceptions.ConnectionError, match="reset"):
        caller.ask("GET", SERVICES)
    assert caller.ask("GET", SERVICES).status_code == 200


def test_a_delay_outlasts_a_client_that_will_not_wait(call):
    caller = call(cloud())
    caller.cloud.fault("http", path="/os-services", delay=0.4, times=1)
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.get(caller.cloud.url + SERVICES, headers={"X-Auth-Token": caller.token}, timeout=0.2)
    assert caller.ask("GET", SERVICES).status_code == 200


def test_the_log_has_the_requests_to_the_cloud_and_no_others(call):
    caller = call(cloud())
    caller.ask("GET", f"{SERVICES}?binary=nova-compute")
    caller.ask("GET", "/internal/network/v2.0/agents", token="none")
    seen = [(r["method"], r["path"], r["query"], r["status"]) for r in caller.cloud.log()]
    assert seen == [
        ("POST", "/identity/v3/auth/tokens", "", 201),
        ("GET", SERVICES, "binary=nova-compute", 200),
        ("GET", "/internal/network/v2.0/agents", "", 401),
    ]


def test_answers_are_dated_by_the_clouds_own_clock(call):
    caller = call(cloud())
    before = caller.ask("GET", SERVICES).headers["Date"]
    caller.cloud.advance(24 * 3600)
    after = caller.ask("GET", SERVICES, token="").headers["Date"]
    assert before[:16] != after[:16]


def test_the_load_balancer_takes_turns_and_leaves_out_what_is_down(call):
    caller = call(cloud(control=3))
    seen = [caller.ask("GET", "/compute/v2.1").headers["X-Sandbox-Backend"] for _ in range(3)]
    assert sorted(seen) == ["ctl1", "ctl2", "ctl3"]
    caller.cloud.stop("ctl2", "nova-api")
    assert {caller.ask("GET", "/compute/v2.1").headers["X-Sandbox-Backend"] for _ in range(4)} == {"ctl1", "ctl3"}
