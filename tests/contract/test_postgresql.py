"""What a PostgreSQL server can do to a journal, with a real one: each trouble has its name, and nothing is lost."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chaos import until
from postgres import PASSWORD, USER, Server, running
from stairlift.model.errors import StairliftError, UsageError
from stairlift.model.run import Change, StepState
from stairlift.store import opening, server
from stairlift.store.opening import open_engine, transaction, upgrade
from stairlift.store.sql import SqlStore, open_store
from stairlift.testing.store_contract import NOON, a_command, created, started

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small file system")


@pytest.fixture
def url(postgres: Server) -> str:
    return postgres.journal()


def _name(url: str) -> str:
    return url.rpartition("/")[2]


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[SqlStore]:
    with _opened(url, tmp_path) as store:
        yield store


@contextmanager
def _opened(url: str, folder: Path) -> Iterator[SqlStore]:
    store = open_store(url, folder / "locks")
    try:
        yield store
    finally:
        store.close()


def _refused(do: Callable[[], object]) -> StairliftError:
    with pytest.raises(StairliftError) as caught:
        do()
    said = f"{caught.value.brief} {caught.value.details} {caught.value.resolution}"
    assert PASSWORD not in said
    assert "Traceback" not in said
    return caught.value


def _begin(store: SqlStore) -> None:
    with store.hold("lab") as journal:
        created(journal)


def _commit(store: SqlStore, step: str = "ant") -> None:
    with store.hold("lab") as journal:
        journal.commit("r1", [started("r1", step)])


# At the door


def test_a_wrong_password_is_named_and_not_told(postgres: Server, tmp_path: Path) -> None:
    error = _refused(lambda: open_store(postgres.url(password="hunter2"), tmp_path))
    assert error.code == "store.denied"
    assert "hunter2" not in f"{error.brief} {error.details}"
    assert f"{USER}:***@" in error.brief


def test_a_database_that_is_missing_is_named(postgres: Server, tmp_path: Path) -> None:
    error = _refused(lambda: open_store(postgres.url("nowhere"), tmp_path))
    assert error.code == "store.missing"
    assert "nowhere" in error.details


def test_a_user_without_rights_is_told_so(postgres: Server, url: str, tmp_path: Path) -> None:
    weak = f"weak{uuid4().hex}"
    with postgres.connect() as connection:
        connection.execute(f"CREATE ROLE {weak} LOGIN PASSWORD 'w'")
    theirs = url.replace(f"{USER}:{PASSWORD}", f"{weak}:w")
    assert _refused(lambda: open_store(theirs, tmp_path)).code == "store.denied"
    engine = open_engine(postgres.database().replace(f"{USER}:{PASSWORD}", f"{weak}:w"))
    assert _refused(lambda: upgrade(engine)).code == "store.denied"
    engine.dispose()


def test_a_server_that_nobody_started_is_named(tmp_path: Path) -> None:
    error = _refused(lambda: open_store("postgresql://ann@127.0.0.1:1/journal", tmp_path))
    assert error.code == "store.unavailable"
    assert "127.0.0.1:1/journal" in error.brief


def test_a_server_without_room_for_one_more_is_named(postgres: Server, url: str, tmp_path: Path) -> None:
    with postgres.connect() as connection:
        few = f"few{uuid4().hex}"
        connection.execute(f"CREATE ROLE {few} LOGIN CONNECTION LIMIT 1 PASSWORD 'w'")
    theirs = url.replace(f"{USER}:{PASSWORD}", f"{few}:w")
    with psycopg.connect(theirs):
        assert _refused(lambda: open_store(theirs, tmp_path)).code == "store.unavailable"


# At work


def test_a_server_that_goes_away_loses_nothing_that_was_on_record(tmp_path: Path) -> None:
    with running() as server, _opened(server.journal(), tmp_path) as store:
        with store.hold("lab") as journal:
            created(journal)
            journal.commit("r1", [started("r1", "ant")])
            server.end(signal.SIGQUIT)
            assert _refused(lambda: journal.commit("r1", [started("r1", "mule")])).code == "store.unavailable"
        assert _refused(store.runs).code == "store.unavailable"
        server.begin()
        assert store.counts("r1") == {StepState.RUNNING: 1, StepState.PENDING: 2}
        _commit(store, "mule")
        assert [event.seq for event in store.events("r1")] == [1, 2, 3]


def test_readers_do_not_notice_that_the_server_began_anew(tmp_path: Path) -> None:
    with running() as server, _opened(server.journal(), tmp_path) as store:
        _begin(store)
        assert store.run("r1").id == "r1"
        server.end(signal.SIGINT)
        server.begin()
        assert store.run("r1").id == "r1"


def test_a_server_that_takes_no_writes_can_be_read(postgres: Server, url: str, store: SqlStore, tmp_path: Path) -> None:
    _begin(store)
    with postgres.connect() as connection:
        connection.execute(f"ALTER DATABASE {_name(url)} SET default_transaction_read_only = on")
    with _opened(url, tmp_path) as reading:
        assert reading.run("r1").id == "r1"
        assert _refused(lambda: _commit(reading)).code == "store.read_only"


def test_a_table_that_somebody_keeps_locked_is_named(postgres: Server, url: str, store: SqlStore) -> None:
    _begin(store)
    with postgres.connect(_name(url)) as other, other.transaction():
        other.execute("LOCK TABLE lease IN ACCESS EXCLUSIVE MODE")
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(server._SESSION, "lock_timeout", 100)
            store._engine.dispose()  # connections from here on are new ones
            assert _refused(lambda: _commit(store)).code == "store.locked"
    _commit(store)


@needs_root
def test_a_full_disk_of_the_server_is_named_and_loses_nothing(postgres: Server, url: str, tmp_path: Path) -> None:
    with _small_tablespace(postgres) as (space, disk):
        with postgres.connect() as connection:
            connection.execute(f"CREATE DATABASE {space} TEMPLATE {_name(url)} TABLESPACE {space}")
        with _opened(postgres.url(space), tmp_path) as store:
            _begin(store)
            ballast = disk / "ballast"
            _fill(ballast)
            many = [Change("note", NOON, data={"text": "x" * 500}) for _ in range(2000)]
            with store.hold("lab") as journal:
                assert _refused(lambda: journal.commit("r1", many)).code == "store.full"
            ballast.unlink()
            _commit(store)
            assert [event.kind for event in store.events("r1")] == ["run.created", "step.started"]
        with postgres.connect() as connection:
            connection.execute(f"DROP DATABASE {space}")


@contextmanager
def _small_tablespace(postgres: Server) -> Iterator[tuple[str, Path]]:
    space = f"small{uuid4().hex}"
    disk = postgres.folder / space
    disk.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size=24m,uid={postgres.folder.stat().st_uid}", "tmpfs", disk], check=True
    )
    try:
        with postgres.connect() as connection:
            connection.execute(f"CREATE TABLESPACE {space} LOCATION '{disk}'")
        yield space, disk
        with postgres.connect() as connection:
            connection.execute(f"DROP TABLESPACE {space}")
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


def _fill(ballast: Path) -> None:
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 4096)


# What every session asks for


def test_a_commit_is_on_the_disk_whatever_the_server_is_used_to(postgres: Server, url: str) -> None:
    with postgres.connect() as connection:
        connection.execute(f"ALTER DATABASE {_name(url)} SET synchronous_commit = off")
    engine = open_engine(url)
    with engine.connect() as connection:
        assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"
    engine.dispose()


def test_a_holder_that_stops_within_a_transaction_keeps_nobody_waiting(
    url: str, store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(server._SESSION, "idle_in_transaction_session_timeout", 200)
    _begin(store)
    store._engine.dispose()
    with store.hold("lab") as journal, _opened(url, tmp_path / "elsewhere") as other:
        with (
            pytest.raises(StairliftError) as hung,
            journal._writing("r1"),  # a process that is stopped here
            transaction(other._engine) as connection,
        ):
            connection.execute(text("UPDATE lease SET fence = fence + 1"))
        assert hung.value.code == "store.unavailable"
        assert _refused(journal.renew).code == "run.lease_lost"


def test_a_command_that_two_tell_at_once_is_one(postgres: Server, url: str, store: SqlStore) -> None:
    _begin(store)
    told = store.tell(a_command(command_id="c1"))
    with postgres.connect(_name(url)) as other, ThreadPoolExecutor() as threads:
        with other.transaction():
            columns = "run, kind, step, actor, reason, at, answer, details"
            other.execute(f"INSERT INTO command (id, {columns}) SELECT 'c2', {columns} FROM command")
            waiting = threads.submit(store.tell, a_command(command_id="c2"))
            until(lambda: other.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone())
        assert waiting.result() == replace(told, id="c2")
    assert len(store.commands("r1")) == 2


def test_the_url_may_name_any_driver_and_say_its_own_times(url: str) -> None:
    for scheme in ("postgres", "postgresql+psycopg2", "postgresql"):
        address = opening.read_address(url.replace("postgresql", scheme, 1))
        assert address.drivername == "postgresql+psycopg"
    patient = opening.read_address(f"{url}?connect_timeout=3")
    assert "connect_timeout" not in server.arguments(patient)["connect_args"]


def test_without_psycopg_the_way_to_get_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UsageError) as caught:
        open_store("postgresql://stairlift:hunter2@db1/journal", tmp_path)
    assert caught.value.code == "store.no_driver"
    assert "stairlift[postgresql]" in caught.value.resolution


@pytest.mark.parametrize(
    "url", ["postgresql://u:hunter2@h:12x/db", "postgresql://u:hunter2@[::1/db", "mysql://u:hunter2@h/d"]
)
def test_of_a_url_that_is_wrong_nothing_is_repeated(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        open_store(url, tmp_path)
    assert caught.value.code == "store.bad_url"
    assert "hunter2" not in f"{caught.value.brief} {caught.value.details}"


def test_no_secret_of_a_query_is_shown() -> None:
    address = opening.read_address("postgresql://stairlift@/journal?host=/run/postgresql&password=hunter2&sslkey=/k")
    assert opening.shown(address) == "postgresql://stairlift@/journal?host=%2Frun%2Fpostgresql"


# Shape


def test_the_shape_of_a_server_is_changed_on_demand_only(postgres: Server, tmp_path: Path) -> None:
    url = postgres.database()
    assert _refused(lambda: open_store(url, tmp_path)).code == "store.older"
    engine = open_engine(url)
    upgrade(engine)
    upgrade(engine)
    engine.dispose()
    with _opened(url, tmp_path) as store:
        assert store.runs() == ()
    with postgres.connect(_name(url)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    newer = _refused(lambda: open_store(url, tmp_path))
    assert (newer.code, "STAIRLIFT_DATABASE_URL" in newer.resolution) == ("store.newer", True)


def test_migrations_lead_to_the_tables(url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from stairlift.store.tables import metadata

    engine = open_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


# The audit


@pytest.mark.parametrize("words", ["UPDATE event SET kind = 'x'", "DELETE FROM event", "TRUNCATE event"])
def test_no_event_is_ever_changed_or_forgotten(url: str, store: SqlStore, words: str) -> None:
    _begin(store)
    before = store.events("r1")
    engine = open_engine(url)
    with pytest.raises(DBAPIError, match="events can only be added"), engine.begin() as connection:
        connection.execute(text(words))
    engine.dispose()
    assert before
    assert store.events("r1") == before
