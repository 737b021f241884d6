"""What a server keeps: who may use it, plans and looks at clouds, answers that were given, notices on their way."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """An installation that nobody served before has none of it."""
    _access()
    _shelf()
    _notices()


def _moment() -> sa.DateTime:
    return sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")


def _access() -> None:
    op.create_table(
        "token",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("digest", sa.String(80), nullable=False, unique=True),
        sa.Column("rights", sa.JSON, nullable=False),
        sa.Column("made_at", _moment(), nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("expires_at", _moment()),
        sa.Column("revoked_at", _moment()),
    )
    op.create_table(
        "session",
        sa.Column("digest", sa.String(80), primary_key=True),
        sa.Column("token", sa.String(40), sa.ForeignKey("token.id"), nullable=False),
        sa.Column("made_at", _moment(), nullable=False),
        sa.Column("expires_at", _moment(), nullable=False),
    )
    op.create_table(
        "receipt",
        sa.Column("key", sa.String(255), primary_key=True),
        sa.Column("who", sa.String(40), primary_key=True),
        sa.Column("digest", sa.String(80), nullable=False),
        sa.Column("at", _moment(), nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("headers", sa.JSON, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )


def _shelf() -> None:
    op.create_table(
        "kept_plan",
        sa.Column("hash", sa.String(80), sa.ForeignKey("plan.hash"), primary_key=True),
        sa.Column("cloud", sa.Text, nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("target", sa.String(16), nullable=False),
        sa.Column("steps", sa.Integer, nullable=False),
        sa.Column("made_at", _moment(), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
    )
    op.create_index("kept_plan_by_time", "kept_plan", ["made_at", "hash"])
    op.create_table(
        "sighting",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("cloud", sa.Text, nullable=False),
        sa.Column("release", sa.String(16), nullable=False),
        sa.Column("hosts", sa.Integer, nullable=False),
        sa.Column("services", sa.Integer, nullable=False),
        sa.Column("at", _moment(), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
    )
    op.create_index("sighting_by_cloud", "sighting", ["cloud", "id"])


def _notices() -> None:
    op.create_table(
        "notice",
        sa.Column("channel", sa.String(80), primary_key=True),
        sa.Column("run", sa.String(40), sa.ForeignKey("run.id"), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("again", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
        sa.Column("made_at", _moment(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_at", _moment(), nullable=False),
        sa.Column("claimed_until", _moment()),
        sa.Column("sent_at", _moment()),
        sa.Column("answer", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("notice_due", "notice", ["state", "next_at"])
    op.create_table(
        "notice_mark",
        sa.Column("channel", sa.String(80), primary_key=True),
        sa.Column("run", sa.String(40), sa.ForeignKey("run.id"), primary_key=True),
        sa.Column("seq", sa.Integer, nullable=False),
    )
    op.create_table(
        "notice_channel",
        sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("since", _moment(), nullable=False),
    )
