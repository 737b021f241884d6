"""Connections over real sockets: who does not finish a request is dropped, and there are only so many."""

import asyncio
import socket
import threading
import time
from contextlib import contextmanager

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse

from operating import until
from stairlift.web import connections
from stairlift.web.connections import Connection


async def counting(scope, receive, send):
    """Answers with how many bytes came."""
    found = await Request(scope, receive).body()
    await PlainTextResponse(str(len(found)))(scope, receive, send)


class Watched(Connection):
    """Tells what nobody sees from outside."""

    last: "Watched"
    looked = threading.Event()

    def connection_made(self, transport) -> None:
        type(self).last = self
        super().connection_made(transport)

    def _hurry(self) -> None:
        super()._hurry()
        self.looked.set()


@contextmanager
def serving(app=counting):
    Watched.looked.clear()
    config = uvicorn.Config(
        app, port=0, http=Watched, ws="none", lifespan="off", log_config=None, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()
    finally:
        server.should_exit = True
        thread.join(20)


@contextmanager
def connected(address):
    with socket.create_connection(address, 30) as client:
        yield client


def answered(client: socket.socket) -> bool:
    """Whether the whole answer to a request without a body has come; it may come in pieces."""
    found = b""
    while not found.endswith(b"\r\n\r\n0") and (piece := client.recv(4096)):
        found += piece
    return found.startswith(b"HTTP/1.1 200")


def says(client: socket.socket) -> bytes:
    """All that comes until the other end closes; nothing where it is cut off."""
    found = b""
    try:
        while piece := client.recv(4096):
            found += piece
    except ConnectionResetError:
        pass
    return found


@pytest.fixture
def hasty(monkeypatch):
    monkeypatch.setattr(connections, "_PATIENCE", 0.3)


@pytest.mark.parametrize(
    "begun",
    [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nfour"],
)
def test_who_does_not_finish_a_request_is_dropped(hasty, begun):
    with serving() as address, connected(address) as client:
        client.sendall(begun)
        assert b"200" not in says(client)


def test_a_second_request_of_a_connection_has_its_time_as_well(hasty):
    with serving() as address, connected(address) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answered(client)
        client.sendall(b"GET / HT")
        assert says(client) == b""


def test_a_body_that_keeps_coming_gets_the_time_it_takes(hasty, monkeypatch):
    monkeypatch.setattr(connections, "_LEAST_RATE", 1)
    with serving() as address, connected(address) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 200\r\n\r\n" + b"x" * 100)
        assert Watched.looked.wait(60), "the patience that everybody has is over, and what it has earned is not"
        client.sendall(b"x" * 100)
        assert says(client).endswith(b"200")


def test_an_idle_connection_that_has_asked_is_not_in_a_hurry(hasty):
    with serving() as address, connected(address) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answered(client)
        until(lambda: Watched.last._rest is None)
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert says(client).startswith(b"HTTP/1.1 200")


def test_a_reader_who_takes_nothing_any_more_is_given_up_by_the_kernel(monkeypatch):
    """Of a large log, say: what is to be sent does not wait in memory for somebody who never fetches it."""
    monkeypatch.setattr(connections, "_UNREAD", 300)
    given_up = threading.Event()

    async def flood():
        try:
            while True:
                yield b"x" * 65_536
                await asyncio.sleep(0)
        finally:
            given_up.set()

    async def flooding(scope, receive, send):
        await StreamingResponse(flood(), media_type="text/plain")(scope, receive, send)

    with serving(flooding) as address, connected(address) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(15).startswith(b"HTTP/1.1 200")
        assert given_up.wait(60)


def test_there_are_only_so_many(monkeypatch):
    monkeypatch.setattr(connections, "MOST", 1)
    with serving() as address, connected(address) as first:
        first.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answered(first)
        with connected(address) as second:
            assert says(second) == b""
