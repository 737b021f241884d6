"""The server as a process: runs go to their end through it, whoever kills it, and it leaves as it should."""

import os
import re
import resource
import signal
import socket
import ssl
import time
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from operating import Operator, Terminal, until
from servers import Served, certificate, comes_to, plan_made, run_begun, state_of

#: Many processes, one after the other.
pytestmark = pytest.mark.timeout(300)
#: A lease that ends soon: for servers that cannot see each other's kernel locks.
SHORT = {"STAIRLIFT_LEASE_TTL": "2"}


def begun_slowly(server: Served, client: httpx2.Client) -> str:
    """A run whose script on cmp1 lasts for as long as there is the file `slow`."""
    server.operator.write("slow", "cmp1")
    run = run_begun(client, plan_made(client), approve=True, yes=True)
    until(lambda: any("cmp1" in call for call in server.operator.calls), 60)
    return run


def goes_on(operator: Operator) -> None:
    (operator.folder / "slow").unlink()


def nothing_twice(operator: Operator) -> bool:
    return len(operator.calls) == len(set(operator.calls)) > 0


# Runs


def test_a_run_goes_to_its_end_through_it(operator):
    with Served(operator) as server, server.asks(name="bob") as client:
        run = run_begun(client, plan_made(client), approve=True, yes=True)
        comes_to(client, run, "done")
        assert nothing_twice(operator)
        events = client.get(f"/v1/runs/{run}/events").json()["events"]
        (begun,) = [event for event in events if event["kind"] == "run.started"]
        assert begun["data"]["actor"] == "bob"
    assert operator.types("status", run, "-o", "json").document["state"] == "done"


def test_what_users_feel_is_measured_from_a_thread_as_well(operator):
    operator.with_strategy('[meter]\nrate = 20\nbaseline = "2s"\nlinger = "60s"\n')
    with Served(operator) as server, server.asks() as client:
        run = run_begun(client, plan_made(client), approve=True, yes=True)
        comes_to(client, run, "done")
        felt = client.get(f"/v1/runs/{run}/availability").json()
        assert felt["requests"] > 0, felt


def test_killed_in_the_middle_and_started_again_it_adopts(operator):
    first = Served(operator, name="first")
    with first.asks() as client:
        run = begun_slowly(first, client)
    first.dies()
    with Served(operator, name="second") as second, second.asks() as client:
        until(lambda: client.get(f"/v1/runs/{run}").json()["attending"]["by"] == "here", 60)
        goes_on(operator)
        comes_to(client, run, "done")
        assert nothing_twice(operator)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_told_to_leave_it_hands_over_to_a_resume(operator, how):
    server = Served(operator)
    with server.asks() as client:
        run = begun_slowly(server, client)
    began = time.monotonic()
    assert server.leaves(how) == 0, server.says
    assert time.monotonic() - began < 15
    assert "the server has left" in server.says
    resumed = operator.begins("resume", run)
    until(lambda: "taken up again" in resumed.stderr.readline(), 60)
    goes_on(operator)
    assert (resumed.wait(120), nothing_twice(operator)) == (0, True)
    resumed.stdout.close()
    resumed.stderr.close()


# Two servers


def taken_over(first: Served, second: Served, operator: Operator) -> None:
    """The first one begins a run and is killed; the second one, which has looked on, brings it to its end."""
    with first.asks(name="ada") as asking, second.asks(name="eve") as looking:
        run = begun_slowly(first, asking)
        assert asking.get(f"/v1/runs/{run}").json()["attending"]["by"] == "here"
        assert looking.get(f"/v1/runs/{run}").json()["attending"]["by"] == "elsewhere"
        first.dies()
        until(lambda: looking.get(f"/v1/runs/{run}").json()["attending"]["by"] == "here", 90)
        goes_on(operator)
        comes_to(looking, run, "done")
        assert nothing_twice(operator)


def test_of_two_with_one_folder_one_orchestrates_and_the_other_takes_over(operator):
    first = Served(operator, name="first")
    with Served(operator, name="second") as second:
        taken_over(first, second, operator)


def test_of_two_with_one_database_the_other_takes_over_when_the_lease_ends(operator, postgres):
    """Two machines: of one state directory they have the attempts alone, so that neither sees the other's locks."""
    operator.environ |= {"STAIRLIFT_DATABASE_URL": postgres.journal(), **SHORT}
    other = operator.folder / "other-state"
    other.mkdir(mode=0o700)
    (operator.folder / "state" / "attempts").mkdir(parents=True, mode=0o700)
    (operator.folder / "state").chmod(0o700)
    (other / "attempts").symlink_to(operator.folder / "state" / "attempts")
    first = Served(operator, name="first")
    with Served(operator, name="second", STAIRLIFT_STATE_DIR=str(other)) as second:
        taken_over(first, second, operator)


# Leaving


def test_a_thousand_idle_streams_keep_nobody_waiting(operator):
    _room_for(1500)
    with Served(operator) as server, server.asks() as client, ExitStack() as opened:
        run = begun_slowly(server, client)
        header = client.headers["Authorization"]
        streams = [opened.enter_context(_stream(server.url, run, header)) for _ in range(1000)]
        assert all(stream.recv(4096).startswith(b"HTTP/1.1 200") for stream in streams)
        assert state_of(client, run) == "running"
        began = time.monotonic()
        assert server.leaves() == 0, server.says
        assert time.monotonic() - began < 30
    goes_on(operator)
    assert operator.types("resume", run).code == 0


def _room_for(files: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))


def _stream(url: str, run: str, authorization: str) -> socket.socket:
    address = httpx2.URL(url)
    made = socket.create_connection((address.host, address.port), 60)
    made.sendall(
        f"GET /v1/runs/{run}/bell HTTP/1.1\r\nHost: {address.host}:{address.port}\r\n"
        f"Accept: text/event-stream\r\nAuthorization: {authorization}\r\n\r\n".encode()
    )
    return made


# The entrance


def test_a_port_that_somebody_has(operator):
    with Served(operator) as server:
        port = httpx2.URL(server.url).port
        answer = operator.types_to_a_process("serve", "--port", port)
        assert (answer.code, "[serve.port_taken]" in answer.err) == (1, True), answer.err


def test_a_certificate_that_cannot_be_used(operator):
    answer = operator.types_to_a_process("serve", "--tls-cert", "nowhere.pem")
    assert (answer.code, "[serve.bad_certificate]" in answer.err) == (2, True), answer.err
    assert "nowhere.pem" in answer.err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of somebody else")
def test_a_state_directory_of_another_user(operator):
    (operator.folder / "state").mkdir()
    os.chown(operator.folder / "state", 12345, 12345)
    answer = operator.types_to_a_process("serve", "--port", "0")
    assert (answer.code, "[state.foreign]" in answer.err) == (2, True), answer.err
    assert "uid 12345" in answer.err


def test_with_a_certificate_it_is_https(operator, tmp_path):
    chain, key = certificate(tmp_path)
    trusted = ssl.create_default_context(cafile=str(chain))
    with Served(operator, "--tls-cert", chain, "--tls-key", key) as server:
        assert server.url.startswith("https://")
        with server.asks(verify=trusted) as client:
            assert client.get("/healthz").json() == {"status": "lives"}
        assert "warning" not in server.says


def test_whoever_lets_others_in_without_tls_is_warned(operator):
    with Served(operator, "--host", "0.0.0.0") as server:
        assert "without TLS" in until(lambda: "warning" in server.says and server.says)


def test_a_proxy_is_believed_only_where_it_is_trusted(operator):
    with Served(operator, "--trust-proxy", "127.0.0.1", name="trusting") as server, server.asks() as client:
        said = {"X-Forwarded-For": "203.0.113.9", "Authorization": "Bearer stl_wrong"}
        for _ in range(11):
            refused = client.get("/v1/tokens", headers=said)
        assert refused.status_code == 429
        assert client.get("/v1/tokens", headers={**said, "X-Forwarded-For": "203.0.113.10"}).status_code == 401
    with Served(operator, name="doubting") as server, server.asks() as client:
        for last in range(11):
            refused = client.get("/v1/tokens", headers={**said, "X-Forwarded-For": f"203.0.113.{last}"})
        assert refused.status_code == 429


def test_at_a_terminal_it_says_how_to_be_let_in(operator):
    terminal = Terminal(operator, "serve", "--port", "0")
    terminal.until("stairlift token create")
    told = re.search(
        r"serving on (\S+) until.*with the code (\S+), once.*\s(\S+/sign-in#\S+)", terminal.text, re.DOTALL
    )
    assert told, terminal.text
    assert told[3] == f"{told[1]}/sign-in#{told[2]}"
    os.kill(terminal.pid, signal.SIGINT)
    assert terminal.leaves() == 0


def test_its_log_names_who_asked_for_what_and_no_secret(operator):
    with Served(operator) as server, server.asks(name="bob") as client:
        asked = client.get(
            "/v1/runs?limit=1", headers={"X-Openstack-Request-Id": f"req-{'0' * 8}-0000-0000-0000-{'0' * 12}"}
        )
        line = until(lambda: next((line for line in server.says.splitlines() if "/v1/runs" in line), None))
    assert "bob GET /v1/runs" in line
    assert "limit" not in line
    assert asked.headers["x-openstack-request-id"] in line
    assert "stl_" not in server.says


def test_the_folder_stays_its_owners_alone(operator):
    with Served(operator):
        state = Path(operator.folder / "state")
        assert state.stat().st_mode & 0o077 == 0
