"""What a database says when it cannot, as errors that a person understands."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from stairlift.model.errors import StairliftError

_Told = Sequence[str]  # code, what happened, what to do

#: By the beginning of SQLite's own name for the error: code, what happened, what to do.
_SQLITE = (
    (
        "SQLITE_FULL",
        "full",
        "the disk of the journal is full",
        "Free some space there, then `stairlift resume`.",
    ),
    (
        "SQLITE_IOERR",
        "unwritable",
        "the disk of the journal gives errors",
        "See to that disk, then `stairlift resume`.",
    ),
    (
        "SQLITE_READONLY",
        "read_only",
        "the journal may not be written",
        "Give this user the right to write it.",
    ),
    (
        "SQLITE_BUSY",
        "locked",
        "another program keeps the journal locked",
        "End that program, then try again.",
    ),
    (
        "SQLITE_CANTOPEN",
        "unreadable",
        "the journal cannot be opened",
        "See that it exists and this user may open it.",
    ),
    ("SQLITE_PERM", "unreadable", "the journal cannot be opened", "Give this user the right to open it."),
    (
        "SQLITE_NOTADB",
        "damaged",
        "the journal is not a database",
        "Move that file away, or put its backup there.",
    ),
    ("SQLITE_CORRUPT", "damaged", "the journal is damaged", "Put its backup in its place."),
)


#: By the beginning of PostgreSQL's SQLSTATE (the documentation's appendix A), the longest first.
_POSTGRESQL = (
    (
        "53100",
        "full",
        "the disk of the database server is full",
        "Make room on the server, then `stairlift resume`.",
    ),
    (
        "533",
        "unavailable",
        "the database server has no connection left",
        "End what is not needed there, or raise its max_connections; then `stairlift resume`.",
    ),
    (
        "25006",
        "read_only",
        "the database server takes no writes",
        "Name the primary, not a standby; where its administrator has made it read-only, ask there.",
    ),
    (
        "42501",
        "denied",
        "this user of the database may not do that",
        "Let the tables belong to the user that STAIRLIFT_DATABASE_URL names.",
    ),
    (
        "55P03",
        "locked",
        "another program keeps the journal locked",
        "End that program, then try again.",
    ),
    (
        "58",
        "unwritable",
        "the disk of the database server gives errors",
        "See to the server, then `stairlift resume`.",
    ),
    ("XX00", "damaged", "the database is damaged", "See the server's log; restore its backup."),
)

#: What a server says to somebody whom it does not let in has no code on our side: libpq hands on a sentence. The first
#: that fits counts.
_AT_THE_DOOR = (
    (
        ("remaining connection slots", "too many clients", "too many connections"),
        "unavailable",
        "the database server has no connection left",
        "End what is not needed there, or raise its max_connections; then `stairlift resume`.",
    ),
    (
        ("password authentication failed", "pg_hba.conf", "not permitted to log in", "permission denied", 'role "'),
        "denied",
        "the database server does not let this user in",
        "Check user and password in STAIRLIFT_DATABASE_URL, and pg_hba.conf of the server.",
    ),
    (
        ('database "',),
        "missing",
        "the database server has no such database",
        "Make it there (`createdb --owner USER NAME`), then `stairlift db upgrade`.",
    ),
)


@contextmanager
def told(where: str) -> Iterator[None]:
    """Turn what the database raises into StairliftError; `where` is the database, without its password."""
    try:
        yield
    except SQLAlchemyError as error:
        raise _translated(error, where) from error


def of_sqlite(error: sqlite3.Error, where: str) -> StairliftError:
    """The same for an error of SQLite that did not come through SQLAlchemy."""
    return _said(error, where)


def _translated(error: SQLAlchemyError, where: str) -> StairliftError:
    return _said((error.orig if isinstance(error, DBAPIError) else None) or error, where)


def _said(cause: BaseException, where: str) -> StairliftError:
    known = _of_sqlite(cause) if isinstance(cause, sqlite3.Error) else _of_server(cause)
    code, brief, resolution = known or (
        "unavailable",
        "the journal cannot be used",
        "Attempts that were started go on by themselves; `stairlift resume` takes them up again.",
    )
    details = " ".join(str(cause).split())
    return StairliftError(code=f"store.{code}", brief=f"{brief} ({where})", details=details, resolution=resolution)


def _of_sqlite(cause: sqlite3.Error) -> _Told | None:
    name = getattr(cause, "sqlite_errorname", "")
    return next((rest for prefix, *rest in _SQLITE if name.startswith(prefix)), None)


def _of_server(cause: BaseException | None) -> _Told | None:
    """By the code of the server, else by its words; those that are not English leave it at `unavailable`."""
    code: str = getattr(cause, "sqlstate", None) or ""
    if code:
        return next((rest for prefix, *rest in _POSTGRESQL if code.startswith(prefix)), None)
    _, fatal, words = str(cause).partition("FATAL: ")
    if not fatal:
        return None
    return next((rest for sentences, *rest in _AT_THE_DOOR if any(said in words for said in sentences)), None)
