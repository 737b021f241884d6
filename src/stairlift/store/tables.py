"""The tables of the journal, the same in SQLite and PostgreSQL. `migrations` brings a database to this shape."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.types import TypeEngine

metadata = MetaData()


@lru_cache(maxsize=256)  # all that a transaction writes has the same few times
def _text(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def to_json(value: Any) -> str:
    """A document as text."""
    return orjson.dumps(value).decode()


class Moment(TypeDecorator[datetime]):
    """A time in UTC to the microsecond. SQLite has no type for it: there it is ISO text, which sorts as time does."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text on SQLite, a timestamp with time zone elsewhere."""
        return dialect.type_descriptor(String(32) if dialect.name == "sqlite" else DateTime(timezone=True))

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        """Into the database."""
        return _text if dialect.name == "sqlite" else None

    def result_processor(self, dialect: Dialect, _coltype: object) -> Callable[[Any], datetime | None] | None:
        """Out of it."""
        return _moment if dialect.name == "sqlite" else None


plan = Table(
    "plan",
    metadata,
    Column("hash", String(80), primary_key=True),
    Column("document", JSON, nullable=False),
)

#: The steps of a plan, whose document has only their number. Steps of one `sort` can be expected to take as long.
plan_step = Table(
    "plan_step",
    metadata,
    Column("plan", ForeignKey(plan.c.hash), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("id", Text, nullable=False),
    Column("sort", Text, nullable=False),
    Column("document", JSON, nullable=False),
    Index("plan_step_by_id", "plan", "id", unique=True),
    Index("plan_step_by_sort", "plan", "sort", "position"),
    sqlite_with_rowid=False,
)

run = Table(
    "run",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("cloud", Text, nullable=False),
    Column("plan_hash", ForeignKey(plan.c.hash), nullable=False),
    Column("source", String(16), nullable=False),
    Column("target", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("ended_at", Moment),
    Column("approve_all", Boolean, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("options", JSON, nullable=False),
    Column("intent", String(16), nullable=False),
    Index("run_by_cloud", "cloud", "created_at"),
)

step = Table(
    "step",
    metadata,
    Column("run", ForeignKey(run.c.id), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("approved", Boolean, nullable=False),
    Column("started_at", Moment),
    Column("worked_at", Moment),
    Column("ended_at", Moment),
    Column("reason", Text, nullable=False),
    Column("retries", Integer, nullable=False),
    sqlite_with_rowid=False,
)

attempt = Table(
    "attempt",
    metadata,
    Column("run", ForeignKey(run.c.id), primary_key=True),
    Column("step", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("result", String(16)),
    Column("returncode", Integer),
    Column("reason", Text, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("undo", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

event = Table(
    "event",
    metadata,
    Column("run", ForeignKey(run.c.id), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("step", Text),
    Column("attempt", Integer),
    Column("data", JSON, nullable=False),
    sqlite_with_rowid=False,
)

command = Table(
    "command",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("run", ForeignKey(run.c.id), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("step", Text),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("result", String(16)),
    Column("answer", Text, nullable=False),
    Column("details", JSON, nullable=False),
    Index("command_unsettled", "run", "result"),
)

#: The ledger of side effects: a row for each that is intended, before it is made.
effect = Table(
    "effect",
    metadata,
    Column("run", ForeignKey(run.c.id), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("subject", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("binding", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("at", Moment, nullable=False),
    Column("details", JSON, nullable=False),
    Column("ended_at", Moment),
    Column("note", Text, nullable=False),
    sqlite_with_rowid=False,
)

#: `lock` names the kernel lock that its holder holds: who gets that very lock knows that the holder is dead.
#: `until` is in seconds since 1970 on the database's clock and counts only for those who cannot try that lock.
lease = Table(
    "lease",
    metadata,
    Column("cloud", Text, primary_key=True),
    Column("fence", Integer, nullable=False),
    Column("holder", String(64)),
    Column("lock", String(64), nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("run", String(40)),
    Column("until", Float, nullable=False),
)

#: A worker of one or more queues. `beats` counts how often it was heard of, last at `seen_at`, in seconds since 1970 on
#: the database's clock. `fence` grows whenever it enlists. `gone_after` is how many seconds of silence prove that it
#: has ended its attempts itself.
worker = Table(
    "worker",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("boot", String(64), nullable=False),
    Column("queues", JSON, nullable=False),
    Column("jobs", Integer, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("beats", Integer, nullable=False),
    Column("seen_at", Float, nullable=False),
    Column("gone_after", Float, nullable=False),
)

#: An attempt that is a worker's. `document` is the job; `output` counts the bytes that were sent of it.
dispatch = Table(
    "dispatch",
    metadata,
    Column("run", String(40), primary_key=True),
    Column("step", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("queue", Text, nullable=False),
    Column("document", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("worker", String(64)),
    Column("fence", Integer),
    Column("ends", Boolean, nullable=False),
    Column("ending", JSON),
    Column("output", BigInteger, nullable=False),
    Column("queued_at", Float, nullable=False),
    Column("claimed_at", Float),
    Column("ended_at", Float),
    Index("dispatch_by_worker", "worker", "state"),
    sqlite_with_rowid=False,
)

dispatch_output = Table(
    "dispatch_output",
    metadata,
    Column("run", String(40), primary_key=True),
    Column("step", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("file", Text, primary_key=True),
    Column("offset", BigInteger, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

#: Which scripts of the queue's own schema this database has seen.
delivery_script = Table("delivery_script", metadata, Column("name", Text, primary_key=True))

#: Who may use the server. Neither a token nor a session is kept itself, only a digest of it.
token = Table(
    "token",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", Text, nullable=False),
    Column("digest", String(80), nullable=False, unique=True),
    Column("rights", JSON, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
)

session = Table(
    "session",
    metadata,
    Column("digest", String(80), primary_key=True),
    Column("token", ForeignKey(token.c.id), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

#: A plan that was made and may or may not be run; its document is `plan`'s, which runs share.
kept_plan = Table(
    "kept_plan",
    metadata,
    Column("hash", ForeignKey(plan.c.hash), primary_key=True),
    Column("cloud", Text, nullable=False),
    Column("source", String(16), nullable=False),
    Column("target", String(16), nullable=False),
    Column("steps", Integer, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Index("kept_plan_by_time", "made_at", "hash"),
)

#: A look at a whole cloud.
sighting = Table(
    "sighting",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("cloud", Text, nullable=False),
    Column("release", String(16), nullable=False),
    Column("hosts", Integer, nullable=False),
    Column("services", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("document", JSON, nullable=False),
    Index("sighting_by_cloud", "cloud", "id"),
)

#: Requests that came with a key of their own. `status` is empty until one was answered.
receipt = Table(
    "receipt",
    metadata,
    Column("key", String(255), primary_key=True),
    Column("who", String(40), primary_key=True),
    Column("digest", String(80), nullable=False),
    Column("at", Moment, nullable=False),
    Column("status", Integer),
    Column("headers", JSON, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

#: A notice on its way: one for each channel and event, and with `again` its reminders. `state` is queued, sent or
#: given-up; times are on our clock. Whoever sends claims it first, until `claimed_until`.
notice = Table(
    "notice",
    metadata,
    Column("channel", String(80), primary_key=True),
    Column("run", ForeignKey(run.c.id), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("again", Integer, primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("document", JSON, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("state", String(16), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at", Moment, nullable=False),
    Column("claimed_until", Moment),
    Column("sent_at", Moment),
    Column("answer", Text, nullable=False),
    Index("notice_due", "state", "next_at"),
    sqlite_with_rowid=False,
)

#: Up to which event of a run a channel has been given its notices.
notice_mark = Table(
    "notice_mark",
    metadata,
    Column("channel", String(80), primary_key=True),
    Column("run", ForeignKey(run.c.id), primary_key=True),
    Column("seq", Integer, nullable=False),
)

#: From when on a channel is given any: what happened before it was set up is not told.
notice_channel = Table(
    "notice_channel",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("since", Moment, nullable=False),
)
