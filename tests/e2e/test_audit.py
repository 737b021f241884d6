"""Whoever tells a run something is named by an event at once, also where nobody carries it on, whichever way it came.

A rollback at a terminal begins to work at once: tests/e2e/test_rollback.py; where somebody is at work, the events are
his: tests/unit/drive/test_loop.py.
"""

import getpass
import json
from dataclasses import replace

import pytest

import houses
from operating import Operator
from stairlift.model.run import RunState
from stairlift.report.choices import match
from stairlift.run import changes
from stairlift.testing.plans import a_binding, a_plan, a_step

GATE = a_step("gate", action="approve", stage="compute", services=[], hosts=[], strategy=None)
BINDING = replace(a_binding(), options={"folder": "/", "argv": ["true"]})
PLAN = a_plan(a_step("a"), a_step("b"), GATE, bindings=[BINDING])
#: What is told, about which step, and the kinds of the events that may tell of it.
WORDS = [
    ("pause", "", {"run.paused", "command.recorded"}),
    ("cancel", "", {"run.cancelled", "command.recorded"}),
    ("approve", "gate", {"command.recorded"}),
    ("retry", "a", {"command.recorded"}),
    ("skip", "a", {"command.recorded"}),
]


class Desk:
    """A run that rests, with a step that failed and one that waits; and who tells it something, in every way there is."""

    def __init__(self, folder) -> None:
        self.house = houses.a_house(folder)
        ledger = houses.a_run(self.house, PLAN).fails("a", "no room")
        ledger.writes(changes.asked(ledger.status("gate"), ledger.at))
        self.run = ledger.rests(RunState.WAITING, "a gate").run.id
        self.operator = Operator(folder)

    def at_a_terminal(self, verb: str, step: str) -> str:
        told = self.operator.types(verb, self.run, *([step] if step else []), "--reason", "so it is")
        assert told.code == 0, told.err
        return getpass.getuser()

    def by_program(self, verb: str, step: str) -> str:
        ada = houses.client(self.house)
        here = f"/v1/runs/{self.run}"
        seen = {"If-Match": ada.get(f"{here}/actions").headers["ETag"]}
        where, word = ("approvals", {}) if verb == "approve" else ("actions", {"action": verb})
        told = ada.post(f"{here}/{where}", json={**word, "step": step, "reason": "so it is"}, headers=seen)
        assert told.status_code == 202, told.text
        return "ada"

    def on_the_page(self, verb: str, step: str) -> str:
        pia = houses.client(self.house, name="pia", follow_redirects=False)
        found = self.house.steering.choices(self.house.office.store.run(self.run))
        where = "approvals" if verb == "approve" else "actions"
        form = {"action": verb, "step": step, "match": match(found, step), "reason": "so it is", "cloud": PLAN.cloud}
        told = pia.post(f"/runs/{self.run}/{where}", data=form)
        assert told.status_code == 303, told.text
        return "pia"

    def newest(self) -> dict:
        """What `stairlift events` and the API say of the last thing that has happened, which is the same."""
        typed = json.loads(self.operator.types("events", self.run, "-o", "json").out)["events"]
        asked = houses.client(self.house).get(f"/v1/runs/{self.run}/events").json()["events"]
        assert typed == asked
        return typed[-1]


@pytest.mark.parametrize("way", [Desk.at_a_terminal, Desk.by_program, Desk.on_the_page], ids=lambda way: way.__name__)
@pytest.mark.parametrize(("verb", "step", "kinds"), WORDS, ids=[verb for verb, _, _ in WORDS])
def test_an_event_names_who_told_it(tmp_path, way, verb, step, kinds) -> None:
    desk = Desk(tmp_path)
    who = way(desk, verb, step)
    event = desk.newest()
    assert event["kind"] in kinds
    assert (event["data"]["actor"], event["data"]["reason"]) == (who, "so it is")
    assert ("via" in event["data"]) == (way is not Desk.at_a_terminal)
    assert f"by {who}" in desk.operator.types("events", desk.run).out.splitlines()[-1]
