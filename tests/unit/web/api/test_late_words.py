"""Words that come too late, and clocks that differ: nothing is approved that its sender did not see as it now is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from houses import a_house, a_run
from journals import Ledger
from stairlift.model.run import Command, RunState
from stairlift.run import changes
from stairlift.testing.plans import a_plan, a_step
from stairlift.wiring import clock
from visitors import a_program, a_token

GATE = a_step("gate", action="approve", stage="compute", services=[], hosts=[], strategy=None)
OTHER = replace(GATE, id="other-gate")
HOUR = timedelta(hours=1)


@pytest.fixture
def house(tmp_path):
    return a_house(tmp_path)


@pytest.fixture
def waiting(house) -> Ledger:
    """A run that waits for two gates."""
    ledger = a_run(house, a_plan(GATE, OTHER))
    return ledger.writes(changes.asked(ledger.status(GATE.id), ledger.at, evidence=("all hosts report",)))


def seen(ada, ledger: Ledger) -> dict[str, str]:
    return {"If-Match": ada.get(f"/v1/runs/{ledger.run.id}/actions").headers["ETag"]}


def approves(ada, ledger: Ledger, step: str, headers) -> tuple[int, dict]:
    answer = ada.post(f"/v1/runs/{ledger.run.id}/approvals", json={"step": step}, headers=headers)
    return answer.status_code, answer.json()


def test_an_approval_of_what_has_changed_is_told_what_that_is(house, waiting):
    """Somebody has paused it since the page was drawn: whoever approves now has to look once more."""
    ada, bob = a_program(house), a_program(house, token=a_token(house, name="bob"))
    sight = seen(ada, waiting)
    told = bob.post(f"/v1/runs/{waiting.run.id}/actions", json={"action": "pause"}, headers=seen(bob, waiting))
    assert told.status_code == 202, told.text
    status, problem = approves(ada, waiting, GATE.id, sight)
    assert (status, problem["code"]) == (412, "request.stale")
    assert "bob told it to pause" in problem["detail"]
    assert [command.kind for command in waiting.office.store.commands(waiting.run.id)] == ["pause"]


def test_an_approval_of_what_is_over_is_refused(house, waiting):
    ada = a_program(house)
    sight = seen(ada, waiting)
    waiting.rests(RunState.CANCELLED)
    status, problem = approves(ada, waiting, GATE.id, sight)
    assert (status, problem["code"]) in {(412, "request.stale"), (409, "run.illegal_transition"), (409, "run.over")}
    assert waiting.office.store.commands(waiting.run.id) == ()


def test_an_approval_with_a_token_that_has_expired_meanwhile_is_nobodys(house, waiting, monkeypatch):
    ada = a_program(house, token=a_token(house, lasts=HOUR))
    sight, later = seen(ada, waiting), clock.now() + 2 * HOUR
    monkeypatch.setattr(clock, "now", lambda: later)
    status, problem = approves(ada, waiting, GATE.id, sight)
    assert (status, problem["code"]) == (401, "access.unknown")
    assert waiting.office.store.commands(waiting.run.id) == ()


def test_a_hash_of_another_plan_approves_nothing(house, waiting):
    ada = a_program(house)
    status, problem = approves(ada, waiting, "sha256:" + "0" * 64, seen(ada, waiting))
    assert (status, problem["code"]) == (409, "plan.other_hash")
    assert waiting.office.store.commands(waiting.run.id) == ()


def test_what_the_clock_of_a_client_says_is_nobodys_business(house, waiting):
    ada = a_program(house)
    skewed = seen(ada, waiting) | {"Date": "Thu, 01 Jan 1970 00:00:00 GMT", "If-Unmodified-Since": "x"}
    before = clock.now()
    assert approves(ada, waiting, GATE.id, skewed)[0] == 202
    [command] = waiting.office.store.commands(waiting.run.id)
    assert isinstance(command, Command)
    assert before <= command.at <= clock.now()


def test_a_server_whose_clock_is_behind_lets_in_whom_another_let_in_before(house, waiting, monkeypatch):
    """Two servers of one journal: the token was made by the one whose clock is ahead."""
    ada, behind = a_program(house, token=a_token(house, lasts=HOUR)), clock.now() - timedelta(minutes=5)
    monkeypatch.setattr(clock, "now", lambda: behind)
    assert ada.get("/v1/runs").status_code == 200
