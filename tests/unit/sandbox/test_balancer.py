"""The load balancer of the sandbox: its runtime socket, who gets requests, and backends that misbehave."""

import csv
import io
import socket
import threading
import time
from dataclasses import replace

import pytest
import requests

from operating import until
from stairlift.sandbox.builders import QUICK, cloud
from stairlift.sandbox.process import SandboxProcess
from stairlift.sandbox.server import Sandbox

from .conftest import Caller

PATH = "/compute/v2.1/"


@pytest.fixture
def balanced(tmp_path):
    with Sandbox(cloud(), haproxy=tmp_path / "haproxy.sock") as running:
        yield Balanced(running, tmp_path / "haproxy.sock")


class Balanced:
    """A cloud and the socket of its load balancer."""

    def __init__(self, running: Sandbox, path) -> None:
        self.cloud, self._path = running, path

    def says(self, command: str) -> str:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self._path))
            connection.sendall(f"{command}\n".encode())
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode()

    def row(self, server: str, section: str = "nova_api") -> dict[str, str]:
        rows = csv.DictReader(io.StringIO(self.says("show stat").removeprefix("# ")))
        return next(row for row in rows if (row["pxname"], row["svname"]) == (section, server))

    def asks(self, path: str = PATH) -> requests.Response:
        return requests.get(self.cloud.url + path, timeout=20)

    def answering(self, times: int = 6) -> set[str | None]:
        return {self.asks().headers.get("X-Sandbox-Backend") for _ in range(times)}

    def directly(self, server: str) -> requests.Response:
        return requests.get(f"http://{self.row(server)['addr']}/v2.1", timeout=20)


@pytest.mark.parametrize(("state", "word"), [("drain", "DRAIN"), ("maint", "MAINT")])
def test_a_server_that_is_not_ready_gets_no_requests_and_answers_at_its_own_address(balanced, state, word):
    assert balanced.answering() == {"ctl1", "ctl2", "ctl3"}
    assert balanced.says(f"set server nova_api/ctl2 state {state}") == "\n"
    assert balanced.row("ctl2")["status"] == word
    assert balanced.answering() == {"ctl1", "ctl3"}
    assert balanced.directly("ctl2").status_code == 200
    balanced.says("set server nova_api/ctl2 state ready")
    assert balanced.answering() == {"ctl1", "ctl2", "ctl3"}


def test_a_drained_server_keeps_its_sessions_until_they_end(balanced):
    balanced.cloud.fault("backend", host="ctl1", binary="nova-api", delay=1.5)
    answers = []
    asking = [threading.Thread(target=lambda: answers.append(balanced.asks().status_code)) for _ in range(3)]
    for one in asking:
        one.start()
    until(lambda: balanced.row("ctl1")["scur"] == "1")
    balanced.says("set server nova_api/ctl1 state drain")
    assert balanced.row("ctl1")["scur"] == "1"
    for one in asking:
        one.join()
    assert (answers, balanced.row("ctl1")["scur"]) == ([200, 200, 200], "0")


def test_a_request_that_is_under_way_when_its_server_is_stopped_is_lost(balanced):
    balanced.cloud.fault("backend", host="ctl1", binary="nova-api", delay=1)
    for other in ("ctl2", "ctl3"):
        balanced.says(f"set server nova_api/{other} state maint")
    answers = []
    asking = threading.Thread(target=lambda: answers.append(balanced.asks().status_code))
    asking.start()
    until(lambda: balanced.row("ctl1")["scur"] == "1")
    balanced.cloud.stop("ctl1", "nova-api")
    asking.join()
    assert answers == [503]


def test_sessions_can_be_held_open(balanced):
    number = balanced.cloud.fault("sessions", host="ctl1", binary="nova-api", count=2, seconds=600)
    assert balanced.row("ctl1")["scur"] == "2"
    balanced.cloud.end_fault(number)
    assert balanced.row("ctl1")["scur"] == "0"
    balanced.cloud.fault("sessions", host="ctl1", binary="nova-api", count=2, seconds=600)
    balanced.says("shutdown sessions server nova_api/ctl1")
    assert balanced.row("ctl1")["scur"] == "0"


def test_where_nobody_is_ready_there_is_no_server(balanced):
    for server in ("ctl1", "ctl2", "ctl3"):
        balanced.says(f"set server nova_api/{server} state maint")
    assert balanced.asks().status_code == 503
    assert balanced.row("BACKEND")["status"] == "DOWN"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("set server nova_api/ctl9 state drain", "No such server."),
        ("set server nowhere/ctl1 state drain", "No such backend."),
        ("set server nova_api state drain", "Require 'backend/server'."),
        ("set server nova_api/ctl1 state off", "expects 'ready', 'drain' and 'maint'"),
        ("do something", "Unknown command"),
    ],
)
def test_what_makes_no_sense_is_told(balanced, command, answer):
    assert answer in balanced.says(command)


def test_several_commands_in_a_line(balanced):
    balanced.says("set server nova_api/ctl1 state maint; set server nova_api/ctl2 state maint")
    assert balanced.answering() == {"ctl3"}


def test_a_stopped_server_is_down_at_once_where_checks_are_quick(balanced):
    balanced.cloud.stop("ctl1", "nova-api")
    assert balanced.row("ctl1")["status"] == "DOWN"
    assert balanced.answering() == {"ctl2", "ctl3"}


def test_until_the_checks_notice_a_stopped_server_costs_requests(call):
    caller = call(replace(cloud(), timing=replace(QUICK, notice=3600)))
    caller.cloud.stop("ctl1", "nova-api")
    assert [caller.ask("GET", PATH).status_code for _ in range(6)].count(503) == 2
    caller.cloud.advance(3601)
    assert [caller.ask("GET", PATH).status_code for _ in range(6)].count(503) == 0


@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_one_backend_answers_badly_through_the_balancer_and_by_itself(balanced, status):
    number = balanced.cloud.fault("backend", host="ctl2", binary="nova-api", status=status)
    assert sorted(balanced.asks().status_code for _ in range(6)) == sorted([200] * 4 + [status] * 2)
    assert balanced.directly("ctl2").status_code == status
    balanced.cloud.end_fault(number)
    assert balanced.directly("ctl2").status_code == 200


def test_a_slow_backend_is_slow_only_itself(balanced):
    balanced.cloud.fault("backend", host="ctl2", binary="nova-api", delay=0.6, times=1)
    begin = time.monotonic()
    assert balanced.directly("ctl2").status_code == 200
    assert time.monotonic() - begin >= 0.6
    assert balanced.cloud._ask("GET", "faults")["faults"] == []


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "backend", "host": "ctl1", "binary": "nova-api"},
        {"kind": "backend", "host": "ctl1", "binary": "nova-api", "status": 200},
        {"kind": "migration", "of": "vm", "how": "explode"},
        {"kind": "sessions", "host": "ctl1", "binary": "nova-api"},
    ],
)
def test_faults_that_make_no_sense_get_400(call, fault):
    assert call(cloud()).ask("POST", "/_sandbox/faults", json=fault).status_code == 400


def test_a_full_disk_a_database_that_fails_and_their_end(call):
    caller = call("demo")
    full = caller.cloud.fault("full-disk", host="cmp1")
    body = {"to": "2025.1"}
    answer = caller.ask("POST", "/_sandbox/hosts/cmp1/programs/nova-compute/upgrade", json={"to": "2025.2"})
    assert (answer.status_code, "No space left" in answer.text) == (409, True)
    caller.cloud.end_fault(full)
    caller.cloud.fault("database", project="nova", step="expand", times=1)
    codes = [caller.ask("POST", "/_sandbox/db/nova/expand", json=body).status_code for _ in range(2)]
    assert codes == [409, 200]


def test_the_runtime_socket_of_a_process(tmp_path):
    with SandboxProcess("demo", tmp_path, haproxy=tmp_path / "sock") as running:
        assert Balanced(running, tmp_path / "sock").row("ctl1")["status"] == "UP"


def test_too_many_requests_in_novas_form(balanced):
    caller = Caller(balanced.cloud)
    caller.cloud.fault("http", path="/os-services", status=429)
    assert caller.ask("GET", "/compute/v2.1/os-services").json()["overLimit"]["code"] == 429
