"""One statement for many rows, past what SQLAlchemy does for each single row.

It writes the statement and knows the types; the rows go to the driver as they are. Two thirds of the cost of a run's
transaction lay in between (`bench/bench_run_loop.py`).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import JSON, Boolean, Connection, CursorResult, Dialect
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.types import TypeEngine

from stairlift.store.tables import to_json


class Bulk:
    """A statement whose every value is a named parameter, made ready for one kind of database.

    `names` are those parameters in the order in which a row gives them.
    """

    def __init__(self, statement: UpdateBase, names: Sequence[str], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._sql = str(compiled)
        self._positional = bool(compiled.positional)
        self._names = tuple(compiled.positiontup or compiled.binds)
        self._places = [names.index(name) for name in self._names]
        converters = ((names.index(name), _converter(compiled.binds[name].type, dialect)) for name in compiled.binds)
        self._converters = [(place, convert) for place, convert in converters if convert is not None]

    def execute(self, connection: Connection, rows: Iterable[tuple[Any, ...]]) -> CursorResult[Any] | None:
        """Run it for every row; None where there is none."""
        columns: list[Iterable[Any]] = list(zip(*rows, strict=True))  # to convert by column costs a third of by row
        if not columns:
            return None
        for place, convert in self._converters:
            columns[place] = map(convert, columns[place])
        made = zip(*(columns[place] for place in self._places), strict=True)
        if self._positional:
            return connection.exec_driver_sql(self._sql, list(made))
        return connection.exec_driver_sql(self._sql, [dict(zip(self._names, row, strict=True)) for row in made])


def _converter(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """From a value to what the driver takes; None where it takes the value as it is."""
    if isinstance(kind, Boolean):
        return None  # every driver knows what True is
    if isinstance(kind, JSON) and dialect.name == "sqlite":
        return to_json  # SQLAlchemy's own first looks for nulls of two kinds; no document of ours is one
    return kind.dialect_impl(dialect).bind_processor(dialect)
