"""The journal: plans, runs, steps, attempts, events, commands and leases.

A migration is what was released: it never imports today's tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _moment() -> sa.DateTime:
    return sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")


def upgrade() -> None:
    """Make every table of the first release."""
    _runs()
    _steps()
    _audit()


def _runs() -> None:
    op.create_table(
        "plan",
        sa.Column("hash", sa.String(80), primary_key=True),
        sa.Column("document", sa.JSON, nullable=False),
    )
    op.create_table(
        "run",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("cloud", sa.Text, nullable=False),
        sa.Column("plan_hash", sa.String(80), sa.ForeignKey("plan.hash"), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("target", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", _moment(), nullable=False),
        sa.Column("started_at", _moment()),
        sa.Column("ended_at", _moment()),
        sa.Column("approve_all", sa.Boolean, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("options", sa.JSON, nullable=False),
    )
    op.create_index("run_by_cloud", "run", ["cloud", "created_at"])


def _steps() -> None:
    op.create_table(
        "step",
        sa.Column("run", sa.String(40), sa.ForeignKey("run.id"), primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("approved", sa.Boolean, nullable=False),
        sa.Column("started_at", _moment()),
        sa.Column("worked_at", _moment()),
        sa.Column("ended_at", _moment()),
        sa.Column("reason", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "attempt",
        sa.Column("run", sa.String(40), sa.ForeignKey("run.id"), primary_key=True),
        sa.Column("step", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("started_at", _moment(), nullable=False),
        sa.Column("ended_at", _moment()),
        sa.Column("result", sa.String(16)),
        sa.Column("returncode", sa.Integer),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("undo", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )


def _audit() -> None:
    op.create_table(
        "event",
        sa.Column("run", sa.String(40), sa.ForeignKey("run.id"), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("at", _moment(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("step", sa.Text),
        sa.Column("attempt", sa.Integer),
        sa.Column("data", sa.JSON, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "command",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("run", sa.String(40), sa.ForeignKey("run.id"), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("step", sa.Text),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", _moment(), nullable=False),
        sa.Column("result", sa.String(16)),
        sa.Column("answer", sa.Text, nullable=False),
    )
    op.create_index("command_unsettled", "command", ["run", "result"])
    op.create_table(
        "lease",
        sa.Column("cloud", sa.Text, primary_key=True),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("holder", sa.String(64)),
        sa.Column("lock", sa.String(64), nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("run", sa.String(40)),
        sa.Column("until", sa.Float, nullable=False),
    )
