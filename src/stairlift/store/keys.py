"""Who may use the server, in SQLite or PostgreSQL: tokens, and the sessions of browsers, by their digests."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, text, update

from stairlift.model.access import Session, Token
from stairlift.model.errors import Refusal, UsageError
from stairlift.store import tables
from stairlift.store.opening import transaction
from stairlift.store.plain import noun_of
from stairlift.store.rows import values_of

_token, _session = tables.token, tables.session
#: The key of the advisory lock that whoever adds a token holds on a server; an SQLite database has one writer anyway.
_ADDING = 7_408_211_530_114_217_603


class SqlKeys:
    """Fills ports.Keys."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, token: Token) -> None:
        """See ports.Keys."""
        with transaction(self._engine) as connection:
            _alone(connection)
            if connection.execute(_unrevoked(token.name)).first():
                raise _taken(token.name)
            connection.execute(insert(_token).values(values_of(token)))

    def tokens(self) -> tuple[Token, ...]:
        """See ports.Keys."""
        query = select(_token).order_by(_token.c.made_at.desc(), _token.c.id.desc())
        with transaction(self._engine, writes=False) as connection:
            return tuple(map(_token_of, connection.execute(query)))

    def token(self, digest: str) -> Token | None:
        """See ports.Keys."""
        with transaction(self._engine, writes=False) as connection:
            found = connection.execute(select(_token).where(_token.c.digest == digest)).first()
        return _token_of(found) if found else None

    def revoke(self, name: str, at: datetime) -> Token:
        """See ports.Keys."""
        with transaction(self._engine) as connection:
            found = connection.execute(_unrevoked(name)).first()
            if found is None:
                raise _unknown(name)
            mine = (_token.c.id == found.id, _token.c.revoked_at.is_(None))
            connection.execute(update(_token).where(*mine).values(revoked_at=at))
            connection.execute(delete(_session).where(_session.c.token == found.id))
            return _token_of(connection.execute(select(_token).where(_token.c.id == found.id)).one())

    def open_session(self, session: Session) -> None:
        """See ports.Keys."""
        with transaction(self._engine) as connection:
            connection.execute(delete(_session).where(_session.c.expires_at <= session.made_at))
            connection.execute(insert(_session).values(values_of(session)))

    def session(self, digest: str) -> tuple[Session, Token] | None:
        """See ports.Keys."""
        with transaction(self._engine, writes=False) as connection:
            row = connection.execute(select(_session).where(_session.c.digest == digest)).first()
            if row is None:
                return None
            token = connection.execute(select(_token).where(_token.c.id == row.token)).one()
        return noun_of(Session, row), _token_of(token)

    def end_session(self, digest: str) -> None:
        """See ports.Keys."""
        with transaction(self._engine) as connection:
            connection.execute(delete(_session).where(_session.c.digest == digest))


def _alone(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADDING})


def _unrevoked(name: str) -> Any:
    return select(_token).where(_token.c.name == name, _token.c.revoked_at.is_(None))


def _token_of(row: Row[Any]) -> Token:
    return replace(noun_of(Token, row), rights=tuple(row.rights))


def _taken(name: str) -> Refusal:
    return Refusal(
        code="token.name_taken",
        brief=f"there is a token named {name} already",
        details="what somebody does with a token goes on record under its name, so that there is one of each",
        resolution=f"Choose another name, or revoke that one first: stairlift token revoke {name}",
    )


def _unknown(name: str) -> UsageError:
    return UsageError(
        code="token.unknown",
        brief=f"there is no token {name}, or it was revoked before",
        resolution="`stairlift token list` shows them.",
    )
