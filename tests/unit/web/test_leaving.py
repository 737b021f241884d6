"""A server that leaves ends its streams, and nothing else."""

import asyncio

from starlette.responses import PlainTextResponse, StreamingResponse

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
        return self.sent[-1].get("more_body") is False


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
