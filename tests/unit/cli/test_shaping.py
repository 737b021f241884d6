"""`-f value`, `-f csv` and `-c`, as the clients of OpenStack have them, on every command that has a table."""

import csv
import io
import json

import pytest
import typer
import yaml

from stairlift.cli import shaping
from stairlift.cli.app import the_app
from stairlift.cli.output import show, show_lines, show_table
from stairlift.model.errors import UsageError

COLUMNS = ("HOST", "STATE", "ZONE")
ROWS = [("cmp1", "up", None), ("cmp2", "", 'a "b"'), ("x\x1b[2J", "up", 7)]


def shown(capfdbinary, form="table", *columns, tables=((COLUMNS, ROWS),)):
    shaping.of_columns(columns)
    shaping.formed(form)
    show("a headline")
    for names, rows in tables:
        show_table(names, rows)
    show_lines(["a footer"])
    return capfdbinary.readouterr().out.decode()


def test_values_are_bare(capfdbinary):
    assert shown(capfdbinary, "value") == 'cmp1 up \ncmp2  a "b"\nx?[2J up 7\n'


def test_one_column_in_a_row_each(capfdbinary):
    assert shown(capfdbinary, "value", "HOST") == "cmp1\ncmp2\nx?[2J\n"


def test_columns_in_the_order_that_was_asked_for_and_in_any_case(capfdbinary):
    assert shown(capfdbinary, "value", "state", "Host").splitlines()[0] == "up cmp1"


def test_csv_is_read_by_what_reads_csv(capfdbinary):
    rows = list(csv.reader(io.StringIO(shown(capfdbinary, "csv"))))
    assert rows == [list(COLUMNS), ["cmp1", "up", ""], ["cmp2", "", 'a "b"'], ["x\x1b[2J", "up", "7"]]


def test_rows_as_documents(capfdbinary):
    assert json.loads(shown(capfdbinary, "json", "host", "zone"))[0] == {"HOST": "cmp1", "ZONE": None}
    assert yaml.safe_load(shown(capfdbinary, "yaml", "zone"))[2] == {"ZONE": 7}


def test_columns_of_a_table_for_people(capfdbinary):
    assert shown(capfdbinary, "table", "STATE", "HOST").splitlines()[:2] == ["STATE  HOST", "up     cmp1"]


def test_without_a_word_everything_is_as_it_was(capfdbinary):
    told = shown(capfdbinary)
    assert told.startswith("a headline\nHOST  ")
    assert told.endswith("a footer\n")


def test_of_several_tables_the_first_that_is_meant(capfdbinary):
    two = ((("SERVICE",), [("nova",)]), (COLUMNS, ROWS[:1]))
    assert shown(capfdbinary, "value", tables=two) == "nova\n"
    shaping.forget()
    assert shown(capfdbinary, "value", "HOST", tables=two) == "cmp1\n"


def test_a_table_that_goes_on_has_one_head(capfdbinary):
    again = ((COLUMNS, ROWS[:1]), (COLUMNS, ROWS[:1]))
    assert shown(capfdbinary, "csv", "HOST", tables=again) == '"HOST"\n"cmp1"\n"cmp1"\n'


def commands(command=None, name="stairlift"):
    command = command or typer.main.get_command(the_app())
    if not hasattr(command, "commands"):
        yield name, command
    for word, below in getattr(command, "commands", {}).items():
        yield from commands(below, f"{name} {word}")


WITH_TABLES = {
    name: {flag for p in command.params for flag in p.opts}
    for name, command in commands()
    if any({"--output", "-f"} <= set(p.opts) for p in command.params)
}


@pytest.mark.parametrize("name", sorted(set(WITH_TABLES) - {"stairlift report"}))  # which is a text
def test_every_command_with_tables_has_columns(name):
    assert {"--output", "-o", "--format", "-f", "--column", "-c"} <= WITH_TABLES[name]


def test_the_commands_are_those():
    assert {"stairlift discover", "stairlift list", "stairlift status", "stairlift events"} <= set(WITH_TABLES)


@pytest.fixture
def typed(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("STAIRLIFT_STATE_DIR", str(tmp_path / "state"))

    def typing(*words):
        the_app()(list(words), prog_name="stairlift", standalone_mode=False)
        return capfd.readouterr().out

    return typing


def test_as_it_is_typed(typed):
    assert "haproxy" in typed("strategies", "-f", "value", "-c", "name").splitlines()
    assert "HaproxyUpgradeStrategy" in typed("strategies"), "what one command was asked for does not hold for the next"


def test_a_column_that_there_is_not(typed):
    with pytest.raises(UsageError) as refused:
        typed("strategies", "-c", "NAME", "-c", "COLOUR")
    assert refused.value.code == "usage.column"
    assert "LACKS HERE" in refused.value.resolution
