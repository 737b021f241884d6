"""The plug-ins of the how-to guides: what a reader copies from there keeps the shipped contracts, and is found."""

import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from pages import Block, blocks, read
from stairlift.drive import check_registry
from stairlift.inventory.context import SourceContext
from stairlift.inventory.specs import available, sources
from stairlift.model.observation import VersionRecord
from stairlift.strategy.registry import StrategyRegistry

LONGEST = 60


def _files(page: str) -> dict[str, str]:
    return {block.file: block.text for block in blocks(read(page)) if block.file}


def _module(files: dict[str, str], name: str) -> ModuleType:
    """A file of the guide as a module, as if it were installed."""
    module = sys.modules[name] = ModuleType(name)
    exec(compile(files[f"{name}.py"], f"{name}.py", "exec"), vars(module))
    return module


_STRATEGY = _files("docs/how-to/add-a-strategy.md")
_INVENTORY = _files("docs/how-to/add-an-inventory.md")
_CHECK = _files("docs/how-to/add-a-check.md")
_clush, _versions = _module(_STRATEGY, "stairlift_clush"), _module(_INVENTORY, "stairlift_versions")

#: The guides' own test files, collected here.
TestClush = _module(_STRATEGY, "test_clush").TestClush
_backups = _module(_CHECK, "stairlift_backups")
TestBackups = _module(_CHECK, "test_backups").TestBackups
TestVersions = _module(_INVENTORY, "test_versions").TestVersions


@pytest.mark.parametrize("files", [_STRATEGY, _INVENTORY, _CHECK], ids=["strategy", "inventory", "check"])
def test_a_plug_in_is_one_short_file(files):
    (module,) = (text for name, text in files.items() if name.startswith("stairlift_"))
    assert len(module.splitlines()) < LONGEST


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """The plug-ins' entry points on the path, as pip leaves them there."""
    for files in (_STRATEGY, _INVENTORY, _CHECK):
        _leave_metadata(tmp_path, tomllib.loads(files["pyproject.toml"])["project"])
    monkeypatch.syspath_prepend(str(tmp_path))


def _leave_metadata(folder: Path, project: dict) -> None:
    info = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    lines = [
        f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in e.items()) for group, e in project["entry-points"].items()
    ]
    (info / "entry_points.txt").write_text("".join(lines))


def test_the_strategy_is_found_by_its_entry_point(installed):
    options = tomllib.loads(_other_toml("docs/how-to/add-a-strategy.md"))["strategy"][0]
    own = {key: value for key, value in options.items() if key not in {"match", "use"}}
    built = StrategyRegistry.installed().build(options["use"], {**own, "folder": "/etc/stairlift"})
    assert isinstance(built, _clush.ClushUpgradeStrategy)


def test_the_source_is_found_by_its_entry_point(installed, tmp_path):
    (tmp_path / "installed.csv").write_text("host,binary,version\ncmp1,nova-compute,31.0.0\n")
    assert "versions" in available()
    (source,) = sources([f"versions:{tmp_path}/installed.csv"], SourceContext(client=lambda: 1 / 0))
    assert source.manager.read(source.manager.fetch()) == (VersionRecord("nova-compute", "cmp1", "31.0.0"),)


def test_the_check_is_found_by_its_entry_point(installed):
    (found,) = [check for check in check_registry.installed().checks if check.info.code == "backups.running"]
    assert isinstance(found, _backups.NoBackupUnderWay)


def _other_toml(page: str) -> str:
    (found,) = (b for b in blocks(read(page)) if b.language == "toml" and b.file is None)
    assert isinstance(found, Block)
    return found.text
