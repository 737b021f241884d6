"""What is told to a run through a server: the way it came is on record, and whoever watches hears of it at once."""

from dataclasses import replace

import pytest

from houses import a_house, a_run, client, settings_in
from stairlift.model.errors import Refusal
from stairlift.report.choices import match
from stairlift.report.events import event_line
from stairlift.run import changes
from stairlift.testing.plans import a_plan, a_step
from stairlift.wiring.config.serve import ServeSettings
from stairlift.wiring.server.steering import Sight, Word

GATE = a_step("gate", action="approve", stage="compute", services=[], hosts=[], strategy=None)
PLAN = a_plan(GATE)
VIA = {"token": "t1", "address": "192.0.2.7"}
REFUSED = Refusal(code="access.four_eyes", brief="somebody else has to approve")


@pytest.fixture
def house(tmp_path):
    return a_house(tmp_path)


@pytest.fixture
def run(house):
    return waiting(house)


def waiting(house):
    """A run that ada has begun, at a gate."""
    ledger = a_run(house, PLAN)
    return ledger.writes(changes.asked(ledger.status("gate"), ledger.at)).run


def sight(house, run, step="gate"):
    return Sight("ada", frozenset({match(house.steering.choices(run), step)}), via=VIA)


def newest(house, run):
    return house.office.store.latest(run.id)


def test_a_word_that_nobody_acts_on_yet_is_an_event_at_once(house, run) -> None:
    before = newest(house, run).seq
    told = house.steering.tell(run.id, Word("approve", "gate", reason="read it"), sight(house, run))
    event = newest(house, run)
    assert (event.seq, event.kind) == (before + 1, "command.recorded")
    assert event.data == {
        "command": told.id,
        "kind": "approve",
        "step": "gate",
        "actor": "ada",
        "reason": "read it",
        "via": VIA,
    }
    assert event_line(event, {}).endswith("approve of gate by ada recorded: read it")
    assert house.office.store.orchestrator(run.cloud) is None


def test_where_somebody_orchestrates_the_events_are_his(house, run) -> None:
    before = newest(house, run)
    with house.office.store.hold(run.cloud):
        told = house.steering.tell(run.id, Word("approve", "gate"), sight(house, run))
    assert newest(house, run) == before
    assert house.office.store.commands(run.id) == (told,)


def test_the_way_it_came_is_on_record_beside_what_it_says(house, run) -> None:
    house.steering.tell(run.id, Word("approve", "gate"), sight(house, run))
    house.steering.tell(run.id, Word("cancel", now=True), sight(house, run, ""))
    approved, cancelled = house.office.store.commands(run.id)
    assert approved.details["via"] == cancelled.details["via"] == VIA
    assert approved.details["plan"] == run.plan_hash
    assert cancelled.details["now"] is True


def test_what_was_not_let_pass_is_on_record_and_does_nothing(house, run) -> None:
    seen = sight(house, run)
    house.steering.bar(run, Word("approve", "gate"), replace(seen, actor="pia"), REFUSED)
    (barred,) = house.office.store.commands(run.id)
    assert (barred.actor, barred.result, barred.answer) == ("pia", "refused", REFUSED.brief)
    assert barred.details == {"via": VIA, "barred": "access.four_eyes"}
    assert house.office.store.commands(run.id, unsettled=True) == ()
    event = newest(house, run)
    assert (event.kind, event.data["actor"], event.data["answer"]) == ("command.refused", "pia", REFUSED.brief)
    house.steering.bar(run, Word("approve", "gate"), replace(seen, actor="pia"), REFUSED)  # each time anew
    assert len(house.office.store.commands(run.id)) == 2
    told = house.steering.tell(run.id, Word("approve", "gate"), seen)  # which has made nobody's sight stale
    assert told.actor == "ada"


def test_by_http_the_token_and_the_address_are_those_of_the_request(tmp_path) -> None:
    strict = a_house(tmp_path, settings=settings_in(tmp_path, serve=ServeSettings(four_eyes=True)))
    run = waiting(strict)
    ada, grace = client(strict, name="ada"), client(strict, name="grace")
    here = f"/v1/runs/{run.id}"
    for who in (ada, grace):
        seen = {"If-Match": who.get(f"{here}/actions").headers["ETag"]}
        who.post(f"{here}/approvals", json={"step": "gate"}, headers=seen)
    refused, told = ada.get(f"{here}/commands").json()["commands"]
    ids = {token.name: token.id for token in strict.keys.tokens()}
    assert (refused["result"], refused["details"]["barred"]) == ("refused", "access.four_eyes")
    assert refused["details"]["via"] == {"token": ids["ada"], "address": "testclient"}
    assert (told["result"], told["details"]["via"]["token"]) == (None, ids["grace"])
