"""Who carries a rollback out, and who is not told of it."""

import pytest

from journals import Ledger, an_office
from stairlift.cli.orchestrating import Desk
from stairlift.cli.rolling_back import roll_back
from stairlift.drive.begin import new_run
from stairlift.model.errors import Refusal
from stairlift.model.plan_document import to_document
from stairlift.model.run import Command, RunState
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_binding, a_plan, a_step
from stairlift.wiring.config.settings import read_settings


def test_an_orchestrator_of_another_run_is_not_told(tmp_path):
    plan = a_plan(a_step("a"), bindings=[a_binding(can_undo=True)])
    office = an_office(tmp_path)
    ledger = Ledger.begun(office, plan).fails("a").rests(RunState.FAILED)
    desk = Desk(office, read_settings({}, tmp_path), approve_all=False)
    command = Command("c1", ledger.run.id, "rollback", "", "ada", "", NOON)
    with office.store.hold(plan.cloud) as journal:
        new_run(journal, plan, to_document(plan), now=ledger.at, actor="bob")
        with pytest.raises(Refusal) as refused:
            roll_back(ledger.run, desk, command)
    assert refused.value.code == "run.cloud_busy"
    assert office.store.commands(ledger.run.id) == ()
