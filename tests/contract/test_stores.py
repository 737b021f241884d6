"""Every store keeps the contract; and what only a database can get wrong."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from postgres import Server
from stairlift.model.errors import Refusal, StairliftError, UsageError
from stairlift.model.run import Change, StepState
from stairlift.ports import Records, Store
from stairlift.store import opening
from stairlift.store.lean import open_lean
from stairlift.store.memory import MemoryStore
from stairlift.store.opening import REVISIONS, open_engine
from stairlift.store.sql import SqlStore, open_store
from stairlift.store.tables import metadata
from stairlift.testing.store_contract import NOON, StoreContract, a_run, created, started


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'journal.sqlite'}"


def _open(folder: Path) -> SqlStore:
    return open_store(_url(folder), folder / "locks")


@pytest.fixture(scope="session")
def empty_journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in its newest shape, made once: the migrations are another test's business."""
    folder = tmp_path_factory.mktemp("journal")
    _open(folder).close()
    return folder / "journal.sqlite"


@pytest.fixture
def folder(tmp_path: Path, empty_journal: Path) -> Path:
    (tmp_path / "journal.sqlite").write_bytes(empty_journal.read_bytes())
    return tmp_path


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def reopen(self) -> Callable[[], Store]:
        store = MemoryStore()
        return lambda: store


class TestSqliteStore(StoreContract):
    @pytest.fixture
    def reopen(self, folder: Path) -> Iterator[Callable[[], Store]]:
        opened: list[SqlStore] = []

        def reopen() -> Store:
            opened.append(_open(folder))
            return opened[-1]

        yield reopen
        for store in opened:
            store.close()


class ReadByLean(SqlStore):
    """A database that the whole store writes, and of which everything is read through the standard library."""

    def __init__(self, folder: Path) -> None:
        whole = _open(folder)
        lean = open_lean(_url(folder), folder / "locks")
        assert lean is not None
        super().__init__(whole._engine, folder / "locks")
        for name in dir(Records):
            if not name.startswith("_"):
                setattr(self, name, getattr(lean, name))


class TestLeanRecords(StoreContract):
    @pytest.fixture
    def reopen(self, folder: Path) -> Callable[[], Store]:
        return lambda: ReadByLean(folder)


class TestPostgresqlStore(StoreContract):
    @pytest.fixture
    def reopen(self, tmp_path: Path, postgres: Server) -> Iterator[Callable[[], Store]]:
        url = postgres.journal()
        opened: list[SqlStore] = []

        def reopen() -> Store:
            opened.append(open_store(url, tmp_path / "locks"))
            return opened[-1]

        yield reopen
        for store in opened:
            store.close()


# Shape


def test_migrations_lead_to_the_tables(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    _open(tmp_path).close()
    with open_engine(_url(tmp_path)).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == REVISIONS[-1]


def test_every_revision_is_known_in_order() -> None:
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(Path(opening.__file__).with_name("migrations")))
    assert tuple(r.revision for r in reversed(list(script.walk_revisions()))) == REVISIONS


def test_a_journal_of_a_newer_program_is_refused_and_left_alone(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "journal.sqlite")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StairliftError) as caught:
        _open(folder)
    assert caught.value.code == "store.newer"
    with closing(sqlite3.connect(folder / "journal.sqlite")) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchone() == ("9999",)


def test_a_commit_is_on_the_disk_and_readers_do_not_wait(folder: Path) -> None:
    engine = open_engine(_url(folder))
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
    engine.dispose()


def test_a_reader_is_not_kept_out_by_a_writer(folder: Path) -> None:
    store = _open(folder)
    with store.hold("lab") as journal:
        created(journal)
    with closing(sqlite3.connect(folder / "journal.sqlite", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert store.run("r1").id == "r1"
        writer.execute("ROLLBACK")


# The lean reader


def test_the_lean_reader_leaves_to_the_whole_store_what_it_cannot_read(tmp_path: Path) -> None:
    assert open_lean("postgresql://db1/journal", tmp_path) is None
    assert open_lean(_url(tmp_path), tmp_path) is None, "there is no file, and it makes none"
    assert not (tmp_path / "journal.sqlite").exists()
    (tmp_path / "journal.sqlite").write_bytes(b"this is a letter to my aunt" * 100)
    assert open_lean(_url(tmp_path), tmp_path) is None


def test_the_lean_reader_leaves_a_journal_of_another_shape(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "journal.sqlite")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '0001'")
    assert open_lean(_url(folder), folder) is None


def test_what_the_lean_reader_stumbles_over_is_named(folder: Path) -> None:
    lean = open_lean(_url(folder), folder)
    assert lean is not None
    with closing(sqlite3.connect(folder / "journal.sqlite")) as database, database:
        database.execute("DROP TABLE command")
    with pytest.raises(StairliftError, match=str(folder)) as caught:
        lean.commands("r1")
    assert caught.value.code == "store.unavailable"


# The audit


@pytest.mark.parametrize(
    "words", ["UPDATE event SET kind = 'x'", "DELETE FROM event", "DELETE FROM event WHERE seq = 1"]
)
def test_no_event_is_ever_changed_or_forgotten(folder: Path, words: str) -> None:
    store = _with_run(folder)
    before = store.events("r1")
    with (
        closing(sqlite3.connect(folder / "journal.sqlite")) as database,
        pytest.raises(sqlite3.IntegrityError) as caught,
    ):
        database.execute(words)
    assert "events can only be added" in str(caught.value)
    assert store.events("r1") == before


# Trouble


def _commit(store: Store) -> None:
    with store.hold("lab") as journal:
        journal.commit("r1", [started("r1", "ant")])


def _with_run(folder: Path) -> SqlStore:
    store = _open(folder)
    with store.hold("lab") as journal:
        created(journal)
    return store


def test_a_locked_database_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "PATIENCE", 0.05)
    store = _with_run(folder)
    with closing(sqlite3.connect(folder / "journal.sqlite", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(StairliftError) as caught:
            _commit(store)
        writer.execute("ROLLBACK")
    assert caught.value.code == "store.locked"
    assert str(folder) in caught.value.brief
    _commit(store)


def test_a_full_disk_is_named_and_loses_nothing(folder: Path) -> None:
    store = _with_run(folder)
    many = [Change("note", NOON, data={"text": "x" * 500}) for _ in range(2000)]
    with store.hold("lab") as journal:
        journal.commit("r1", [started("r1", "ant")])
        with journal._connection.begin():
            pages = journal._connection.execute(text("PRAGMA page_count")).scalar()
            journal._connection.execute(text(f"PRAGMA max_page_count = {pages}"))
        with pytest.raises(StairliftError) as caught:
            journal.commit("r1", many)
        assert caught.value.code == "store.full"
        journal.commit("r1", [Change("note", NOON)])
    after = _open(folder)
    assert after.counts("r1") == {StepState.PENDING: 2, StepState.RUNNING: 1}
    assert [event.seq for event in after.events("r1")] == [1, 2, 3]


def test_a_journal_that_may_not_be_written_can_be_read(folder: Path) -> None:
    _with_run(folder).close()
    url = f"sqlite:///file:{folder / 'journal.sqlite'}?mode=ro&uri=true"
    store = open_store(url, folder / "locks")
    assert store.run("r1").id == "r1"
    with pytest.raises(StairliftError) as caught:
        _commit(store)
    assert caught.value.code == "store.read_only"


def test_what_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").write_bytes(b"this is a letter to my aunt" * 100)
    with pytest.raises(StairliftError) as caught:
        _open(tmp_path)
    assert caught.value.code == "store.damaged"


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StairliftError) as caught:
        _open(tmp_path / "file" / "state")
    assert caught.value.code == "store.unreadable"


@pytest.mark.parametrize("url", ["journal.sqlite", "nosuchdb://x/y", "sqlite+nosuchdriver:///x"])
def test_a_url_that_leads_nowhere_is_a_usage_error(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        open_store(url, tmp_path)
    assert caught.value.code == "store.bad_url"


def test_no_password_of_a_database_is_shown() -> None:
    shown = opening.shown(make_url("postgresql://stairlift:hunter2@db1/journal"))
    assert shown == "postgresql://stairlift:***@db1/journal"


# Leases between processes and machines

_HOLDER = """
import sys, time
from pathlib import Path
from stairlift.store.sql import open_store
folder = Path(sys.argv[1])
with open_store(f"sqlite:///{folder / 'journal.sqlite'}", folder / "locks").hold("lab"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_holder_that_was_killed_is_superseded_at_once(folder: Path) -> None:
    store = _with_run(folder)
    holder = subprocess.Popen([sys.executable, "-c", _HOLDER, str(folder)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    found = store.orchestrator("lab")
    assert found is not None
    assert found.pid == holder.pid
    with pytest.raises(Refusal, match=str(holder.pid)), store.hold("lab"):
        pass
    holder.kill()
    holder.wait()
    assert store.orchestrator("lab") is None
    with store.hold("lab") as journal:
        journal.commit("r1", [started("r1", "ant")])


def test_another_machine_waits_for_the_end_of_the_lease(folder: Path) -> None:
    here, there = _with_run(folder), open_store(_url(folder), folder / "locks-of-another-machine")
    with here.hold("lab") as journal:
        with pytest.raises(Refusal) as caught, there.hold("lab"):
            pass
        assert caught.value.code == "run.cloud_busy"
        _expire(folder)
        with there.hold("lab") as taken:
            with pytest.raises(Refusal) as late:
                journal.commit("r1", [started("r1", "ant")])
            assert late.value.code == "run.lease_lost"
            taken.commit("r1", [started("r1", "mule")])
    assert [e.step for e in here.events("r1")] == [None, "mule"]


def test_a_holder_that_slept_past_its_lease_goes_on_if_nobody_took_it(folder: Path) -> None:
    store = _with_run(folder)
    with store.hold("lab") as journal:
        _expire(folder)
        journal.commit("r1", [started("r1", "ant")])
        assert store.orchestrator("lab") is not None


def _expire(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "journal.sqlite")) as database, database:
        database.execute("UPDATE lease SET until = 0")


def test_opening_side_by_side_migrates_once(tmp_path: Path) -> None:
    code = f"from stairlift.store.sql import open_store; open_store('{_url(tmp_path)}', '/tmp')"
    opened = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) for _ in range(2)]
    assert [process.communicate()[1] for process in opened] == [b"", b""]
    assert _open(tmp_path).runs() == ()


def test_one_run_id_of_two_clouds_cannot_be(folder: Path) -> None:
    store = _with_run(folder)
    with store.hold("prod") as journal, pytest.raises(StairliftError):
        created(journal, a_run("r1", cloud="prod"))
    assert store.run("r1").cloud == "lab"
