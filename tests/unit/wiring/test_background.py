import stat
import sys

import pytest

from journals import Ledger, an_office
from stairlift.model.errors import StairliftError
from stairlift.testing.plans import a_plan, a_step
from stairlift.wiring.background import orchestrate_in_background

PLAN = a_plan(a_step("a"))


@pytest.fixture
def office(tmp_path):
    return an_office(tmp_path)


def an_interpreter(tmp_path, monkeypatch, script):
    """Something else in place of the orchestrator."""
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(path))


def test_it_returns_once_the_run_has_begun(office, tmp_path, monkeypatch):
    an_interpreter(tmp_path, monkeypatch, 'echo "$@"')
    run = Ledger.begun(office, PLAN).run
    log = orchestrate_in_background(office, run, approve_all=True)
    assert log == tmp_path / "orchestrators" / f"{run.id}.log"
    assert stat.S_IMODE(log.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(("approve_all", "words"), [(True, " --yes"), (False, "")])
def test_an_orchestrator_that_leaves_before_is_heard(office, tmp_path, monkeypatch, approve_all, words):
    an_interpreter(tmp_path, monkeypatch, 'echo "$@"; echo "error: no way" >&2; exit 4')
    run = Ledger.opened(office, PLAN).run
    with pytest.raises(StairliftError) as told:
        orchestrate_in_background(office, run, approve_all=approve_all)
    assert told.value.code == "run.not_detached"
    assert "left with 4" in told.value.brief
    assert told.value.details == f"-m stairlift resume {run.id}{words}\n  error: no way"
    assert f"stairlift resume {run.id}" in told.value.resolution
