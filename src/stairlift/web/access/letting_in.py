"""From what a request shows, a token or a browser's cookie, to who stands behind it."""

import hmac
import logging
import re

from stairlift.model.access import MARK, Caller, Session, Token, digest_of
from stairlift.ports import Keys
from stairlift.wiring import clock

_log = logging.getLogger(__name__)
#: A token that we made looks like this; what does not is not even looked for.
_FORM = re.compile(rf"{MARK}[A-Za-z0-9_-]{{43,86}}", re.ASCII)


def by_token(keys: Keys, shown: str) -> Token | None:
    """The token that was shown, if it holds at this moment. What is wrong with another goes to the log alone."""
    token = keys.token(digest_of(shown)) if _FORM.fullmatch(shown) else None
    wrong = _wrong(shown, token)
    if wrong:
        _log.warning("a token was refused: it is %s", wrong)
    return None if wrong else token


def _wrong(shown: str, token: Token | None) -> str:
    """Why it lets nobody in; empty where it does."""
    if not _FORM.fullmatch(shown):
        return "malformed"
    if token is None or not hmac.compare_digest(token.digest, digest_of(shown)):
        return "unknown"
    state = token.state(clock.now())
    return "" if state == "holds" else f"{token.name}'s, and {state}"


def by_session(keys: Keys, shown: str) -> tuple[Session, Token] | None:
    """The session that a browser shows, if it and its token hold at this moment."""
    found = keys.session(digest_of(shown)) if shown else None
    if found is None:
        return None
    at = clock.now()
    return found if found[0].holds(at) and found[1].holds(at) else None


def caller_of(token: Token, session: str = "") -> Caller:
    """Who shows this token; `session` is the digest of the browser's session, if there is one."""
    return Caller(token.name, token.id, frozenset(token.rights), session)
