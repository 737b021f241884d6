"""The tables of the task queue in the journal's database. Their scripts come with it; we keep account of them."""

from collections.abc import Mapping

from sqlalchemy import Connection, Engine, insert, inspect, select

from stairlift.store.opening import transaction
from stairlift.store.server import alone_at_migrating
from stairlift.store.tables import delivery_script

#: A table of the queue: where it is and nothing is on record, somebody else has made them.
_SIGN = "procrastinate_jobs"


def upgrade_deliveries(engine: Engine, whole: str, steps: Mapping[str, str]) -> None:
    """Make the queue's tables by the script `whole`, or bring them there by the `steps` that are not on record."""
    with transaction(engine) as connection:
        alone_at_migrating(connection)
        known = set(connection.execute(select(delivery_script.c.name)).scalars())
        missing = [name for name in steps if name not in known]
        if not known and not inspect(connection).has_table(_SIGN):
            _run(connection, whole)
        elif known:
            for name in missing:
                _run(connection, steps[name])
        if missing:
            connection.execute(insert(delivery_script), [{"name": name} for name in missing])


def _run(connection: Connection, script: str) -> None:
    """As it is: several statements, with no parameters and so no placeholders in them."""
    connection.exec_driver_sql(script, execution_options={"no_parameters": True})
