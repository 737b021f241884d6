"""What no client should send, sent to the real server over real sockets: each time a clear refusal, and it serves on."""

import http.client
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from operating import Operator
from servers import Served

MIB = 2**20


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    operator = Operator(tmp_path_factory.mktemp("server"))
    operator.write("stairlift.toml", "[serve]\naccept_plans = true\n")  # else no plan is read at all
    with Served(operator) as it, it.asks() as client:
        it.token = client.headers["Authorization"]
        yield it
        assert client.get("/v1/tokens").status_code == 200, "it serves on"
        assert "a defect of Stairlift" not in it.says


def connection(server: Served) -> socket.socket:
    address = urlsplit(server.url)
    return socket.create_connection((address.hostname, address.port), timeout=60)


@dataclass(frozen=True)
class Said:
    """An answer as it came."""

    status: int
    headers: str
    body: bytes


def said(server: Served, sent: bytes, method: str = "GET") -> Said:
    """The answer to these bytes."""
    with connection(server) as it:
        with suppress(ConnectionError):  # who has refused need not hear all of it
            it.sendall(sent)
        answer = http.client.HTTPResponse(it, method=method)
        answer.begin()
        return Said(answer.status, str(answer.headers), answer.read())


def head(server: Served, path: str, *more: str, method: str = "GET") -> bytes:
    lines = (f"{method} {path} HTTP/1.1", "Host: stairlift.example", f"Authorization: {server.token}", *more, "", "")
    return "\r\n".join(lines).encode("latin-1")


def memory(server: Served) -> int:
    """MiB that the server has."""
    with Path(f"/proc/{server.process.pid}/status").open() as file:
        return next(int(line.split()[1]) // 1024 for line in file if line.startswith("VmRSS"))


def test_a_plan_of_200_mib_is_refused_and_leaves_nothing_behind(server):
    before = memory(server)
    address = urlsplit(server.url)
    client = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    headers = {"Authorization": server.token, "Content-Type": "application/json"}
    client.request("POST", "/v1/plans", b"x" * (200 * MIB), headers)
    answer = client.getresponse()
    assert (answer.status, b'"request.too_large"' in answer.read()) == (413, True)
    assert memory(server) < before + 100


def test_also_in_pieces_of_which_nobody_says_how_many(server):
    before = memory(server)
    address = urlsplit(server.url)
    client = http.client.HTTPConnection(address.hostname, address.port, timeout=120)
    headers = {"Authorization": server.token, "Content-Type": "application/json", "Transfer-Encoding": "chunked"}
    client.request("POST", "/v1/plans", (b" " * MIB for _ in range(120)), headers, encode_chunked=True)
    answer = client.getresponse()
    assert (answer.status, b'"request.too_large"' in answer.read()) == (413, True)
    assert memory(server) < before + 250


def test_whoever_is_not_known_sends_no_plan_at_all(server):
    sent = "POST /v1/plans HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 90000000\r\n\r\n{"
    assert said(server, sent.encode()).status == 401


def test_a_body_that_does_not_come_is_waited_for_for_a_while(server):
    began = time.monotonic()
    more = ("Content-Type: application/json", "Content-Length: 20")
    answer = said(server, head(server, "/v1/tokens", *more, method="POST") + b'{"name":')
    assert (answer.status, b'"request.too_slow"' in answer.body) == (408, True)
    assert 10 < time.monotonic() - began < 40


@pytest.mark.parametrize(
    "path",
    [
        "/static/../../../../etc/passwd",
        "/static/x/..%2f..%2f..%2fetc%2fpasswd",
        "/static/%2e%2e/%2e%2e/etc/passwd",
        "/v1/runs/..%2f..%2f/attempts",
        "/v1/runs/x/steps/..%2F..%2F..%2Fetc%2Fpasswd/attempts/1/log",
        "/v1/runs/x/steps/%00/attempts/1/log",
        "/v1/runs/%ff%fe",
        "/v1/runs/%ed%a0%80",
        "//etc/passwd",
        "/v1/runs/" + "a" * 20_000,
        "/v1/runs/%0d%0aSet-Cookie:%20x=y",
        "/v1/plans/sha256:%27%20OR%201=1--",
        "/v1/runs?marker=%00",
        "/v1/runs?limit=99999999999999999999999",
        "/v1/runs?cloud=%ff",
        "/v1/clouds/%3Cscript%3E",
    ],
)
def test_paths_that_lead_nowhere(server, path):
    answer = said(server, head(server, path))
    assert answer.status in {200, 400, 404}
    assert b"root:" not in answer.body
    assert "Set-Cookie" not in answer.headers
    assert answer.status == 200 or "application/problem+json" in answer.headers


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 4_000_000 + b"\r\n\r\n",
        b"POST /v1/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345",
        b"POST /v1/tokens HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_http(server, sent):
    try:
        assert said(server, sent).status == 400
    except ConnectionResetError:  # the end of the connection may overtake the answer while we still send
        assert len(sent) > MIB


@pytest.mark.parametrize(
    "value", ["Bearer", "Bearer " + "a" * 8000, "Bearer stl_\xff\xfe", "Bearer stl_" + "/" * 43, "Basic YTpi", "\x01"]
)
def test_tokens_that_are_none(server, value):
    sent = f"GET /v1/tokens HTTP/1.1\r\nHost: x\r\nAuthorization: {value}\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n"
    assert said(server, sent.encode("latin-1")).status in {400, 401}


@pytest.mark.parametrize("method", ["BREW", "TRACE", "OPTIONS", "HEAD"])
def test_methods_that_nobody_knows(server, method):
    assert said(server, head(server, "/v1/tokens", method=method), method).status in {400, 405}
