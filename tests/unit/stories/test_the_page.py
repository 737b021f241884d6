"""docs/explanation/failure-stories.md and the tests of the stories say the same."""

import ast
import re
from pathlib import Path

import pytest

from stairlift.knowledge.checks import catalogue

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "explanation" / "failure-stories.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\d+)\. .*?\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
FILES = sorted((*ROOT.glob("tests/unit/stories/test_story_*.py"), *ROOT.glob("tests/e2e/stories/test_story_*.py")))
BULLET = re.compile(r"^- `([^`]+)`:", re.MULTILINE)


def number(file: Path) -> str:
    return str(int(file.name.split("_")[2]))


def caught_by(file: Path) -> tuple[str, ...]:
    (value,) = (
        node.value
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "CAUGHT_BY"
    )
    return ast.literal_eval(value)


def test_every_story_is_told_and_staged_once():
    assert list(SECTIONS) == [str(n) for n in range(1, 26)]
    assert sorted(map(number, FILES), key=int) == list(SECTIONS)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_page_names_the_test_and_what_catches_it(file):
    section = SECTIONS[number(file)]
    assert f"`{file.relative_to(ROOT)}`" in section
    assert sorted(BULLET.findall(section)) == sorted(caught_by(file))
    assert "Source: " in section


def test_what_looks_like_a_code_is_one():
    errors = (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    named = {name for file in FILES for name in caught_by(file) if re.fullmatch(r"[a-z]+\.[a-z_]+", name)}
    known = set(catalogue())
    assert {name for name in named - known if f"`{name}`" not in errors} == set()
