"""Control of a run: what it is out for, attempts that begin by themselves, and what a command says beside its kind."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Runs under way go on as they were: nobody has told them otherwise."""
    op.add_column("run", sa.Column("intent", sa.String(16), nullable=False, server_default="go"))
    op.add_column("step", sa.Column("retries", sa.Integer, nullable=False, server_default="0"))
    op.add_column("command", sa.Column("details", sa.JSON, nullable=False, server_default="{}"))
