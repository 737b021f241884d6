"""What a server prints of itself, as the nouns that commands show in tables: tokens, notices, workers, what it has."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from stairlift.client.documents import moment
from stairlift.model.access import Token
from stairlift.model.dispatch import WorkerSeen
from stairlift.model.notice import Delivery, Notice
from stairlift.model.run import AttemptId
from stairlift.model.work import Traits
from stairlift.report.installed import Installed, InstalledSource, InstalledStrategy

Document = Mapping[str, Any]


def token_of(found: Document) -> Token:
    """A token, as far as anybody is told of it."""
    return Token(
        id="",
        name=found["name"],
        digest="",
        rights=tuple(found["rights"]),
        made_at=datetime.fromisoformat(found["made_at"]),
        made_by=found["made_by"],
        expires_at=moment(found["expires_at"]),
        revoked_at=moment(found["revoked_at"]),
    )


def delivery_of(found: Document) -> Delivery:
    """A notice on its way; of its content the title is told."""
    seq, _, again = found["id"].partition(".")
    at = datetime.fromisoformat(found["at"])
    notice = Notice(found["run"], int(seq), found["kind"], at, {"title": found["title"]}, int(again or 0))
    made_at = datetime.fromisoformat(found["made_at"])
    return Delivery(
        channel=found["channel"],
        notice=notice,
        state=found["state"],
        made_at=made_at,
        tries=found["tries"],
        next_at=moment(found["next_at"]) or made_at,
        sent_at=moment(found["sent_at"]),
        answer=found["answer"],
    )


def worker_of(found: Document) -> WorkerSeen:
    """A worker; whether its silence is too long has been judged by the server."""
    return WorkerSeen(
        name=found["name"],
        host=found["host"],
        pid=found["pid"],
        queues=tuple(found["queues"]),
        jobs=found["jobs"],
        seen_at=datetime.fromisoformat(found["seen_at"]),
        silence=0.0 if found["state"] == "alive" else math.inf,
        attempts=tuple(AttemptId(a["run"], a["step"], a["number"]) for a in found["attempts"]),
    )


def strategy_of(found: Document) -> InstalledStrategy:
    """A strategy that is installed there."""
    if found["concurrency"] is None:
        return InstalledStrategy(_entry(found), None, found["per_hop"])
    traits = Traits(tuple(found["concurrency"]), found["undo"], found["dry_run"], found["repeatable"])
    return InstalledStrategy(_entry(found), traits, found["per_hop"])


def source_of(found: Document) -> InstalledSource:
    """A source of knowledge that is installed there."""
    return InstalledSource(_entry(found), found["credentials"])


def _entry(found: Document) -> Installed:
    return Installed(
        name=found["name"],
        path=found["class"],
        package=found["package"],
        description=found["description"],
        lacks=tuple(found["lacks"]),
        broken=found["broken"] or "",
    )
