"""One GET by itself: real servers on the loopback that redirect, break off or speak something else."""

import socket
import threading
from contextlib import contextmanager
from http.client import BadStatusLine, IncompleteRead

import pytest

from stairlift.openstack.direct import NOBODY, Address, Response, get, root_of

WITHIN = 20.0


@contextmanager
def saying(*answers: bytes):
    """A server that hears a request on each connection, says one of these and hangs up; its port, and what it heard."""
    heard: list[bytes] = []

    def serve() -> None:
        for answer in answers:
            connection, _ = server.accept()
            with connection:
                heard.append(connection.recv(1 << 16))
                connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], heard
        thread.join(WITHIN)


def here(port: int, path: str = "/") -> Address:
    return Address(secure=False, host="127.0.0.1", port=port, path=path)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://api.lab", Address(False, "api.lab", None, "/")),
        ("https://api.lab:8774/v2.1/servers?limit=1", Address(True, "api.lab", 8774, "/v2.1/servers?limit=1")),
        ("http://[2001:db8::1]:9696/", Address(False, "2001:db8::1", 9696, "/")),
        ("https://ada:secret@api.lab/", Address(True, "api.lab", None, "/")),
    ],
)
def test_what_a_url_says(url, address):
    assert Address.of(url) == address


@pytest.mark.parametrize("url", ["", "nonsense", "http://", "http:///v3", "https://[::1", "http://api.lab:99999/"])
def test_who_names_no_host_is_not_sent_to_this_machine(url):
    with pytest.raises(ValueError):
        Address.of(url)


def test_what_was_said_and_what_was_heard():
    with saying(b"HTTP/1.1 300 Multiple Choices\r\nContent-Length: 2\r\n\r\n{}") as (port, heard):
        answer = get(here(port, "/v3?a=b"), {**NOBODY, "X-Auth-Token": "t"}, within=WITHIN)
    assert (answer.status, answer.document) == (300, {})
    (request,) = heard
    assert request.startswith(b"GET /v3?a=b HTTP/1.1\r\n")
    assert b"Connection: close" in request


def test_a_redirect_is_an_answer_and_the_token_goes_nowhere_else():
    with saying() as (trap, trapped):
        redirect = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{trap}/\r\nContent-Length: 0\r\n\r\n".encode()
        with saying(redirect) as (port, heard):
            assert get(here(port), {"X-Auth-Token": "secret"}, within=WITHIN).status == 302
    assert len(heard) == 1
    assert trapped == []


def test_what_breaks_off_is_no_answer():
    with saying(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{") as (port, _), pytest.raises(IncompleteRead):
        get(here(port), NOBODY, within=WITHIN)


def test_who_says_nothing_is_not_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(TimeoutError):
        get(here(mute.getsockname()[1]), NOBODY, within=0.2)


def test_what_is_no_http_is_no_answer():
    with saying(b"SSH-2.0-OpenSSH_9.2\r\n") as (port, _), pytest.raises(BadStatusLine):
        get(here(port), NOBODY, within=WITHIN)


def test_what_is_no_json_has_no_document():
    assert Response(200, b"<html>").document is None


@pytest.mark.parametrize("tls", [False, True])
def test_the_root_of_a_process_that_speaks_something_else(tls):
    with saying(b"SSH-2.0-OpenSSH_9.2\r\n") as (port, _):
        assert root_of("127.0.0.1", port, tls=tls) is None


def test_the_root_of_a_process_is_asked_for_without_credentials():
    with saying(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\ndown") as (port, heard):
        assert root_of("127.0.0.1", port, tls=False) == Response(503, b"down")
    (request,) = heard
    assert not any(name in request.lower() for name in (b"authorization", b"cookie", b"x-auth-token"))


def test_nobody_at_the_root():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionRefusedError):
            root_of("127.0.0.1", taken.getsockname()[1], tls=False)
