"""`GET /v1/notices`: the delivery log over a real journal."""

from dataclasses import replace

import pytest

from houses import a_house, a_run, client
from stairlift.model.notice import Notice
from stairlift.testing.clouds import NOON


@pytest.fixture
def house(tmp_path):
    made = a_house(tmp_path)
    run = a_run(made).run
    notices = [Notice(run.id, n, "paused", NOON, {"title": f"notice {n}"}) for n in (1, 2, 3)]
    assert made.outbox.put("ops", (0, 3), run.id, notices, NOON)
    claimed = made.outbox.claim("ops", NOON, NOON)
    made.outbox.settle(replace(claimed, state="sent", tries=1, sent_at=NOON, answer="HTTP 204"))
    yield made
    made.close()


def test_the_log_as_the_command_prints_it(house):
    found = client(house, "read").get("/v1/notices").json()
    assert found["schema"] == "stairlift.notices/1"
    assert [(one["id"], one["state"]) for one in found["notices"]] == [("3", "queued"), ("2", "queued"), ("1", "sent")]
    assert found["notices"][-1] == {
        "channel": "ops",
        "run": house.office.store.runs()[0].id,
        "id": "1",
        "kind": "paused",
        "at": "2026-05-04T12:00:00Z",
        "title": "notice 1",
        "state": "sent",
        "made_at": "2026-05-04T12:00:00Z",
        "tries": 1,
        "next_at": None,
        "sent_at": "2026-05-04T12:00:00Z",
        "answer": "HTTP 204",
    }
    assert found["links"] == []


def test_page_by_page(house):
    asker = client(house, "read")
    seen, href = [], "/v1/notices?limit=1"
    while href:
        page = asker.get(href).json()
        seen += [one["id"] for one in page["notices"]]
        href = page["links"][0]["href"] if page["links"] else None
    assert seen == ["3", "2", "1"]


@pytest.mark.parametrize(
    ("query", "found"),
    [("state=sent", 1), ("channel=boss", 0), ("run=no-such-run", 0), ("channel=ops&state=queued", 2)],
)
def test_of_what_is_asked_for(house, query, found):
    assert len(client(house, "read").get(f"/v1/notices?{query}").json()["notices"]) == found


@pytest.mark.parametrize("query", ["marker=x", "limit=0", "state=lost", "kind=paused"])
def test_what_there_is_not(house, query):
    answer = client(house, "read").get(f"/v1/notices?{query}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
