"""What is installed, as the listings show it: whatever somebody else's package does, the others are shown."""

import sys
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest

from stairlift import __version__
from stairlift.model.work import Traits
from stairlift.report.installed import source_documents, source_rows, strategy_documents, strategy_rows
from stairlift.strategy import registry
from stairlift.wiring import installed
from stairlift.wiring.config.settings import Settings
from stairlift.wiring.installed import installed_sources, installed_strategies

STRATEGIES = '''
from stairlift.model.work import Traits
class Bare:
    """Does what it does.

    And more.
    """
    def capabilities(self): ...
    freeze = job = runbook = judge = capabilities
class Full(Bare):
    """All of it."""
    traits = Traits(("cloud",), undo="always")
    per_hop = True
    @classmethod
    def lacking(cls): return ("no such tool",)
class Raising(Bare):
    """Raises."""
    @classmethod
    def lacking(cls): return 1 / 0
'''


@pytest.fixture
def packages(monkeypatch):
    """Entry points of a module that holds the classes above, and of two that cannot be imported."""
    module = ModuleType("theirs", "What this module tells.")
    exec(STRATEGIES, vars(module))
    module.VALUE = object()
    monkeypatch.setitem(sys.modules, "theirs", module)
    paths = {name: f"theirs:{name.capitalize()}" for name in ("bare", "full", "raising")}
    paths |= {"gone": "no_such_module_here:X", "less": "theirs:Traits"}

    def points(*, group):
        return tuple(EntryPoint(name, path, group) for name, path in paths.items())

    monkeypatch.setattr(registry, "entry_points", points)
    monkeypatch.setattr(
        installed,
        "available",
        lambda: {"value": EntryPoint("value", "theirs:VALUE", "g"), **{p.name: p for p in points(group="g")}},
    )
    return paths


def strategies():
    return {found.entry.name: found for found in installed_strategies()}


def test_a_strategy_tells_what_it_can(packages):
    full = strategies()["full"]
    assert (full.entry.description, full.per_hop) == ("All of it.", True)
    assert full.traits == Traits(("cloud",), undo="always")
    assert full.entry.lacks == ("no such tool",)
    [row] = strategy_rows([full])
    assert row == ("full", "Full", "cloud", "always", "no", "no", "yes", "All of it.", "no such tool")


def test_one_that_tells_nothing_is_shown_all_the_same(packages):
    [row] = strategy_rows([strategies()["bare"]])
    assert row == ("bare", "Bare", "?", "?", "?", "?", "no", "Does what it does.", "")
    [document] = strategy_documents([strategies()["bare"]])
    assert (document["concurrency"], document["lacks"], document["broken"]) == (None, [], None)


def test_one_that_cannot_be_loaded_is_shown_as_broken(packages):
    found = strategies()
    assert "ModuleNotFoundError" in found["gone"].entry.trouble
    assert "It is no strategy class" in found["less"].entry.trouble
    assert set(found) == set(packages)


def test_one_that_cannot_say_what_it_lacks(packages):
    assert strategies()["raising"].entry.trouble == "it cannot say: ZeroDivisionError: division by zero"


def test_sources(packages, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = {one.entry.name: one for one in installed_sources(Settings(), {})}
    assert found["full"].entry.lacks == ("no such tool",)
    assert found["value"].entry.description == "What this module tells."
    assert "ModuleNotFoundError" in found["gone"].entry.broken
    assert [row[0] for row in source_rows(list(found.values()))] == sorted([*packages, "value"])


@pytest.mark.parametrize("there", ["file", "named", "environment", "nothing"])
def test_credentials_are_lacking_where_there_are_none(tmp_path, monkeypatch, there):
    monkeypatch.chdir(tmp_path)
    environ = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    if there == "environment":
        environ["OS_AUTH_URL"] = "http://keystone"
    elif there == "named":
        (tmp_path / "mine.yaml").write_text("clouds: {}\n")
        environ["OS_CLIENT_CONFIG_FILE"] = str(tmp_path / "mine.yaml")
    elif there == "file":
        (tmp_path / "clouds.yaml").write_text("clouds: {}\n")
    found = {d["name"]: d for d in source_documents(installed_sources(Settings(), environ))}
    assert found["nova"]["credentials"]
    assert found["nova"]["lacks"] == (["no clouds.yaml and no OS_AUTH_URL"] if there == "nothing" else [])
    assert not found["ansible"]["credentials"]
    assert found["ansible"]["package"] == f"stairlift {__version__}"


def test_ansible_says_when_it_is_missing(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    found = {one.entry.name: one for one in installed_strategies()}
    assert found["ansible"].entry.lacks == ("no ansible-playbook on the PATH: install it or set command",)
    assert found["command"].entry.lacks == ()


def test_all_that_is_shipped_can_be_loaded_and_says_what_it_is():
    everything = [*installed_strategies(), *installed_sources(Settings(), {})]
    assert [one.entry.name for one in everything if one.entry.broken or not one.entry.description] == []
