"""Tokens as people and programs see them: never the token itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from stairlift.model.access import Token
from stairlift.report.text import day, stamp

TOKEN_COLUMNS = ("NAME", "RIGHTS", "STATE", "EXPIRES", "MADE", "MADE BY")


def token_rows(tokens: Sequence[Token], at: datetime) -> list[tuple[str, ...]]:
    """A row for each, as TOKEN_COLUMNS name it."""
    return [
        (t.name, ", ".join(t.rights), t.state(at), day(t.expires_at) or "never", day(t.made_at), t.made_by)
        for t in tokens
    ]


def token_document(token: Token, at: datetime) -> dict[str, Any]:
    """One of them for programs."""
    return {
        "name": token.name,
        "rights": list(token.rights),
        "state": token.state(at),
        "made_at": stamp(token.made_at),
        "made_by": token.made_by,
        "expires_at": stamp(token.expires_at),
        "revoked_at": stamp(token.revoked_at),
    }


def token_words(token: Token) -> str:
    """What is said of a token when it has been made."""
    until = f"until {day(token.expires_at)}" if token.expires_at else "until it is revoked"
    return f"token {token.name} ({', '.join(token.rights)}) holds {until}; it is shown this once and kept nowhere"
