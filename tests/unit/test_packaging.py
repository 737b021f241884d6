"""What is installed from a wheel is whole: a page without its template is found out by whoever asks for it, else."""

import tomllib
from glob import glob
from pathlib import Path

from pages import ROOT

PACKAGE = ROOT / "src" / "stairlift"
PATTERNS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["stairlift"]


def packaged() -> set[Path]:
    """As setuptools reads the patterns, and Path.glob would not."""
    return {PACKAGE / name for pattern in PATTERNS for name in glob(pattern, root_dir=PACKAGE, recursive=True)}  # noqa: PTH207


def test_whatever_is_no_code_is_packaged():
    others = {file for file in PACKAGE.rglob("*") if file.is_file() and file.suffix not in {".py", ".pyc"}}
    assert {PACKAGE / "web" / "templates" / "run.html", PACKAGE / "web" / "static" / "stairlift.js"} < others
    assert sorted(others - packaged()) == []


def test_whatever_is_code_is_in_a_package():
    folders = {file.parent for file in PACKAGE.rglob("*.py")}
    assert sorted(folder for folder in folders if not (folder / "__init__.py").exists()) == []
