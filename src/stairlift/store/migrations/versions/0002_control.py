"""Control of a run: what it is out for, attempts that begin by themselves, and what a command says beside its kind.

And workers: who they are, what is theirs, and the output that they send. The steps of plans become rows of their own,
and events can only be added.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Runs under way go on as they were: nobody has told them otherwise."""
    op.add_column("run", sa.Column("intent", sa.String(16), nullable=False, server_default="go"))
    op.add_column("step", sa.Column("retries", sa.Integer, nullable=False, server_default="0"))
    op.add_column("command", sa.Column("details", sa.JSON, nullable=False, server_default="{}"))
    _workers()
    _dispatch()
    _plan_steps()
    _append_only()


def _plan_steps() -> None:
    table = op.create_table(
        "plan_step",
        sa.Column("plan", sa.String(80), sa.ForeignKey("plan.hash"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("sort", sa.Text, nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("plan_step_by_id", "plan_step", ["plan", "id"], unique=True)
    op.create_index("plan_step_by_sort", "plan_step", ["plan", "sort", "position"])
    plan = sa.table("plan", sa.column("hash", sa.String), sa.column("document", sa.JSON))
    connection = op.get_bind()
    for plan_hash in connection.execute(sa.select(plan.c.hash)).scalars().all():
        document = connection.execute(sa.select(plan.c.document).where(plan.c.hash == plan_hash)).scalar_one()
        steps = document.get("steps") or []
        if steps:
            connection.execute(sa.insert(table), [_plan_step(plan_hash, n, step) for n, step in enumerate(steps)])
            head = {**document, "steps": len(steps)}
            connection.execute(sa.update(plan).where(plan.c.hash == plan_hash).values(document=head))


def _plan_step(plan_hash: str, position: int, step: dict[str, Any]) -> dict[str, Any]:
    sort = f"{step['action']} {','.join(step['services'])} {step['strategy'] or ''}".strip()
    return {"plan": plan_hash, "id": step["id"], "position": position, "sort": sort, "document": step}


def _append_only() -> None:
    """The journal is the audit: the database itself refuses to change or to forget an event."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER event_no_{verb.lower()} BEFORE {verb} ON event "
                "BEGIN SELECT RAISE(ABORT, 'events can only be added'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION event_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'events can only be added'; END $$"
    )
    op.execute(
        "CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event "
        "FOR EACH STATEMENT EXECUTE FUNCTION event_append_only()"
    )


def _workers() -> None:
    op.create_table(
        "worker",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("boot", sa.String(64), nullable=False),
        sa.Column("queues", sa.JSON, nullable=False),
        sa.Column("jobs", sa.Integer, nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("beats", sa.Integer, nullable=False),
        sa.Column("seen_at", sa.Float, nullable=False),
        sa.Column("gone_after", sa.Float, nullable=False),
    )
    op.create_table("delivery_script", sa.Column("name", sa.Text, primary_key=True))


def _dispatch() -> None:
    op.create_table(
        "dispatch",
        *_attempt(),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("worker", sa.String(64)),
        sa.Column("fence", sa.Integer),
        sa.Column("ends", sa.Boolean, nullable=False),
        sa.Column("ending", sa.JSON),
        sa.Column("output", sa.BigInteger, nullable=False),
        sa.Column("queued_at", sa.Float, nullable=False),
        sa.Column("claimed_at", sa.Float),
        sa.Column("ended_at", sa.Float),
        sqlite_with_rowid=False,
    )
    op.create_index("dispatch_by_worker", "dispatch", ["worker", "state"])
    op.create_table(
        "dispatch_output",
        *_attempt(),
        sa.Column("file", sa.Text, primary_key=True),
        sa.Column("offset", sa.BigInteger, primary_key=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )


def _attempt() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("run", sa.String(40), primary_key=True),
        sa.Column("step", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
    )
