"""One statement for many rows, past what SQLAlchemy does for each single row.

It writes the statement and knows the types; the rows go to the driver as they are. Two thirds of the cost of a run's
transaction lay in between (`bench/bench_run_loop.py`).
"""

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

from sqlalchemy import Boolean, Connection, CursorResult, Dialect
from sqlalchemy.sql.dml import UpdateBase


class Bulk:
    """A statement whose every value is a named parameter, made ready for one kind of database."""

    def __init__(self, statement: UpdateBase, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._sql = str(compiled)
        self._positional = bool(compiled.positional)
        self._names = tuple(compiled.positiontup or compiled.binds)
        types = [compiled.binds[name].type.dialect_impl(dialect) for name in self._names]
        converters = (
            (place, kind.bind_processor(dialect))
            for place, kind in enumerate(types)
            if not isinstance(kind, Boolean)  # every driver knows what True is
        )
        self._converters = [(place, convert) for place, convert in converters if convert is not None]
        self._pick = itemgetter(*self._names)

    def execute(self, connection: Connection, rows: Iterable[Mapping[str, Any]]) -> CursorResult[Any] | None:
        """Run it for every row; None where there is none."""
        made = [self._parameters(row) for row in rows]
        return connection.exec_driver_sql(self._sql, made) if made else None

    def _parameters(self, row: Mapping[str, Any]) -> Any:
        values = list(self._pick(row))
        for place, convert in self._converters:
            values[place] = convert(values[place])
        return tuple(values) if self._positional else dict(zip(self._names, values, strict=True))
