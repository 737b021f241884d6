"""Journals of released schemas, with a run in flight: today's program takes the run up and finishes it.

What they are and how they were made is told in `tests/data/journals/README.md`.
"""

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import inspect, text

from chaos import PATIENCE, Scene, Theatre, check_done, left
from stairlift.model.run import StepState
from stairlift.store.opening import REVISIONS, open_engine, upgrade
from stairlift.store.sql import open_store

JOURNALS = Path(__file__).parents[1] / "data" / "journals"
RELEASED = sorted(folder.name for folder in JOURNALS.iterdir() if folder.is_dir())
DATABASES = ["sqlite", "postgresql"]

MIGRATE = """
import sys
import alembic.command
from stairlift.store.opening import open_engine, upgrade
engine = open_engine(sys.argv[1])
engine.connect().close()
print("ready", flush=True)
upgrade(engine)
print("done", flush=True)
"""


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def restored(database: str, tmp_path: Path, request: pytest.FixtureRequest):
    """Restores the journal of a revision into a new database, and gives its address."""
    server = request.getfixturevalue("postgres") if database == "postgresql" else None
    count = iter(range(1000))

    def restore(revision: str) -> str:
        dump = (JOURNALS / revision / database / "journal.sql").read_text()
        if server:
            url = server.database()
            with psycopg.connect(url) as connection:
                connection.execute(dump)
            return url
        file = tmp_path / f"journal{next(count)}.sqlite"
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(dump)
        return f"sqlite:///{file}"

    return restore


def _upgraded(url: str) -> None:
    engine = open_engine(url)
    try:
        upgrade(engine)
    finally:
        engine.dispose()


@pytest.mark.parametrize("revision", RELEASED)
def test_a_run_in_flight_is_adopted_and_finished(restored, database: str, revision: str, tmp_path: Path) -> None:
    theatre = Theatre(tmp_path / "run", Scene(restored(revision), hosts=4, window=2, lasting=0.05))
    shutil.copytree(JOURNALS / revision / database, theatre.folder, dirs_exist_ok=True)
    before = theatre.lines()
    assert sum(word == "begin" for word, _, _ in before) < theatre.steps
    _upgraded(theatre.scene.database)
    assert left(theatre.orchestrator()) == "done"
    check_done(theatre)
    assert theatre.lines()[: len(before)] == before


def test_every_schema_that_was_released_has_its_journal() -> None:
    """The newest may have one already: it is made anew as long as its migration changes before a release."""
    assert list(REVISIONS[: len(RELEASED)]) == RELEASED
    assert len(RELEASED) >= len(REVISIONS) - 1


def test_of_a_journal_in_a_file_a_copy_is_kept_that_the_older_program_can_use(tmp_path: Path) -> None:
    file = tmp_path / "journal.sqlite"
    dump = (JOURNALS / "0001" / "sqlite" / "journal.sql").read_text()
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(dump)
    with closing(open_store(f"sqlite:///{file}", tmp_path / "locks")) as store:
        assert len(store.runs()) == 1
    with closing(sqlite3.connect(f"{file}.0001")) as connection:
        assert "\n".join(connection.iterdump()) + "\n" == dump
    assert sorted(other.name for other in tmp_path.glob("journal*")) == ["journal.sqlite", "journal.sqlite.0001"]


def test_a_migration_that_is_killed_leaves_the_old_shape_or_the_new_one(restored) -> None:
    chance = random.Random(20)
    for _ in range(8):
        url = restored("0001")
        process = subprocess.Popen([sys.executable, "-c", MIGRATE, url], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(chance.random() * 0.08)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=PATIENCE)
        _check_shape(url)
        _upgraded(url)
        assert _revision(url) == REVISIONS[-1]


def _revision(url: str) -> str | None:
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    finally:
        engine.dispose()


def _check_shape(url: str) -> None:
    """What the revision says is what the tables are."""
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            new = connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == REVISIONS[-1]
            columns = {column["name"] for column in inspect(connection).get_columns("run")}
            assert ("intent" in columns) == new
            assert inspect(connection).has_table("worker") == new
            assert inspect(connection).has_table("effect") == new
    finally:
        engine.dispose()


def test_of_two_that_migrate_at_once_one_does_it(restored) -> None:
    url = restored("0001")
    both = [
        subprocess.Popen(
            [sys.executable, "-c", MIGRATE, url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    assert [process.communicate(timeout=PATIENCE) for process in both] == [("ready\ndone\n", "")] * 2
    assert _revision(url) == REVISIONS[-1]


@pytest.mark.parametrize("revision", RELEASED)
def test_what_was_in_flight_is_as_it_was(restored, revision: str, tmp_path: Path) -> None:
    url = restored(revision)
    _upgraded(url)
    with closing(open_store(url, tmp_path / "locks")) as store:
        (run,) = store.runs()
        assert run.intent == "go"
        assert store.counts(run.id) == {StepState.DONE: 2, StepState.RUNNING: 2, StepState.PENDING: 8}
        assert {status.retries for status in store.steps(run.id)} == {0}
        assert len(store.plan(run.id)["steps"]) == 12
        assert store.effects(run.id) == ()
