"""Tokens and sessions as they are made: random words, of which only digests are kept."""

import re
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from stairlift.model.access import MARK, RIGHTS, Right, Session, Token, digest_of
from stairlift.model.errors import UsageError
from stairlift.ports import Keys
from stairlift.wiring.config.settings import Settings

#: What a token can be called: it is on record beside what is done with it, and stands in addresses and logs.
NAME = r"[A-Za-z0-9][A-Za-z0-9@._+-]{0,63}"
#: How long one lasts.
LIFETIME = r"[1-9][0-9]{0,3}[mhdw]"
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_BYTES = 32


@dataclass(frozen=True, slots=True)
class Wish:
    """A token that somebody wants. UsageError (token.bad_name, token.bad_rights) for one that cannot be."""

    name: str
    rights: tuple[Right, ...]
    expires_at: datetime | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(NAME, self.name):
            raise UsageError(
                code="token.bad_name",
                brief=f"a token cannot be named {self.name!r}",
                resolution="Up to 64 letters, digits and @ . _ + - are a name; it begins with a letter or a digit.",
            )
        if not self.rights or not set(self.rights) <= set(RIGHTS):
            raise UsageError(
                code="token.bad_rights",
                brief=f"rights are {', '.join(RIGHTS)}",
                resolution="Give one or more of them, separated by commas. Whoever is let in may read.",
            )


def in_order(rights: Iterable[str]) -> tuple[Right, ...]:
    """Rights as they are always named; words that are none stay, at the end, to be refused."""
    given = {"read", *rights}
    return cast("tuple[Right, ...]", (*(right for right in RIGHTS if right in given), *sorted(given - set(RIGHTS))))


def lifetime(text: str) -> timedelta:
    """A length of time such as 30d, 12h, 2w. UsageError (token.bad_expiry)."""
    if not re.fullmatch(LIFETIME, text):
        raise UsageError(
            code="token.bad_expiry",
            brief=f"{text!r} does not say how long a token lasts",
            resolution="Give a number with m, h, d or w, such as 30d.",
        )
    return int(text[:-1]) * _UNITS[text[-1]]


def issue(keys: Keys, wish: Wish, by: str, at: datetime) -> tuple[Token, str]:
    """Make a token: what is on record of it, and itself, to be shown once. Raises as `Keys.add`."""
    secret = MARK + secrets.token_urlsafe(_BYTES)
    token = Token(uuid.uuid4().hex, wish.name, digest_of(secret), wish.rights, at, by, wish.expires_at)
    keys.add(token)
    return token, secret


def open_session(keys: Keys, token: Token, hours: float, at: datetime) -> tuple[Session, str]:
    """Sign a browser in: the session, which ends with its token at the latest, and the word for its cookie."""
    secret = secrets.token_urlsafe(_BYTES)
    ends = min(filter(None, (at + timedelta(hours=hours), token.expires_at)))
    session = Session(digest_of(secret), token.id, at, ends)
    keys.open_session(session)
    return session, secret


def of_terminal(keys: Keys, who: str, at: datetime) -> Token:
    """What the sessions of one-time codes stand for: a token with every right that nobody was ever shown."""
    name = f"{re.sub(r'[^A-Za-z0-9._-]', '-', who).lstrip('.-_')[:40] or 'somebody'}@terminal"
    held = next((token for token in keys.tokens() if token.name == name and token.holds(at)), None)
    return held or issue(keys, Wish(name, RIGHTS), who, at)[0]


def open_keys(settings: Settings) -> Keys:
    """The tokens of this installation. Raises StairliftError (store.*)."""
    from stairlift.store.keys import SqlKeys
    from stairlift.store.opening import ensure_shape, open_engine

    engine = open_engine(settings.database_url)
    ensure_shape(engine)
    return SqlKeys(engine)
