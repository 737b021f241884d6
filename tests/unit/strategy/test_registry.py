import sys
from importlib.metadata import EntryPoint

import pytest

from stairlift.model.errors import UsageError
from stairlift.strategy.ansible import AnsibleUpgradeStrategy
from stairlift.strategy.command import CommandUpgradeStrategy
from stairlift.strategy.registry import GROUP, StrategyRegistry

BUILT_IN = {
    "ansible": "stairlift.strategy.ansible:AnsibleUpgradeStrategy",
    "command": "stairlift.strategy.command:CommandUpgradeStrategy",
}


def registry(**points):
    return StrategyRegistry(tuple(EntryPoint(name, value, GROUP) for name, value in {**BUILT_IN, **points}.items()))


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Write a module that a package might bring."""

    def write(text):
        (tmp_path / "their_plugin.py").write_text(text)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "their_plugin", raising=False)
        return registry(theirs="their_plugin:Theirs")

    yield write
    sys.modules.pop("their_plugin", None)


def test_the_built_in_ones_go_by_the_class_names_of_the_founding_document():
    assert registry().load("ansible") is AnsibleUpgradeStrategy
    assert registry().load("command") is CommandUpgradeStrategy
    assert registry().names() == ("ansible", "command")


def test_options_reach_the_strategy():
    built = registry().build("command", {"folder": "/x", "argv": ["y"], "concurrency": "cloud"})
    assert built.capabilities().concurrency == "cloud"
    with pytest.raises(UsageError, match="argv is missing"):
        registry().build("command", {"folder": "/x"})


def test_an_unknown_name_is_answered_with_those_that_exist():
    with pytest.raises(UsageError) as caught:
        registry().load("anisble")
    assert (caught.value.code, caught.value.details) == ("strategy.unknown", "Installed are: ansible, command.")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("raise RuntimeError('boom')", "RuntimeError: boom"),
        ("import sys; sys.exit('no licence')", "SystemExit: no licence"),
        ("import no_such_module_anywhere", "No module named"),
        ("x = 1", "Theirs"),
        ("class Theirs: pass", "it lacks capabilities, freeze, job, runbook, judge"),
        ("Theirs = 3", "it lacks capabilities"),
    ],
)
def test_a_plugin_that_is_broken_is_named(plugin, text, says):
    with pytest.raises(UsageError) as caught:
        plugin(text).load("theirs")
    assert caught.value.code == "strategy.broken"
    assert "'theirs'" in caught.value.brief
    assert says in caught.value.details


def test_a_plugin_that_trips_over_its_options_is_named(plugin):
    text = "from stairlift.strategy.command import CommandUpgradeStrategy as C\nclass Theirs(C):\n    def __init__(self, o): o['x']"
    with pytest.raises(UsageError) as caught:
        plugin(text).build("theirs", {})
    assert (caught.value.code, caught.value.details) == ("strategy.broken", "KeyError: 'x'")


def test_one_plugin_that_is_broken_keeps_no_other_from_working(plugin):
    assert plugin("raise RuntimeError").load("command") is CommandUpgradeStrategy


def test_two_packages_with_one_name_are_refused_and_one_found_twice_is_not():
    twice = StrategyRegistry((*registry().found, *registry().found))
    assert twice.load("command") is CommandUpgradeStrategy
    other = EntryPoint("command", "elsewhere:Theirs", GROUP)
    with pytest.raises(UsageError) as caught:
        StrategyRegistry((*registry().found, other)).load("command")
    assert caught.value.code == "strategy.ambiguous"
    assert "elsewhere:Theirs" in caught.value.details
