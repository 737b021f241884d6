"""The ledger of side effects: what a run has changed that is not the upgrade, and has to be put back."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def _moment() -> sa.DateTime:
    return sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")


def upgrade() -> None:
    """Runs of older programs have made none."""
    op.create_table(
        "effect",
        sa.Column("run", sa.String(40), sa.ForeignKey("run.id"), primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("binding", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("at", _moment(), nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
        sa.Column("ended_at", _moment()),
        sa.Column("note", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
