"""The `[[around]]` tables of stairlift.toml, and who knows how to end what they begin."""

from dataclasses import replace
from pathlib import Path

import pytest

from stairlift.execute.local import LocalExecutor
from stairlift.model.errors import UsageError
from stairlift.model.plan import Around
from stairlift.model.run import RunState
from stairlift.ports import Affecting
from stairlift.testing.plans import a_plan
from stairlift.wiring.around import surroundings, with_surroundings
from stairlift.wiring.config.settings import read_settings
from standings import a_run

ALERTS = """
[[around]]
name = "alerts"
begin = ["./silence", "{run}"]
end = ["./unsilence", "{begun}"]
"""


def read(folder: Path, text: str) -> tuple[Around, ...]:
    (folder / "stairlift.toml").write_text(text)
    return read_settings({"HOME": str(folder)}, folder, folder / "nowhere").around


def refused(folder: Path, text: str) -> str:
    with pytest.raises(UsageError) as caught:
        read(folder, text)
    assert caught.value.code == "config.invalid"
    return caught.value.brief


def test_they_are_read_in_order_and_run_beside_their_file(tmp_path: Path) -> None:
    first, second = read(tmp_path, f'{ALERTS}deadline = "40s"\n{ALERTS.replace("alerts", "banner")}')
    assert (first.name, first.deadline, first.folder) == ("alerts", 40, str(tmp_path))
    assert (second.name, second.deadline, second.begin) == ("banner", 30, ("./silence", "{run}"))


def test_without_them_nothing_surrounds_a_run(tmp_path: Path) -> None:
    assert read(tmp_path, "") == ()
    executor, run = LocalExecutor(tmp_path), a_run(RunState.PENDING)
    assert surroundings(a_plan(), run, executor) is None
    assert with_surroundings({}, a_plan(), run, executor) == {}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (ALERTS.replace("[[around]]", "[around]"), "double brackets"),
        (ALERTS + "deadline = 60\n", "deadline is 1 to 45 s"),
        (ALERTS + "deadline = 0\n", "deadline is 1 to 45 s"),
        (ALERTS + 'deadline = "soon"\n', "deadline is a number of seconds"),
        (ALERTS + ALERTS, "number 2: there is another one with name = 'alerts'"),
        (
            ALERTS + "undo = []\n",
            "number 1: undo is not an option",
        ),
        (ALERTS.replace("{run}", "{runs}"), "number 1: begin holds the unknown placeholder {runs}"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text: str, what: str, tmp_path: Path) -> None:
    brief = refused(tmp_path, text)
    assert str(tmp_path / "stairlift.toml") in brief
    assert what in brief
    assert "strategy" not in brief


def test_the_ledger_finds_who_ends_it_by_the_binding_of_the_effect(tmp_path: Path) -> None:
    plan = replace(a_plan(), around=(Around("alerts", ("true",), ("true",)),))
    executor, run = LocalExecutor(tmp_path), a_run(RunState.PENDING)
    found = surroundings(plan, run, executor)
    assert [intention.id for intention in found.intentions()] == ["around:alerts"]
    assert isinstance(with_surroundings({}, plan, run, executor)["around:alerts"], Affecting)
