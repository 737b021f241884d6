import datetime as dt
import json
import sys
from importlib.metadata import EntryPoint

import pytest

from stairlift.model.errors import UsageError
from stairlift.strategy import StrategyRegistry, changed_files, freeze_binding, thaw
from stairlift.strategy.command import CommandUpgradeStrategy
from stairlift.strategy.registry import GROUP
from stairlift.testing.strategy_contract import an_assignment
from unit.strategy.stand_in import stand_in
from unit.strategy.test_registry import BUILT_IN

REGISTRY = StrategyRegistry(tuple(EntryPoint(name, value, GROUP) for name, value in BUILT_IN.items()))


@pytest.fixture
def folder(tmp_path):
    for name in ("step", "undo"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "upgrade.yml").write_text("- hosts: all\n")
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "all.yml").write_text("a: 1\n")
    return tmp_path


def freeze(use, index=0, **options):
    return freeze_binding(index, {"project": ("nova", "neu*")}, use, options, registry=REGISTRY)


def freeze_command(folder, **options):
    return freeze("command", folder=str(folder), argv=["./step", "{host}"], **options)


def freeze_ansible(folder):
    return freeze("ansible", folder=str(folder), playbook="upgrade.yml", command=[stand_in(folder)])


def changes(binding):
    return changed_files(binding, registry=REGISTRY)


def test_a_binding_records_what_was_chosen(folder):
    binding = freeze_command(folder, undo=["./undo"], concurrency="batch")
    assert (binding.id, binding.use, binding.concurrency, binding.can_undo) == ("command-1", "command", "batch", True)
    assert binding.match == {"project": ("nova", "neu*")}
    assert set(binding.files) == {str(folder / "step"), str(folder / "undo")}
    assert all(len(digest) == 64 for digest in binding.files.values())
    assert freeze("command", 2, folder=str(folder), argv=["./step"]).id == "command-3"


def test_a_plan_gives_back_the_same_strategy(folder):
    binding = freeze_command(folder)
    read = json.loads(json.dumps(dict(binding.options)))
    assert read == binding.options
    thawed = thaw(binding, registry=REGISTRY)
    assert thawed.job(an_assignment()).argv == (str(folder / "step"), "cmp1.example.com")


def test_nothing_has_changed_where_nothing_has(folder):
    assert changes(freeze_command(folder)) == ()
    assert changes(freeze_ansible(folder)) == ()


def test_a_file_that_changed_or_is_missing_is_named(folder):
    binding = freeze_command(folder, undo=["./undo"])
    (folder / "step").write_text("#!/bin/sh\nrm -rf /\n")
    (folder / "undo").unlink()
    assert changes(binding) == (f"{folder}/step has changed", f"{folder}/undo is missing")


def test_a_file_that_was_added_is_named(folder):
    binding = freeze_ansible(folder)
    (folder / "group_vars" / "compute.yml").write_text("")
    (folder / "notes.yml").write_text("")
    assert changes(binding) == (f"{folder}/group_vars/compute.yml is new",)


def test_another_version_of_a_tool_is_named(folder):
    binding = freeze_ansible(folder)
    stand_in(folder, version="2.20.0")
    assert changes(binding) == ("ansible-core is 2.20.0, the plan was made with 2.19.14",)


def test_a_tool_that_is_gone_is_named(folder):
    binding = freeze_ansible(folder)
    (folder / "ansible-playbook").unlink()
    (difference,) = changes(binding)
    assert "does not say what its configuration is" in difference


def test_a_strategy_that_is_no_longer_installed_is_named(folder):
    (difference,) = changed_files(freeze_command(folder), registry=StrategyRegistry(()))
    assert difference == "there is no strategy 'command'"


def test_what_a_plan_cannot_record_is_refused(folder):
    with pytest.raises(UsageError, match="argv holds a date"):
        freeze("command", folder=str(folder), argv=[dt.date(2026, 1, 1)])


def test_wrong_options_are_found_when_the_plan_is_made(folder):
    with pytest.raises(UsageError, match="playbok is not an option"):
        freeze("ansible", folder=str(folder), playbook="upgrade.yml", playbok="x")
    with pytest.raises(UsageError, match="absent"):
        freeze("command", folder=str(folder), argv=["./absent"])


@pytest.mark.parametrize("method", ["freeze", "capabilities"])
@pytest.mark.parametrize("answer", [lambda _: 1 / 0, lambda _: sys.exit(3), lambda _: None])
def test_one_that_says_nothing_sensible_of_itself_is_named(folder, monkeypatch, method, answer):
    monkeypatch.setattr(CommandUpgradeStrategy, method, answer)
    with pytest.raises(UsageError) as caught:
        freeze_command(folder)
    assert caught.value.code == "strategy.broken"
