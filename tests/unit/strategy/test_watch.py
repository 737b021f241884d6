"""Comparing what a plan froze again and again: every change is seen, and an unchanged file is read once."""

import os
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stairlift.strategy import StrategyRegistry, freeze_binding, watch
from stairlift.strategy.registry import GROUP
from stairlift.strategy.watch import FrozenWatch
from unit.strategy.stand_in import stand_in
from unit.strategy.test_freezing import REGISTRY


class Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def reads(monkeypatch) -> list[str]:
    """Which files were read to compare their content."""
    read: list[str] = []
    real = watch.changed_file
    monkeypatch.setattr(watch, "changed_file", lambda file, recorded: read.append(file) or real(file, recorded))
    return read


@pytest.fixture
def old(monkeypatch):
    """All files were written long ago. (ctime cannot be set.)"""
    monkeypatch.setattr(watch, "_RECENT", -1.0)


def command(folder: Path):
    (folder / "step").write_text("#!/bin/sh\n")
    (folder / "step").chmod(0o755)
    (folder / "conf.ini").write_text("a\n")
    options = {"folder": str(folder), "argv": ["./step", "./conf.ini", "{host}"]}
    return freeze_binding(0, {}, "command", options, registry=REGISTRY)


def watching(binding, clock=None) -> FrozenWatch:
    return FrozenWatch([binding], registry=REGISTRY, clock=clock or Clock())


def test_nothing_has_changed(tmp_path):
    binding = command(tmp_path)
    assert watching(binding).changed([binding.id]) == ()


def test_a_change_is_seen_and_seen_again_until_it_is_put_back(tmp_path):
    binding = command(tmp_path)
    looking = watching(binding)
    assert looking.changed([binding.id]) == ()
    (tmp_path / "conf.ini").write_text("b\n")
    assert looking.changed([binding.id]) == (f"{tmp_path}/conf.ini has changed",)
    assert looking.changed([binding.id]) == (f"{tmp_path}/conf.ini has changed",)
    (tmp_path / "conf.ini").write_text("a\n")
    assert looking.changed([binding.id]) == ()


def test_a_file_that_has_gone(tmp_path):
    binding = command(tmp_path)
    looking = watching(binding)
    (tmp_path / "conf.ini").unlink()
    assert looking.changed([binding.id]) == (f"{tmp_path}/conf.ini is missing",)


def test_an_unchanged_file_is_read_once(tmp_path, reads, old):
    binding = command(tmp_path)
    looking = watching(binding)
    for _ in range(100):
        assert looking.changed([binding.id]) == ()
    assert sorted(reads) == sorted(binding.files)


def test_a_file_that_was_written_just_now_is_read_again(tmp_path, reads):
    """The clock of a file system ticks in hundredths of a second: two writes may leave the same times."""
    binding = command(tmp_path)
    looking = watching(binding)
    looking.changed([binding.id])
    looking.changed([binding.id])
    assert sorted(reads) == sorted([*binding.files, *binding.files])


def test_a_change_that_keeps_size_and_time_is_seen(tmp_path, old):
    binding = command(tmp_path)
    looking = watching(binding)
    looking.changed([binding.id])
    before = (tmp_path / "conf.ini").stat()
    (tmp_path / "conf.ini").write_text("b\n")
    os.utime(tmp_path / "conf.ini", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert looking.changed([binding.id]) == (f"{tmp_path}/conf.ini has changed",)


@given(st.lists(st.sampled_from(["a\n", "b\n", "a\n\n", None]), min_size=1, max_size=6))
@settings(deadline=None, max_examples=40)
def test_it_says_at_any_time_what_a_fresh_look_says(tmp_path_factory, contents):
    folder = tmp_path_factory.mktemp("watch")
    binding = command(folder)
    looking = watching(binding)
    for content in contents:
        (folder / "conf.ini").unlink(missing_ok=True)
        if content is not None:
            (folder / "conf.ini").write_text(content)
        assert looking.changed([binding.id]) == watching(binding).changed([binding.id])


def ansible(folder: Path):
    (folder / "upgrade.yml").write_text("- hosts: all\n")
    (folder / "group_vars").mkdir(exist_ok=True)
    (folder / "group_vars" / "all.yml").write_text("a: 1\n")
    options = {"folder": str(folder), "playbook": "upgrade.yml", "command": [stand_in(folder)]}
    return freeze_binding(0, {}, "ansible", options, registry=REGISTRY)


def test_a_file_that_came_beside_the_others(tmp_path):
    binding = ansible(tmp_path)
    looking = watching(binding)
    assert looking.changed([binding.id]) == ()
    (tmp_path / "group_vars" / "compute.yml").write_text("b: 1\n")
    assert looking.changed([binding.id]) == (f"{tmp_path}/group_vars/compute.yml is new",)


def test_another_version_of_a_tool_is_seen_as_soon_as_its_program_changes(tmp_path):
    binding = ansible(tmp_path)
    looking = watching(binding)
    assert looking.changed([binding.id]) == ()
    stand_in(tmp_path, version="2.20.0")
    (difference,) = looking.changed([binding.id])
    assert difference == "ansible-core is 2.20.0, the plan was made with 2.19.14"


#: Who asked a strategy, and what it shall say its tool's version is.
VERSION = ["1"]
ASKED = []


class AskedStrategy:
    """Counts how often it is asked; the rest is that of a strategy which nobody runs here."""

    name = "asked"

    def __init__(self, options) -> None:
        pass

    def capabilities(self):
        from stairlift.model.work import Capabilities

        return Capabilities("host")

    def freeze(self):
        from stairlift.model.work import Frozen

        ASKED.append(1)
        if VERSION[0] == "broken":
            raise KeyError("version")
        return Frozen(versions={"tool": VERSION[0]})

    job = runbook = judge = capabilities


@pytest.fixture
def asked(monkeypatch):
    monkeypatch.setitem(sys.modules, "asked_strategy", sys.modules[__name__])
    VERSION[0] = "1"
    registry = StrategyRegistry((EntryPoint("asked", "asked_strategy:AskedStrategy", GROUP),))
    binding = freeze_binding(0, {}, "asked", {}, registry=registry)
    clock = Clock()
    ASKED.clear()
    return FrozenWatch([binding], registry=registry, clock=clock), binding.id, clock


def test_a_strategy_is_asked_now_and_then(asked):
    looking, name, clock = asked
    for clock.time in (0.0, 1.0, 29.0):
        looking.changed([name])
    assert len(ASKED) == 1
    VERSION[0] = "2"
    clock.time = 31.0
    assert looking.changed([name]) == ("tool is 2, the plan was made with 1",)
    clock.time = 32.0
    assert looking.changed([name]) == ("tool is 2, the plan was made with 1",)


def test_a_strategy_that_raises_is_a_difference(asked):
    looking, name, _ = asked
    VERSION[0] = "broken"
    (difference,) = looking.changed([name])
    assert "asked" in difference
    assert "does not work" in difference


def test_a_strategy_without_files_and_versions_is_not_watched(tmp_path):
    binding = freeze_binding(0, {}, "command", {"folder": str(tmp_path), "argv": ["true"]}, registry=REGISTRY)
    assert not watching(binding).watches(binding.id)
    assert watching(command(tmp_path)).watches("command-1")
