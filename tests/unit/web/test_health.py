"""Whether the server lives, and whether it can work: nobody has to be let in, and a journal that hangs is told."""

import threading

import pytest
from starlette.testclient import TestClient

from houses import a_house
from operating import until
from stairlift.model.errors import StairliftError
from stairlift.web.app import the_app
from stairlift.wiring.server import pulse


class Records:
    """Answers when it may; of the journal only what is asked for here."""

    def __init__(self) -> None:
        self.may = threading.Event()
        self.asked = 0
        self.trouble: StairliftError | None = None

    def newest(self) -> None:
        self.asked += 1
        self.may.wait(30)
        if self.trouble:
            raise self.trouble


@pytest.fixture
def app(tmp_path):
    return the_app(a_house(tmp_path))


def test_both_answer_a_stranger(app):
    stranger = TestClient(app)
    assert stranger.get("/healthz").json() == {"status": "lives"}
    assert stranger.get("/readyz").json() == {"status": "ready"}


def test_a_journal_that_hangs_is_asked_once_and_makes_it_unready(app, monkeypatch):
    monkeypatch.setattr(pulse, "_PATIENCE", 0.05)
    records = Records()
    app.state.pulse = pulse.Pulse(records)
    with TestClient(app) as stranger:
        for _ in range(3):
            answer = stranger.get("/readyz")
            assert (answer.status_code, answer.json()["code"]) == (503, "store.unavailable")
            assert int(answer.headers["retry-after"]) > 0
        assert records.asked == 1
        assert stranger.get("/healthz").status_code == 200
        records.may.set()
        until(lambda: stranger.get("/readyz").status_code == 200)


def test_why_the_journal_does_not_answer_is_told(app):
    records = Records()
    records.may.set()
    records.trouble = StairliftError(code="store.unavailable", brief="the database server has gone away")
    app.state.pulse = pulse.Pulse(records)
    answer = TestClient(app).get("/readyz")
    assert (answer.status_code, answer.json()["title"]) == (503, "the database server has gone away")
