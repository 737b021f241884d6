"""A server that leaves ends its streams at once and quietly, and lets other answers come to their end, for a while."""

import asyncio
import logging
import socket
import threading
from contextlib import suppress

import pytest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from servers import in_this_process
from stairlift.web import connections, leaving
from stairlift.web.leaving import Leaving


class Client:
    """Somebody at the other end, as a server of ASGI has them."""

    def __init__(self) -> None:
        self.sent: list[dict] = []
        self.gone = asyncio.Event()
        self.served = asyncio.Event()
        self._asked = False

    async def receive(self):
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message) -> None:
        self.sent.append(message)
        if message.get("body"):
            self.served.set()

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)

    @property
    def whole(self) -> bool:
        return not self.sent[-1].get("more_body", False)


SCOPE = {"type": "http", "asgi": {"spec_version": "2.3"}, "method": "GET", "path": "/", "headers": []}


def a_stream(kind: str, after: asyncio.Event):
    async def pieces():
        yield "first"
        await after.wait()
        yield "last"

    return StreamingResponse(pieces(), media_type=kind)


async def _asked(leaving: Leaving, client: Client) -> asyncio.Task[None]:
    asking = asyncio.create_task(leaving(SCOPE, client.receive, client.send))
    await asyncio.wait_for(client.served.wait(), 5)
    return asking


async def _ends_streams():
    never = asyncio.Event()
    client, leaving = Client(), Leaving(a_stream("text/event-stream", never))
    asking = await _asked(leaving, client)
    leaving.begin()
    await asyncio.wait_for(asking, 5)
    return client


def test_a_stream_is_ended_as_a_whole_answer():
    client = asyncio.run(_ends_streams())
    assert (client.body, client.whole) == (b"first", True)


async def _lets_others_end():
    later = asyncio.Event()
    client, leaving = Client(), Leaving(a_stream("text/plain", later))
    asking = await _asked(leaving, client)
    leaving.begin()
    for _ in range(10):
        await asyncio.sleep(0)
    assert not asking.done()
    later.set()
    await asyncio.wait_for(asking, 5)
    return client


def test_another_answer_comes_to_its_end():
    client = asyncio.run(_lets_others_end())
    assert (client.body, client.whole) == (b"firstlast", True)


async def _ends_with_its_reader():
    never = asyncio.Event()
    client, leaving = Client(), Leaving(a_stream("text/event-stream", never))
    asking = await _asked(leaving, client)
    client.gone.set()
    await asyncio.wait_for(asking, 5)
    return client


def test_a_stream_whose_reader_has_gone_is_over_as_ever():
    client = asyncio.run(_ends_with_its_reader())
    assert not client.whole


async def _answers():
    client, leaving = Client(), Leaving(PlainTextResponse("here"))
    leaving.begin()
    await leaving(SCOPE, client.receive, client.send)
    return client


def test_who_asks_while_it_leaves_is_answered():
    assert asyncio.run(_answers()).body == b"here"


async def _gives_up(monkeypatch):
    monkeypatch.setattr(leaving, "_PATIENCE", 0.05)
    client, leaves = Client(), Leaving(_never)
    asking = asyncio.create_task(leaves(SCOPE | {"state": {}}, client.receive, client.send))
    await asyncio.sleep(0)
    leaves.begin()
    await asyncio.wait_for(asking, 30)
    return client


async def _never(_scope, _receive, _send):
    await asyncio.Event().wait()


def test_an_answer_that_does_not_come_is_given_up_with_a_word(monkeypatch):
    client = asyncio.run(_gives_up(monkeypatch))
    assert (client.sent[0]["status"], client.whole) == (503, True)
    assert b'"server.leaving"' in client.body


# Over real sockets: whatever clients do, the log has nothing to show for it

HANGS = threading.Event()


async def _ticks(_request):
    async def ticks():
        while True:
            yield b": tick\n\n"
            await asyncio.sleep(0.01)

    return StreamingResponse(ticks(), media_type="text/event-stream")


async def _floods(request):
    async def floods():
        while True:
            yield b"x" * 65_536
            await asyncio.sleep(0)

    return StreamingResponse(floods(), media_type=request.query_params["as"])


async def _hangs(_request):
    await run_in_threadpool(HANGS.wait, 60)
    return PlainTextResponse("at last")


APP = Starlette(routes=[Route("/ticks", _ticks), Route("/floods", _floods), Route("/hangs", _hangs)])


def asks(address: tuple[str, int], path: str) -> socket.socket:
    """Somebody who asks, and has read the head of the answer, if there is one."""
    client = socket.create_connection(address, 30)
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    if path != "/hangs":
        assert client.recv(15).startswith(b"HTTP/1.1 200")
    return client


@pytest.fixture
def hasty(monkeypatch):
    monkeypatch.setattr(connections, "LAST_ANSWERS", 0.2)
    monkeypatch.setattr(leaving, "_PATIENCE", 0.5)
    HANGS.clear()


@pytest.mark.parametrize(
    "path", ["/ticks", "/floods?as=text/event-stream", "/floods?as=text/plain", "/hangs", "/nowhere"]
)
@pytest.mark.parametrize("reads", [True, False])
def test_nobody_keeps_it_from_leaving_nor_makes_noise(hasty, caplog, path, reads):
    """Who reads, who does not, who waits for an answer that does not come."""
    with caplog.at_level(logging.INFO), in_this_process(APP) as url:
        address = "127.0.0.1", int(url.rpartition(":")[2])
        clients = [asks(address, path) for _ in range(3)] if path != "/nowhere" else []
        idle = socket.create_connection(address, 30)
        ending = threading.Thread(target=_drains, args=(clients,), daemon=True)
        if reads:
            ending.start()
    HANGS.set()
    for client in (*clients, idle):
        client.close()
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert not [record for record in caplog.records if record.exc_info]


def _drains(clients) -> None:
    for client in clients:
        with suppress(OSError):
            while client.recv(65_536):
                pass
