"""All that is on record about a run, record by record."""

from journals import Ledger, an_office
from stairlift.model.plan_document import to_document
from stairlift.model.run import Command
from stairlift.report.export import Story, records
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_plan, a_step

PLAN = a_plan(a_step("a"), a_step("b"))


def test_nothing_of_it_is_left_out(tmp_path):
    office = an_office(tmp_path)
    ledger = Ledger.begun(office, PLAN).does("a").fails("b", "no room")
    told = Command("c1", ledger.run.id, "retry", "b", "bob", "made room", NOON, "refused", "it runs", {"x": 1})
    store, run = office.store, ledger.run
    story = Story(run, store.plan(run.id), [told], store.attempts(run.id), store.events(run.id))
    found = list(records(story))
    assert [r["record"] for r in found] == ["run", "plan", "command", *["attempt"] * 2, *["event"] * 6]
    assert (found[0]["run"], found[0]["plan"], found[0]["actor"], found[0]["state"]) == (
        run.id,
        PLAN.hash,
        "ada",
        "running",
    )
    assert found[1] == {"record": "plan", **to_document(PLAN)}
    assert found[2] == {
        "record": "command",
        "id": "c1",
        "kind": "retry",
        "step": "b",
        "actor": "bob",
        "reason": "made room",
        "at": "2026-05-04T12:00:00Z",
        "result": "refused",
        "answer": "it runs",
        "details": {"x": 1},
    }
    assert [(a["step"], a["attempt"], a["result"], a["reason"], a["undo"]) for a in found[3:5]] == [
        ("a", 1, "done", "", False),
        ("b", 1, "failed", "no room", False),
    ]
    assert [e["seq"] for e in found[5:]] == [1, 2, 3, 4, 5, 6]
