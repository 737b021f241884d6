"""Telling a run something by HTTP: by who has seen how it stands, each word once, and two who act at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from houses import a_house, a_run, client
from journals import Ledger
from stairlift.model.run import Command, RunState
from stairlift.run import changes
from stairlift.testing.plans import a_binding, a_plan, a_rollout, a_step
from stairlift.wiring.server.house import House

GATE = a_step("gate", action="approve", stage="compute", services=[], hosts=[], strategy=None)
PLAN = replace(a_rollout(2), bindings=(a_binding(can_undo=True),))


@pytest.fixture
def house(tmp_path) -> House:
    return a_house(tmp_path)


@pytest.fixture
def ledger(house) -> Ledger:
    return a_run(house, PLAN)


@pytest.fixture
def ada(house):
    return client(house)


def at(ledger: Ledger, what: str = "actions") -> str:
    return f"/v1/runs/{ledger.run.id}/{what}"


def seen(ada, ledger: Ledger) -> dict[str, str]:
    return {"If-Match": ada.get(at(ledger)).headers["ETag"]}


def tells(ada, ledger: Ledger, headers=None, **word):
    return ada.post(at(ledger), json=word, headers=seen(ada, ledger) if headers is None else headers)


def on_record(ledger: Ledger) -> list[Command]:
    return list(ledger.office.store.commands(ledger.run.id))


def code(response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


# What can be told


def test_what_can_be_told_comes_with_a_tag_that_progress_does_not_change(ada, ledger) -> None:
    ledger.does(PLAN.steps[0].id)
    first = ada.get(at(ledger))
    ledger.does(PLAN.steps[1].id)
    again = ada.get(at(ledger), headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert {a["action"] for a in first.json()["actions"] if a["allowed"]} == {
        "pause",
        "stop-after",
        "resume",
        "cancel",
        "rollback",
    }


def test_a_rollback_is_shown_before_it_is_told(ada, ledger) -> None:
    ledger.does("cmp1-cordon", "cmp1-drain")
    shown = ada.get(at(ledger, "rollback")).json()
    assert [step["id"] for step in shown["undo"]] == ["cmp1-drain", "cmp1-cordon"]
    assert (shown["allowed"], shown["why_not"], shown["back_to"]) == (True, "", "2025.1")


def test_why_a_rollback_cannot_be_is_shown(ada, house) -> None:
    ledger = a_run(house, a_rollout(1)).does("cmp1-cordon")
    shown = ada.get(at(ledger, "rollback")).json()
    assert not shown["allowed"]
    assert shown["why_not"].endswith("command cannot undo what was begun")
    assert shown["findings"][0]["code"] == "rollback.no_undo"


# Telling it


@pytest.mark.parametrize(
    ("word", "kind", "details"),
    [
        ({"action": "pause", "reason": "lunch"}, "pause", {}),
        ({"action": "cancel", "now": True}, "cancel", {"now": True}),
        ({"action": "stop-after", "stage": "compute"}, "stop-after", {"stage": "compute"}),
        ({"action": "rollback"}, "rollback", {}),
    ],
)
def test_a_word_about_the_run_goes_on_record(house, ledger, word, kind, details) -> None:
    ada = client(house)
    answer = tells(ada, ledger, **word)
    assert answer.status_code == 202, answer.text
    [command] = on_record(ledger)
    via = {"via": command.details["via"]}
    assert (command.kind, command.details, command.actor) == (kind, details | via, "ada")
    assert via["via"]["address"] == "testclient"
    assert command.reason == word.get("reason", "")
    assert answer.json()["id"] == command.id
    assert house.attendance.nudged == [ledger.run.id]


def test_a_failed_step_is_retried_and_another_skipped_with_a_reason(ada, ledger) -> None:
    ledger.fails("cmp1-cordon").fails("cmp2-cordon")
    assert tells(ada, ledger, action="retry", step="cmp1-cordon").status_code == 202
    no_reason = tells(ada, ledger, action="skip", step="cmp2-cordon")
    assert code(no_reason) == (400, "run.no_reason")
    assert tells(ada, ledger, action="skip", step="cmp2-cordon", reason="by hand").status_code == 202
    assert [(c.kind, c.step) for c in on_record(ledger)] == [("retry", "cmp1-cordon"), ("skip", "cmp2-cordon")]


def test_a_resume_is_no_command_and_takes_the_run_up(ada, house, ledger) -> None:
    ledger.rests(RunState.PAUSED, "told so")
    answer = tells(ada, ledger, action="resume")
    assert (answer.status_code, answer.json()["kind"], answer.json()["result"]) == (202, "resume", "applied")
    assert house.attendance.taken == [(ledger.run.id, "ada", False)]
    assert on_record(ledger) == []


def test_what_has_come_true_is_no_mistake_and_not_recorded(ada, ledger) -> None:
    ledger.rests(RunState.PAUSED, "told so")
    answer = tells(ada, ledger, action="pause").json()
    assert (answer["result"], answer["answer"]) == ("applied", f"run {ledger.run.id} is paused already")
    assert on_record(ledger) == []


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ({"action": "retry", "step": "cmp1-cordon"}, (409, "run.illegal_transition")),
        ({"action": "retry", "step": "nothing"}, (404, "run.unknown_step")),
        ({"action": "retry"}, (400, "run.bad_command")),
        ({"action": "pause", "step": "cmp1-cordon"}, (400, "run.bad_command")),
        ({"action": "pause", "now": True}, (400, "run.bad_command")),
        ({"action": "resume", "stage": "compute"}, (400, "run.bad_command")),
        ({"action": "stop-after"}, (400, "run.bad_command")),
        ({"action": "stop-after", "stage": "attic"}, (400, "run.bad_command")),
        ({"action": "approve", "step": "gate"}, (400, "request.invalid")),
        ({"action": "pause", "why": "a slip"}, (400, "request.invalid")),
        ({"action": "cancel", "now": "yes"}, (400, "request.invalid")),
    ],
)
def test_what_cannot_be_told_is_refused_and_not_recorded(ada, ledger, word, expected) -> None:
    assert code(tells(ada, ledger, **word)) == expected
    assert on_record(ledger) == []


def test_a_run_that_is_over_is_told_nothing_more(ada, ledger) -> None:
    ledger.rests(RunState.CANCELLED)
    refused = tells(ada, ledger, action="resume")
    assert code(refused) == (409, "run.illegal_transition")
    assert refused.json()["title"] == f"cannot resume run {ledger.run.id}: it is cancelled"


def test_nobody_resumes_a_run_that_another_process_carries_on(ada, house, ledger) -> None:
    headers = seen(ada, ledger)
    with house.office.store.hold(PLAN.cloud) as journal:
        journal.renew()
        assert code(tells(ada, ledger, seen(ada, ledger), action="resume")) == (409, "run.illegal_transition")
    assert tells(ada, ledger, headers, action="resume").status_code == 202


# Who has seen what


def test_who_has_seen_nothing_is_not_heard(ada, ledger) -> None:
    for headers in ({}, {"If-Match": "*"}, {"If-Match": 'W/"abc"'}):
        assert code(tells(ada, ledger, headers, action="pause")) == (428, "request.no_match")


def test_who_has_seen_an_older_state_is_told_what_happened(ada, house, ledger) -> None:
    headers = seen(ada, ledger)
    assert tells(client(house, name="grace"), ledger, headers, action="pause", reason="lunch").status_code == 202
    late = tells(ada, ledger, headers, action="cancel")
    assert code(late) == (412, "request.stale")
    assert "grace told it to pause at " in late.json()["detail"]
    assert [c.kind for c in on_record(ledger)] == ["pause"]


def test_the_match_of_one_thing_is_enough_and_others_do_not_disturb_it(ada, ledger) -> None:
    ledger.fails("cmp1-cordon").fails("cmp2-cordon")
    matches = {a["step"]: a["match"] for a in ada.get(at(ledger)).json()["actions"]}
    for step in ("cmp1-cordon", "cmp2-cordon"):
        assert tells(ada, ledger, {"If-Match": f'"{matches[step]}"'}, action="retry", step=step).status_code == 202


def test_of_two_who_act_on_the_same_sight_at_once_one_is_heard(house, ledger) -> None:
    both = [client(house, name="ada"), client(house, name="grace")]
    headers = seen(both[0], ledger)
    gate = Barrier(2)

    def acts(who):
        gate.wait(20)
        return tells(who, ledger, headers, action="pause").status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(acts, both)) == [202, 412]
    assert len(on_record(ledger)) == 1


def test_of_two_on_different_servers_one_is_heard_too(tmp_path, house, ledger) -> None:
    """Both have looked before either recorded anything: the id of the command is what tells them apart."""
    other = a_house(tmp_path)
    behind = replace(other, overviews=_Late(other, other.steering.choices(ledger.run)))
    first, second = client(house, name="ada"), client(behind, name="grace")
    headers = seen(first, ledger)
    assert tells(first, ledger, headers, action="pause").status_code == 202
    late = tells(second, ledger, headers, action="cancel")
    assert code(late) == (412, "request.stale")
    assert code(tells(second, ledger, headers, action="pause")) == (412, "request.stale")
    assert [c.actor for c in on_record(ledger)] == ["ada"]


class _Late:
    """What another server has read a moment ago, once; then it looks again."""

    def __init__(self, house: House, before) -> None:
        self.plan, self._before = house.steering.overviews.plan, before

    def choices(self, run):
        return self._before


# Once and for all


def test_the_same_key_tells_it_once(ada, ledger) -> None:
    headers = seen(ada, ledger) | {"Idempotency-Key": "k1"}
    first = tells(ada, ledger, headers, action="pause")
    second = tells(ada, ledger, headers, action="pause")
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    assert len(on_record(ledger)) == 1


def test_the_same_key_for_something_else_is_refused(ada, ledger) -> None:
    headers = seen(ada, ledger) | {"Idempotency-Key": "k1"}
    tells(ada, ledger, headers, action="pause")
    assert code(tells(ada, ledger, headers, action="cancel")) == (422, "request.other_body")


def test_a_server_killed_between_record_and_answer_does_not_tell_it_twice(ada, house, ledger) -> None:
    headers = seen(ada, ledger) | {"Idempotency-Key": "k1"}
    tells(ada, ledger, headers, action="pause")
    [caller] = {token.id for token in house.keys.tokens()}
    with house.receipts._engine.begin() as connection:  # the answer was never kept
        connection.exec_driver_sql("DELETE FROM receipt WHERE who = ?", (caller,))
    again = tells(ada, ledger, headers, action="pause")
    assert (again.status_code, again.json()["id"]) == (202, on_record(ledger)[0].id)
    assert len(on_record(ledger)) == 1


def test_a_key_is_free_again_where_nothing_came_of_it(ada, ledger) -> None:
    stale = {"If-Match": '"older"', "Idempotency-Key": "k1"}
    assert code(tells(ada, ledger, stale, action="pause")) == (412, "request.stale")
    assert tells(ada, ledger, seen(ada, ledger) | {"Idempotency-Key": "k1"}, action="pause").status_code == 202


# Rights and approvals


def test_who_may_only_read_sees_it_and_tells_nothing(house, ledger) -> None:
    reader = client(house, "read", name="eve")
    headers = seen(reader, ledger)
    assert code(tells(reader, ledger, headers, action="pause")) == (403, "access.forbidden")
    approval = reader.post(at(ledger, "approvals"), json={"step": "gate"}, headers=headers)
    assert code(approval) == (403, "access.forbidden")


@pytest.fixture
def waiting(house) -> Ledger:
    ledger = a_run(house, a_plan(GATE))
    return ledger.writes(changes.asked(ledger.status("gate"), ledger.at, evidence=("all hosts report",)))


def approves(who, ledger: Ledger, step: str = "gate"):
    return who.post(at(ledger, "approvals"), json={"step": step, "reason": "read"}, headers=seen(who, ledger))


def test_a_gate_is_approved_by_who_may_with_what_it_covers(house, waiting) -> None:
    grace = client(house, "approve", name="grace")
    [asked] = grace.get(at(waiting)).json()["approvals"]
    assert (asked["step"], asked["evidence"], asked["allowed"]) == ("gate", ["all hosts report"], True)
    answer = approves(grace, waiting)
    assert (answer.status_code, answer.json()["details"]["covers"]) == (202, GATE.reason)
    assert code(tells(grace, waiting, action="pause")) == (403, "access.forbidden")


def test_what_waits_and_who_approved_what_is_one_document(house, waiting) -> None:
    reader, grace = client(house, "read", name="eve"), client(house, "approve", name="grace")
    before = reader.get(at(waiting, "approvals")).json()
    assert [asked["step"] for asked in before["waiting"]] == ["gate"]
    [plan] = before["given"]
    assert (plan["what"], plan["step"], plan["result"]) == ("the plan", None, "applied")
    assert plan["covers"] == f"plan {waiting.run.plan_hash}"
    approves(grace, waiting)
    [_, given] = reader.get(at(waiting, "approvals")).json()["given"]
    assert (given["actor"], given["step"], given["reason"], given["result"]) == ("grace", "gate", "read", None)
    assert given["covers"] == GATE.reason


def test_a_plan_is_approved_by_its_hash_and_no_other_is(house, ada, waiting) -> None:
    assert code(approves(ada, waiting, "sha256:another")) == (409, "plan.other_hash")


def test_four_eyes_are_wanted_where_the_settings_say_so(tmp_path, waiting) -> None:
    from houses import settings_in
    from stairlift.wiring.config.serve import ServeSettings

    strict = a_house(tmp_path, settings=settings_in(tmp_path, serve=ServeSettings(four_eyes=True)))
    assert code(approves(client(strict, name="ada"), waiting)) == (403, "access.four_eyes")
    assert approves(client(strict, name="grace"), waiting).status_code == 202


@pytest.mark.parametrize("strange", ["\x00", "\ud800", "x" * 2001])
def test_texts_that_no_journal_takes_are_refused(ada, ledger, strange) -> None:
    import json

    body = json.dumps({"action": "pause", "reason": strange})
    headers = seen(ada, ledger) | {"Content-Type": "application/json"}
    assert ada.post(at(ledger), content=body, headers=headers).status_code == 400
    assert on_record(ledger) == []
