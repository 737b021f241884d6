"""Opens the journal's database and brings it to the shape that this program knows."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError

from stairlift.model.errors import StairliftError, UsageError
from stairlift.store import server
from stairlift.store.copying import keep_copy
from stairlift.store.revisions import REVISIONS
from stairlift.store.tables import to_json
from stairlift.store.troubles import told

#: How long an SQLite database waits for another program's transaction, in seconds.
PATIENCE = server.PATIENCE

#: Connections that stay open, and that there may be at once. Each orchestrator of a server keeps one for as long as its
#: run takes; the others are for who asks, of whom a few do so at once: to open one anew costs more than what is asked.
_KEPT, _MOST = 10, 100

#: Execution options of a connection: that it is going to write, and that it asks for one thing only.
WRITES, ALONE = "stairlift_writes", "stairlift_alone"


def open_engine(url: str) -> Engine:
    """Connect to the database at `url`; the file of an SQLite database and its folder are made where missing.

    UsageError for a URL that leads nowhere (store.bad_url), and where the driver is missing (store.no_driver).
    """
    address = read_address(url)
    more = server.arguments(address) if server.is_server(address) else {}
    if address.database not in {None, "", ":memory:"}:
        more = {**more, "pool_size": _KEPT, "max_overflow": _MOST - _KEPT}
    engine = create_engine(address, json_serializer=to_json, json_deserializer=orjson.loads, **more)
    if is_sqlite(engine):
        _prepare_sqlite(engine)
    else:
        server.prepare(engine)
    return engine


@contextmanager
def transaction(engine: Engine, *, writes: bool = True) -> Iterator[Connection]:
    """One transaction, whose trouble is told as StairliftError (store.*)."""
    with (
        told(named(engine)),
        engine.connect().execution_options(**{WRITES: writes}) as connection,
        connection.begin(),
    ):
        yield connection


def rows_of(engine: Engine, query: str, given: Sequence[Any]) -> Sequence[Any]:
    """The rows that a plain statement finds, past what SQLAlchemy does to each. Raises StairliftError (store.*).

    One statement sees one state of a journal, with no transaction around it: to begin and end one are two more moments
    in which every other thread of a server wants its turn.
    """
    mark = "?" if engine.dialect.paramstyle == "qmark" else "%s"
    with told(named(engine)), engine.connect().execution_options(**{ALONE: True}) as connection:
        return connection.exec_driver_sql(query.replace("?", mark), tuple(given)).all()


def read_address(url: str) -> URL:
    """The address of an SQLite file or of a PostgreSQL server, with the driver that is used. UsageError else.

    Of what is wrong with it nothing is repeated, since it may hold a password.
    """
    try:
        address = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise _bad_url(
            "it cannot be read as a URL; special characters in a password are written %40 and the like"
        ) from error
    if server.is_server(address):
        return server.with_psycopg(address)
    if address.drivername in {"sqlite", "sqlite+pysqlite"}:
        return address
    raise _bad_url(f"{address.drivername} is neither sqlite nor postgresql")


def _bad_url(details: str) -> UsageError:
    return UsageError(
        code="store.bad_url",
        brief="STAIRLIFT_DATABASE_URL is not the address of a database that the journal can be in",
        details=details,
        resolution="Give one such as sqlite:////var/lib/stairlift/journal.sqlite or postgresql://stairlift@db1/stairlift.",
    )


def named(engine: Engine) -> str:
    """The database as it can be shown to people."""
    return shown(engine.url)


def shown(address: URL) -> str:
    """A file's path, or a server's address without the password."""
    if address.get_backend_name() == "sqlite":
        return address.database or ""
    return server.shown(address)


def is_sqlite(engine: Engine) -> bool:
    """Whether the database is a file on this machine."""
    return engine.dialect.name == "sqlite"


def ensure_shape(engine: Engine) -> None:
    """Bring an SQLite database to the newest shape; refuse one of a newer program, or a server's that is behind."""
    with told(named(engine)):
        with engine.connect() as connection:
            found = _revision(connection)
        if found == REVISIONS[-1]:
            return
        if not is_sqlite(engine):
            raise _behind(engine, found)
        upgrade(engine)


def upgrade(engine: Engine) -> None:
    """Run the migrations that are missing, in one transaction. Refuses the database of a newer program.

    Of an SQLite database a copy is kept first; of a server's, its administrator keeps one.
    """
    with transaction(engine) as connection:
        if not is_sqlite(engine):  # there, a transaction that writes is alone anyway
            server.alone_at_migrating(connection)
        found = _revision(connection)  # again: another process may have been quicker
        if found is not None and found not in REVISIONS:
            raise _newer(engine, found)
        if found == REVISIONS[-1]:
            return
        if found is not None and is_sqlite(engine):
            keep_copy(connection, found)
        _migrate(connection)


def _migrate(connection: Connection) -> None:
    from alembic import command  # half a second of import that only a new shape is worth
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _newer(engine: Engine, found: str) -> StairliftError:
    return StairliftError(
        code="store.newer",
        brief=f"the journal was written by a newer Stairlift ({named(engine)}, schema {found})",
        details=f"this program knows schema {REVISIONS[-1]} and older ones",
        resolution="Use the newer program, or another "
        + ("STAIRLIFT_STATE_DIR." if is_sqlite(engine) else "STAIRLIFT_DATABASE_URL."),
    )


def _behind(engine: Engine, found: str | None) -> StairliftError:
    if found is not None and found not in REVISIONS:
        return _newer(engine, found)
    return StairliftError(
        code="store.older",
        brief=f"{'the journal has an older shape than' if found else 'there is no journal yet, which'} this program "
        f"needs ({named(engine)})",
        details=f"schema {found or 'none'}, needed is {REVISIONS[-1]}",
        resolution="Run `stairlift db upgrade`.",
    )


def _prepare_sqlite(engine: Engine) -> None:
    """Write-ahead log, every commit on the disk, and transactions that begin where we say.

    Python's sqlite3 begins transactions behind one's back and leaves DDL out of them, hence isolation_level None.
    """
    file = engine.url.database
    if file and file != ":memory:":
        _make_folder(Path(file.removeprefix("file:")).parent)

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(PATIENCE * 1000)}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _began(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get(ALONE, False):
            connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(WRITES, False) else "BEGIN")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StairliftError(
            code="store.unreadable",
            brief=f"the folder of the journal cannot be made ({folder})",
            details=error.strerror or str(error),
            resolution="Set STAIRLIFT_STATE_DIR to a folder that this user may write.",
        ) from error
