"""Alembic's entry: it migrates the connection that it is handed and leaves the transaction to its owner."""

from alembic import context

from stairlift.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
