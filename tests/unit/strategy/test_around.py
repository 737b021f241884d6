"""An `[[around]]` table: what it may say, what a plan records of it, what a person would type."""

from dataclasses import replace
from pathlib import Path

import pytest

from stairlift.model.errors import UsageError
from stairlift.strategy.around import changed_since, frozen, read_around, typed
from stairlift.testing.plans import a_plan

AMTOOL = {
    "name": "alerts",
    "begin": ["amtool", "silence", "add", "--comment=stairlift {run}", "job=nova"],
    "end": ["amtool", "silence", "expire", "{begun}"],
}


def around(folder: Path = Path("/etc/stairlift"), **given):
    return read_around({**AMTOOL, "folder": str(folder), **given})


def refused(**given) -> UsageError:
    with pytest.raises(UsageError) as caught:
        around(**given)
    return caught.value


def script(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_its_commands_are_kept_as_written() -> None:
    found = around(check=["true"])
    assert found.begin[3] == "--comment=stairlift {run}"
    assert (found.name, found.end[-1], found.check, found.deadline) == ("alerts", "{begun}", ("true",), 30)


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"begin": []}, "begin"),
        ({"end": None}, "end"),
        ({"name": "two words"}, "name"),
        ({"name": "a:b"}, "name"),
        ({"begin": ["silence", "{host}"]}, "begin"),
        ({"begin": ["silence", "{begun}"]}, "begin"),
        ({"begin": ["silence", "--password=hunter2"]}, "begin"),
        ({"begun": ["silence"]}, "begun"),
        ({"begin": "./silence {run}"}, "begin"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_key(given, key: str) -> None:
    wrong = refused(**given)
    assert wrong.code == "strategy.option"
    assert f": {key} " in wrong.brief
    assert "hunter2" not in str(wrong.brief) + str(wrong.resolution)


def test_a_plan_records_the_scripts_and_files_that_it_names(tmp_path: Path) -> None:
    begin, end = script(tmp_path, "silence"), script(tmp_path, "unsilence")
    (tmp_path / "hosts").write_text("cmp1\n")
    found = frozen(around(tmp_path, begin=["./silence", "--hosts=hosts"], end=["./unsilence"], check=["true"]))
    assert list(found.files) == [str(tmp_path / "hosts"), str(begin), str(end)]
    assert changed_since(found) == ()
    begin.write_text("#!/bin/sh\n# mended\n")
    end.unlink()
    assert changed_since(found) == (f"{begin} has changed", f"{end} is missing")


@pytest.mark.parametrize("program", ["./nowhere", "{run}", "no-such-program-anywhere"])
def test_a_program_that_is_not_there_is_no_plan(program: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        frozen(around(tmp_path, begin=["true"], end=["true"], check=[program]))
    assert caught.value.code == "around.program"
    assert program in caught.value.brief


def test_what_a_person_would_type(tmp_path: Path) -> None:
    plan = a_plan()
    found = replace(around(tmp_path), begin=("./silence", "for {run}", "{from}", "{to}"))
    assert typed(found, found.begin, plan) == f"cd {tmp_path} && {tmp_path}/silence 'for RUN' 2025.1 2026.1"
    assert typed(found, found.end, plan) == f"cd {tmp_path} && amtool silence expire BEGUN"
