"""The lines of table headers, whatever else a file holds."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stairlift.wiring.config.lines import header_lines
from stairlift.wiring.config.toml import places_of

#: What a value may be that looks like a header and is none.
VALUES = [
    "1",
    '"[[strategy]]"',
    "'[[strategy]]'",
    '"""\n[[strategy]]\n"""',
    "'''\n[[strategy]]\n'''",
    '"""a""b\\"""\n[[strategy]]\n"""""',
    "'''it''s\n[[strategy]]'''''",
    '""',
    "''",
    '""""""',
    "''''''",
    '"\\""',
    '"\\\\"',
    "'\\'",
    '["a", # ]\n  "b"]',
    '[\n["strategy"]\n]',
    '[\n[["strategy"]],\n  [[ "strategy" ]]\n]',
    '[{ a = "}" }, { b = [1] }]',
    "{ strategy = [ { a = 1 } ] }",
]
HEADERS = [
    "[[strategy]]",
    "[[ strategy ]]",
    '[["strategy"]]',
    "  [[strategy]]",
    "[['strategy']] # the first",
    "[[strategy]]\t",
]
OTHERS = ["[[hop]]", "[[strategy.more]]", "[policy.{n}]", "[strategies{n}]", "# [[strategy]]", "", "[[strategies{n}]]"]
_SECTIONS = st.tuples(
    st.sampled_from([*HEADERS, *HEADERS, *OTHERS]), st.lists(st.sampled_from(VALUES), max_size=4), st.booleans()
)


def _file(sections) -> tuple[str, list[int]]:
    """A file of sections, and the lines of its headers."""
    text, expected, key = "top = 1\n", [], 0
    begun = False
    for number, (header, values, comment) in enumerate(sections):
        if "strategy.more" in header and not begun:
            continue
        begun = begun or header in HEADERS
        if header in HEADERS:
            expected.append(text.count("\n") + 1)
        text += header.replace("{n}", str(number)) + "\n"
        for value in values:
            key += 1
            text += f"k{key} = {value}{' # [[strategy]]' if comment else ''}\n"
    return text, expected


@given(st.lists(_SECTIONS, max_size=8))
def test_every_header_is_found_and_nothing_else(sections):
    text, expected = _file(sections)
    assert len(tomllib.loads(text).get("strategy", [])) == len(expected), "the generator makes TOML"
    assert header_lines(text, "strategy") == tuple(expected)


@given(st.text(alphabet="[]{}\"'\\#\n =astrategy", max_size=60))
def test_no_text_breaks_it(text):
    assert all(0 < line <= text.count("\n") + 1 for line in header_lines(text, "strategy"))


@given(st.lists(_SECTIONS, max_size=5))
def test_lines_may_end_as_elsewhere(sections):
    text, expected = _file(sections)
    assert header_lines(text.replace("\n", "\r\n"), "strategy") == tuple(expected)


def test_a_place_names_the_line(tmp_path):
    file = tmp_path / "stairlift.toml"
    file.write_text("# ours\n\n[[strategy]]\nuse = 'a'\n[[strategy]]\nuse = 'b'\n")
    assert places_of(file, "strategy", 2) == (f"{file}:3: [[strategy]] number 1", f"{file}:5: [[strategy]] number 2")


@pytest.mark.parametrize("text", ["strategy = [{ use = 'a' }, { use = 'b' }]\n"])
def test_without_headers_there_is_no_line(tmp_path, text):
    file = tmp_path / "stairlift.toml"
    file.write_text(text)
    assert places_of(file, "strategy", 2)[1] == f"{file}: [[strategy]] number 2"
