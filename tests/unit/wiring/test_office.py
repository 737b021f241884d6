"""Which run is meant, what stands on record about it, and a state directory that only its owner reads."""

import sqlite3
import stat
from contextlib import closing
from datetime import timedelta

import pytest

from journals import NOON, Ledger, an_office
from stairlift.model.errors import StairliftError, UsageError
from stairlift.model.run import Command, RunState
from stairlift.store.revisions import REVISIONS
from stairlift.testing.plans import a_plan, a_step
from stairlift.wiring.config.settings import read_settings
from stairlift.wiring.office import open_office, upgrade_database

PLAN = a_plan(a_step("a"), a_step("b"))
HOUR = timedelta(hours=1)


@pytest.fixture
def office(tmp_path):
    return an_office(tmp_path)


def shape_of(file):
    """The revision of a journal, and what its tables and indexes are."""
    with closing(sqlite3.connect(file)) as database:
        (revision,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
        return revision, database.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()


def settings_for(folder, **environ):
    return read_settings({"HOME": str(folder), "STAIRLIFT_STATE_DIR": str(folder / "state")} | environ, folder, folder)


class TestWhichRun:
    def test_the_one_that_is_named(self, office):
        first = Ledger.begun(office, PLAN).rests(RunState.FAILED).run
        Ledger.begun(office, PLAN, NOON + HOUR)
        assert office.archive.run(first.id).id == first.id

    def test_the_active_one_though_it_is_not_the_newest(self, office):
        active = Ledger.begun(office, PLAN).run
        Ledger.begun(office, PLAN, NOON + HOUR).rests(RunState.FAILED)
        assert office.archive.run(None).id == active.id

    def test_else_the_newest(self, office):
        Ledger.begun(office, PLAN).rests(RunState.DONE)
        newest = Ledger.begun(office, PLAN, NOON + HOUR).rests(RunState.FAILED).run
        assert office.archive.run(None).id == newest.id

    def test_the_cloud_that_the_environment_names(self, office):
        ours = Ledger.begun(office, a_plan(a_step("a"), cloud="ours")).rests(RunState.DONE).run
        Ledger.begun(office, a_plan(a_step("a"), cloud="theirs"), NOON + HOUR)
        assert office.archive.run(None, "ours").id == ours.id

    def test_two_active_clouds_and_no_word_of_which(self, office):
        runs = [Ledger.begun(office, a_plan(a_step("a"), cloud=name)).run for name in ("ours", "theirs")]
        with pytest.raises(UsageError) as wrong:
            office.archive.run(None)
        assert wrong.value.code == "run.ambiguous"
        assert all(run.id in wrong.value.brief for run in runs)

    @pytest.mark.parametrize("cloud", [None, "lab"])
    def test_none_yet(self, office, cloud):
        with pytest.raises(UsageError) as wrong:
            office.archive.run(None, cloud)
        assert (wrong.value.code, wrong.value.exit_code) == ("run.none", 2)

    def test_an_unknown_one(self, office):
        with pytest.raises(UsageError, match="'nope'"):
            office.archive.run("nope")

    def test_an_empty_name_is_not_the_run_at_hand(self, office):
        """As a script types it whose variable is not set: `stairlift cancel "$RUN" --yes`."""
        Ledger.begun(office, PLAN)
        with pytest.raises(UsageError, match="no run ''"):
            office.archive.run("")


class TestStanding:
    def test_all_that_is_on_record(self, office):
        ledger = Ledger.begun(office, PLAN).starts("a").tells("a", '{"task": "first"}\n{"task": "restart"}\n{"tas')
        told = Command("c1", ledger.run.id, "skip", "b", "bob", "why not", NOON)
        office.store.tell(told)
        standing = office.archive.standing_of_all(ledger.run, PLAN)
        assert [s.state for s in standing.steps] == ["running", "pending"]
        assert standing.doing == {"a": "restart"}
        assert standing.told == (told,)
        assert standing.orchestrator is None

    def test_who_orchestrates(self, office):
        ledger = Ledger.begun(office, PLAN)
        with office.store.hold(PLAN.cloud):
            assert office.archive.standing_of_all(ledger.run, PLAN).orchestrator is not None

    @pytest.mark.parametrize("told", ["", "[]\n", "7\n", "{}\n", '{"task": 3}\n', "\xff\n", '{"task'])
    def test_a_progress_file_that_tells_no_task(self, office, told):
        ledger = Ledger.begun(office, PLAN).starts("a").tells("a", told)
        assert office.doing(ledger.run.id, ["a"]) == {}

    def test_attempts_without_files_and_steps_without_attempts(self, office):
        ledger = Ledger.begun(office, PLAN).starts("a")
        assert office.doing(ledger.run.id, ["a", "b"]) == {}


class TestOpening:
    def test_only_its_owner_may_read_it(self, tmp_path):
        office = open_office(settings_for(tmp_path))
        office.store.close()
        assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
        assert (tmp_path / "state" / "stairlift.sqlite").exists()

    def test_a_file_in_its_place(self, tmp_path):
        (tmp_path / "state").write_text("")
        with pytest.raises(StairliftError) as wrong:
            open_office(settings_for(tmp_path))
        assert wrong.value.code == "state.unusable"
        assert str(tmp_path / "state") in wrong.value.brief

    def test_a_database_that_is_none(self, tmp_path):
        (tmp_path / "state").mkdir()
        (tmp_path / "state" / "stairlift.sqlite").write_text("this is no database" * 100)
        with pytest.raises(StairliftError) as wrong:
            open_office(settings_for(tmp_path))
        assert wrong.value.code == "store.damaged"

    @pytest.mark.parametrize(
        "url",
        [
            "nonsense",
            "mysql+nothing://stairlift:hunter2@db/stairlift",
            "stairlift:hunter2@db/stairlift",
            "postgres://stairlift:hunter2@db:5432/stairlift",
            "postgresql+psycopg://stairlift:hunter2@127.0.0.1:1/stairlift",
        ],
    )
    def test_an_address_that_leads_nowhere_and_keeps_its_password_to_itself(self, tmp_path, url):
        with pytest.raises(StairliftError) as wrong:
            open_office(settings_for(tmp_path, STAIRLIFT_DATABASE_URL=url))
        told = f"{wrong.value.brief} {wrong.value.details} {wrong.value.resolution}"
        assert "hunter2" not in told
        assert wrong.value.code.startswith("store.")

    def test_upgrading_twice(self, tmp_path):
        settings, file = settings_for(tmp_path), tmp_path / "state" / "stairlift.sqlite"
        first = upgrade_database(settings), shape_of(file)
        assert (upgrade_database(settings), shape_of(file)) == first
        assert first[1][0] == REVISIONS[-1]
