"""The journal in an SQLite file, only to be read, through the standard library's driver.

The suite for stores is run on it, so that it says what `sql` says.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from time import time
from typing import Any
from urllib.parse import quote

from stairlift.model.errors import StairliftError
from stairlift.model.run import Orchestrator
from stairlift.store import locking
from stairlift.store.reading import Reading
from stairlift.store.revisions import REVISIONS

_PREFIX = "sqlite:///"
#: How long to wait for another program's transaction, in seconds.
_PATIENCE = 5.0
_LEASE = "SELECT host, pid, run, lock, until FROM lease WHERE cloud = ? AND holder IS NOT NULL"


class LeanRecords(Reading):
    """Fills ports.Records."""

    def __init__(self, file: Path, locks: Path, patience: float = _PATIENCE) -> None:
        self._file = _File(file, patience)
        self._locks = locks
        super().__init__(self._file.all)

    def orchestrator(self, cloud: str) -> Orchestrator | None:
        """Who holds the lease of a cloud."""
        found = self._first(_LEASE, cloud)
        if found is None:
            return None
        host, pid, run, lock, until = found
        held = locking.held(self._locks, cloud, lock)
        return Orchestrator(cloud, host, pid, run) if (until > time() if held is None else held) else None

    def revision(self) -> str:
        """The shape of its tables."""
        return str(self._first("SELECT version_num FROM alembic_version")[0])

    def close(self) -> None:
        """Close the file."""
        self._file.database.close()


class _File:
    """A database that is open. What it raises is said as the whole store says it."""

    def __init__(self, file: Path, patience: float) -> None:
        self.database = sqlite3.connect(
            f"file:{quote(str(file))}?mode=rw",
            uri=True,
            timeout=patience,
            isolation_level=None,
            check_same_thread=False,
        )
        self._name = str(file)

    def all(self, query: str, given: Sequence[Any]) -> list[Any]:
        """The rows that a statement finds."""
        try:
            return self.database.execute(query, given).fetchall()
        except sqlite3.Error as error:
            from stairlift.store.troubles import of_sqlite  # imports what this module is there to avoid

            raise of_sqlite(error, self._name) from error


def open_lean(url: str, locks: Path, patience: float = _PATIENCE) -> LeanRecords | None:
    """The records at a database URL; None where only the whole store can open it, or say what is wrong with it.

    `patience`: how long to wait for another program's transaction, in seconds.
    """
    file = Path(url.removeprefix(_PREFIX))
    if not url.startswith(_PREFIX) or "?" in url or not file.is_file():
        return None
    try:
        records = LeanRecords(file, locks, patience)
        return records if records.revision() == REVISIONS[-1] else None
    except (sqlite3.Error, StairliftError):
        return None
