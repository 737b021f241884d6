"""Streams over real sockets: cut off however often, and by whichever end, a client hears all of it once and in order."""

import json
import threading
from collections.abc import Iterator

import httpx2
import pytest

from houses import a_house, a_run, a_token
from journals import Ledger
from servers import in_this_process
from stairlift.model.run import Change, RunState
from stairlift.testing.plans import a_plan, a_step
from stairlift.web.app import the_app

STREAM = {"Accept": "text/event-stream"}
PLAN = a_plan(a_step("a"))


@pytest.fixture
def house(tmp_path):
    return a_house(tmp_path)


@pytest.fixture
def ledger(house) -> Ledger:
    return a_run(house, PLAN)


def heard(url: str, ledger: Ledger, token: str, last: str = "") -> Iterator[tuple[str, dict]]:
    """Kinds and data as they come, as an EventSource reads them."""
    headers = {**STREAM, "Authorization": f"Bearer {token}", **({"Last-Event-ID": last} if last else {})}
    address = f"{url}/v1/runs/{ledger.run.id}/events"
    with httpx2.stream("GET", address, headers=headers, timeout=60) as answer:
        assert answer.status_code == 200
        fields: dict[str, str] = {}
        for line in answer.iter_lines():
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "event" in fields:
                yield fields["event"], json.loads(fields["data"])
                fields = {}


def numbers(ledger: Ledger) -> list[int]:
    return [event.seq for event in ledger.office.store.events(ledger.run.id)]


def happens(ledger: Ledger, times: int) -> None:
    for _ in range(times):
        ledger.writes(Change("test.tick", ledger.at))


def test_who_is_cut_off_after_each_few_events_misses_none_and_hears_none_twice(house, ledger):
    """While it goes on: events come at the very moments in which the client is not there."""
    token, got, last = a_token(house), [], ""

    def goes_on() -> None:
        for _ in range(20):
            happens(ledger, 3)
        ledger.does("a").rests(RunState.DONE)

    with in_this_process(the_app(house)) as url:
        writing = threading.Thread(target=goes_on)
        writing.start()
        ended = False
        while not ended:
            for kind, data in heard(url, ledger, token, last):
                ended = kind == "end"
                if ended:
                    break
                got.append(data["seq"])
                last = str(data["seq"])
                if len(got) % 5 == 0:
                    break
        writing.join()
    assert got == numbers(ledger)


def test_a_server_that_leaves_ends_streams_without_an_end_and_the_next_one_goes_on(house, ledger, caplog):
    token, got, kinds = a_token(house), [], []

    def listens(url: str, last: str) -> None:
        for kind, data in heard(url, ledger, token, last):
            kinds.append(kind)
            if kind != "end":
                got.append(data["seq"])

    with in_this_process(the_app(house)) as url:
        listening = threading.Thread(target=listens, args=(url, ""))
        listening.start()
        happens(ledger, 3)
        while len(got) < len(numbers(ledger)):
            listening.join(0.05)
            assert listening.is_alive()
    listening.join(60)
    assert not listening.is_alive()
    assert "end" not in kinds
    happens(ledger, 3)
    ledger.does("a").rests(RunState.DONE)
    with in_this_process(the_app(a_house_again(house))) as url:
        listens(url, str(got[-1]))
    assert (got, kinds[-1]) == (numbers(ledger), "end")
    assert not [record for record in caplog.records if record.exc_info]


def a_house_again(house):
    """The same journal, opened by a server that knows nothing of the one before."""
    return a_house(house.settings.state_dir.parent, settings=house.settings)
