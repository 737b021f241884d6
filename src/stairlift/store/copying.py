"""A copy of an SQLite journal as it was before its shape is changed: the way back to the older program."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection

from stairlift.model.errors import StairliftError


def keep_copy(connection: Connection, revision: str) -> Path | None:
    """Copy the database of a connection to `<file>.<revision>` beside it, whole or not at all.

    None for one in memory. The connection keeps others from writing meanwhile and has not written itself. Raises
    StairliftError (store.no_copy), in which case nothing has changed.
    """
    file = connection.exec_driver_sql("PRAGMA database_list").one()[2]
    if not file:
        return None
    copy, partial = Path(f"{file}.{revision}"), Path(f"{file}.{revision}.part")
    try:
        _copy(Path(file), partial)
        partial.replace(copy)
    except (OSError, sqlite3.Error) as error:
        partial.unlink(missing_ok=True)
        raise _no_copy(copy, error) from error
    return copy


def _copy(file: Path, to: Path) -> None:
    """By a connection that only reads: it sees what is committed, and SQLite copies nothing for one that writes."""
    to.unlink(missing_ok=True)
    os.close(os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with (
        closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(to)) as target,
    ):
        source.backup(target)


def _no_copy(copy: Path, error: Exception) -> StairliftError:
    return StairliftError(
        code="store.no_copy",
        brief=f"the journal has an older shape, and no copy of it can be kept before it is changed ({copy})",
        details=str(error),
        resolution="Make room there, or see that this user may write there; nothing has been changed.",
    )
