"""Streams: who may not hear more, and who does not read, is let go."""

import asyncio
from datetime import timedelta

import pytest
from starlette.requests import ClientDisconnect

from houses import a_house, a_run, a_token, client
from stairlift.testing.plans import a_plan, a_step
from stairlift.web.access.letting_in import by_token, caller_of
from stairlift.web.api import streams
from stairlift.web.api.streams import EventStream, frames
from stairlift.wiring import clock
from stairlift.wiring.admitting import Wish, issue
from stairlift.wiring.server.bell import Bell
from stairlift.wiring.server.house import House

PLAN = a_plan(a_step("a"))


@pytest.fixture
def house(tmp_path) -> House:
    return a_house(tmp_path)


@pytest.fixture
def caller(house):
    return caller_of(by_token(house.keys, a_token(house, "read", name="ada")))


def watched(house, caller):
    """A run that goes on, watched by somebody who is told every moment that nothing happens."""
    run = a_run(house, PLAN).run.id
    bell = Bell(house.office.store, look=0.01, quiet=0.02)
    return frames((house, caller), bell.events(run, 2), lambda _: b"news")


async def some(given, number: int) -> list[bytes]:
    return [await anext(given) for _ in range(number)]


def test_it_begins_at_once_and_gives_signs_of_life(house, caller):
    async def play():
        given = watched(house, caller)
        found = await some(given, 3)
        await given.aclose()
        return found

    first, *others = asyncio.run(asyncio.wait_for(play(), 30))
    assert first.startswith(b"retry: ")
    assert all(one.startswith(b":") and one.endswith(b"\n\n") for one in others)


def test_whose_token_was_revoked_hears_no_more(house, caller, monkeypatch):
    monkeypatch.setattr(streams, "_ADMITTED", 0.0)

    async def play():
        given = watched(house, caller)
        before = await some(given, 2)
        house.keys.revoke("ada", clock.now())
        return before, [one async for one in given]

    before, after = asyncio.run(asyncio.wait_for(play(), 30))
    assert (len(before), after) == (2, [])


def test_who_takes_nothing_is_dropped(monkeypatch):
    """The kernel's buffers are full: nothing that is sent comes through."""
    monkeypatch.setattr(streams, "_UNREAD", 0.02)
    sent = []

    async def forever():
        while True:
            yield b"x"

    async def send(message):
        sent.append(message["type"])
        if len(sent) > 2:
            await asyncio.Event().wait()

    async def play():
        await EventStream(forever()).stream_response(send)

    with pytest.raises(ClientDisconnect):
        asyncio.run(asyncio.wait_for(play(), 30))
    assert sent == ["http.response.start", "http.response.body", "http.response.body"]


def test_one_more_than_the_server_bears_is_refused_and_has_room_later(house, monkeypatch):
    """Each of the others reads on; who is refused is told what to do instead, and pages of JSON are still to be had."""
    monkeypatch.setattr(streams, "MOST_STREAMS", 1)
    run, ada = a_run(house, PLAN).run.id, client(house, "read")
    caller = caller_of(by_token(house.keys, a_token(house, "read", name="bob")))

    async def play():
        given = frames((house, caller), house.bell.rings(run, 0), lambda _: b"news")
        await some(given, 2)
        full = [await asyncio.to_thread(ada.get, f"/v1/runs/{run}/{what}") for what in ("bell", "events")]
        await given.aclose()
        return full

    full, page = asyncio.run(asyncio.wait_for(play(), 60))
    assert (full.status_code, full.json()["code"]) == (503, "stream.too_many")
    assert int(full.headers["Retry-After"]) > 0
    assert page.status_code == 200
    streams.demand_room(house.bell)


def test_whose_token_has_expired_hears_no_more(house, monkeypatch):
    monkeypatch.setattr(streams, "_ADMITTED", 0.0)
    at = clock.now()
    short = issue(house.keys, Wish("eve", ("read",), at + timedelta(hours=1)), "a test", at)[1]
    eve = caller_of(by_token(house.keys, short))

    async def play():
        given = watched(house, eve)
        before = await some(given, 2)
        monkeypatch.setattr(clock, "now", lambda: at + timedelta(hours=2))
        return before, [one async for one in given]

    before, after = asyncio.run(asyncio.wait_for(play(), 30))
    assert (len(before), after) == (2, [])


def test_a_watcher_that_has_gone_is_not_looked_out_for(house, caller):
    bell = house.bell
    run = a_run(house, PLAN).run.id

    async def play():
        given = frames((house, caller), bell.events(run, 0), lambda _: b"news")
        await some(given, 2)
        watched = bell.watched
        await given.aclose()
        return watched, bell.watched

    assert asyncio.run(asyncio.wait_for(play(), 30)) == (1, 0)
