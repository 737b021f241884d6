"""Events by HTTP: pages of JSON, and the same address as a stream."""

import json

import pytest

from houses import a_house, a_run, client
from stairlift.model.errors import StairliftError
from stairlift.model.run import RunState
from stairlift.testing.plans import a_plan, a_step
from stairlift.wiring.server.house import House

PLAN = a_plan(a_step("a"), a_step("b"))
STREAM = {"Accept": "text/event-stream"}


@pytest.fixture
def house(tmp_path) -> House:
    return a_house(tmp_path)


@pytest.fixture
def ledger(house):
    """A run that is over, so that its streams end."""
    return a_run(house, PLAN).does("a", "b").rests(RunState.DONE)


@pytest.fixture
def ada(house):
    return client(house, "read")


def frames(text: str) -> list[dict]:
    """What an EventSource hears: comments and the time to come back are left out."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith((":", "retry")))
        if fields:
            found.append(fields | {"data": json.loads(fields["data"])})
    return found


def test_a_stream_is_the_pages_as_they_come_and_an_end(ada, ledger):
    address = f"/v1/runs/{ledger.run.id}/events"
    page = ada.get(f"{address}?limit=1000").json()["events"]
    answer = ada.get(address, headers=STREAM)
    *told, end = frames(answer.text)
    assert [frame["data"] for frame in told] == page
    assert [(int(frame["id"]), frame["event"]) for frame in told] == [(event["seq"], event["kind"]) for event in page]
    assert (end["event"], end["data"]) == ("end", {"seq": page[-1]["seq"], "state": "done"})
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert (answer.headers["X-Accel-Buffering"], answer.headers["Cache-Control"]) == ("no", "no-store")


def test_who_comes_again_goes_on_where_it_was(ada, ledger):
    address = f"/v1/runs/{ledger.run.id}/events?after=1"
    assert frames(ada.get(address, headers=STREAM).text)[0]["id"] == "2"
    newest = ledger.office.store.latest(ledger.run.id).seq
    again = ada.get(address, headers=STREAM | {"Last-Event-ID": str(newest - 1)})
    assert [frame["event"] for frame in frames(again.text)] == ["run.done", "end"]


@pytest.mark.parametrize("known", ["", "x", "-1", "9" * 40, "²"])
def test_what_is_no_number_of_an_event_is_as_if_nothing_had_been_said(ada, ledger, known):
    answer = ada.get(f"/v1/runs/{ledger.run.id}/events", headers=STREAM | {"Last-Event-ID": known.encode()})
    assert frames(answer.text)[0]["id"] == "1"


def test_a_doorbell_says_that_and_not_what(ada, ledger):
    newest = ledger.office.store.latest(ledger.run.id).seq
    ring, end = frames(ada.get(f"/v1/runs/{ledger.run.id}/bell").text)
    assert (ring["event"], ring["id"], ring["data"]) == ("ring", str(newest), {"seq": newest, "state": "done"})
    assert end["event"] == "end"
    assert [f["event"] for f in frames(ada.get(f"/v1/runs/{ledger.run.id}/bell?after={newest}").text)] == ["end"]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/json"),
        ("text/event-stream", "text/event-stream"),
        ("application/json, text/event-stream;q=0.5", "application/json"),
        ("application/json;q=0.5, text/event-stream", "text/event-stream"),
        ("text/*", "text/event-stream"),
        ("text/event-stream;q=nonsense", "application/json"),
    ],
)
def test_which_form_a_client_would_rather_have(ada, ledger, accept, kind):
    answer = ada.get(f"/v1/runs/{ledger.run.id}/events", headers={"Accept": accept})
    assert answer.headers["Content-Type"].startswith(kind)


def test_a_journal_that_does_not_answer_ends_a_stream_without_an_end(ada, ledger, house):
    """Whoever listens comes again, and hears why."""
    house.bell._records = Broken(ledger.office.store)
    answer = ada.get(f"/v1/runs/{ledger.run.id}/events", headers=STREAM)
    assert (answer.status_code, frames(answer.text)) == (200, [])


class Broken:
    """Records of which the events do not come."""

    def __init__(self, records):
        self._records = records

    def __getattr__(self, name):
        return getattr(self._records, name)

    def events(self, *_args):
        raise StairliftError(code="store.unavailable", brief="no answer")
