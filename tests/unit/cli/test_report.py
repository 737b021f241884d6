"""`stairlift report`: of a plan on file, of a run in the journal, to stdout or whole into a file."""

import json

import pytest

from houses import a_house, a_run, settings_in
from planning import planned
from stairlift.cli.app import run_app
from stairlift.model.run import RunState
from stairlift.testing.clouds import a_cloud
from stairlift.testing.plans import a_rollout
from stairlift.wiring.files import write_plan


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder with a plan in it, and a journal with a run that is done."""
    monkeypatch.chdir(tmp_path)
    for name in ("OS_CLOUD", "STAIRLIFT_CONFIG", "STAIRLIFT_DATABASE_URL", "STAIRLIFT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("STAIRLIFT_STATE_DIR", str(settings_in(tmp_path).state_dir))
    house = a_house(tmp_path)
    a_run(house, a_rollout(1, actions=("upgrade",))).does("cmp1-upgrade").rests(RunState.DONE)
    house.close()
    write_plan(planned(a_cloud()), tmp_path / "plan.json")
    return tmp_path


def typed(capfdbinary, *words: str) -> tuple[int, str, str]:
    code = run_app(["report", *words])
    said = capfdbinary.readouterr()
    return code, said.out.decode(), said.err.decode()


def test_of_the_newest_run_where_nothing_is_named(desk, capfdbinary):
    code, out, _ = typed(capfdbinary)
    assert code == 0
    assert "- **State:** done" in out


@pytest.mark.parametrize("name", ["plan.json", "./plan.json"])
def test_of_a_plan_on_file(desk, capfdbinary, name):
    code, out, _ = typed(capfdbinary, name, "-o", "md")
    assert code == 0
    assert "- **State:** proposed" in out


def test_programs_get_a_document_alone(desk, capfdbinary):
    _, out, err = typed(capfdbinary, "-o", "json")
    assert (json.loads(out)["schema"], err) == ("stairlift.report/1", "")


def test_into_a_file_and_stdout_stays_empty(desk, capfdbinary):
    code, out, err = typed(capfdbinary, "plan.json", "-o", "html", "--out", "change.html")
    assert (code, out, err) == (0, "", "the report is in change.html\n")
    assert (desk / "change.html").read_text().startswith("<!doctype html>")


def test_a_file_that_cannot_be_written(desk, capfdbinary):
    code, _, err = typed(capfdbinary, "--out", "no/such/folder/change.md")
    assert code == 1
    assert "report.unwritable" in err


def test_a_plan_that_was_edited_is_not_reported_on(desk, capfdbinary):
    (desk / "plan.json").write_text((desk / "plan.json").read_text().replace('"cmp1"', '"cmp9"'))
    code, out, err = typed(capfdbinary, "plan.json")
    assert (code, out) == (4, "")
    assert "plan.edited" in err


def test_a_run_that_there_is_not(desk, capfdbinary):
    code, _, err = typed(capfdbinary, "261122-abcdef")
    assert code == 2
    assert "run.unknown" in err


def test_announcements_say_whom_to_ask(desk, capfdbinary):
    (desk / "stairlift.toml").write_text('[announce]\ncloud = "Cloud North"\nask = "cloud@example.org"\n')
    _, start, _ = typed(capfdbinary, "plan.json", "--announce", "start")
    _, end, _ = typed(capfdbinary, "--announce", "end")
    assert start.startswith("Maintenance: Cloud North is upgraded")
    assert end.startswith("The upgrade of Cloud North to OpenStack 2026.1 Gazpacho is complete.")
    assert start.rstrip().endswith("Questions: cloud@example.org")


@pytest.mark.parametrize("words", [("--announce", "start", "-o", "json"), ("plan.json", "--announce", "end")])
def test_what_makes_no_sense_together_is_refused(desk, capfdbinary, words):
    code, _, err = typed(capfdbinary, *words)
    assert code == 2
    assert "usage.options" in err


@pytest.mark.parametrize("table", ["[announce]\nwhom = 'x'\n", "[announce]\nask = 7\n", "[announce]\nask = 'a\\nb'\n"])
def test_an_announce_table_that_is_wrong_is_named(desk, capfdbinary, table):
    (desk / "stairlift.toml").write_text(table.replace("'a\\nb'", '"a\\nb"'))
    code, _, err = typed(capfdbinary)
    assert code == 2
    assert "[announce]" in err
