"""What a database says when it cannot, as errors that a person understands."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from stairlift.model.errors import StairliftError

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


@contextmanager
def told(where: str) -> Iterator[None]:
    """Turn what the database raises into StairliftError; `where` is the database, without its password."""
    try:
        yield
    except SQLAlchemyError as error:
        raise _translated(error, where) from error


def _translated(error: SQLAlchemyError, where: str) -> StairliftError:
    cause = error.orig if isinstance(error, DBAPIError) else None
    if isinstance(cause, sqlite3.Error):
        name = getattr(cause, "sqlite_errorname", "")
        for prefix, code, brief, resolution in _SQLITE:
            if name.startswith(prefix):
                return StairliftError(
                    code=f"store.{code}",
                    brief=f"{brief} ({where})",
                    details=str(cause),
                    resolution=resolution,
                )
    return StairliftError(
        code="store.unavailable",
        brief=f"the journal cannot be used ({where})",
        details=str(cause or error),
        resolution="Attempts that were started go on by themselves; `stairlift resume` takes them up again.",
    )
