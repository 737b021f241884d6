"""Why a source gave nothing: every failure of a request as one SourceTrouble, in words without secrets."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson
from keystoneauth1 import exceptions
from urllib3.exceptions import HTTPError as BrokenBody
from urllib3.exceptions import ReadTimeoutError

from stairlift.model.errors import SourceTrouble, Trouble

_LONGEST = 300
_SECRET = re.compile(r"password|secret|token|passcode|access_key", re.IGNORECASE)
_USERINFO = re.compile(r"(?<=://)[^\s/@]+@")
_CAUSE = re.compile(
    r"\[Errno -?\d+\] [\w .,-]+"
    r"|certificate verify failed[\w :,.'-]*"
    r"|Remote end closed connection without response"
    r"|Failed to resolve|wrong version number|Invalid URL"
)
#: What comes out of keystoneauth1 and the HTTP library where a server fails or makes no sense.
FAILURES = (
    exceptions.ClientException,
    BrokenBody,
    OSError,  # requests' own are among these
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
#: The first that fits counts: a timeout of keystoneauth1 is a connection error, too.
_MEANINGS: tuple[tuple[tuple[type[Exception], ...], Trouble, str], ...] = (
    (
        (exceptions.ConnectTimeout, ReadTimeoutError, TimeoutError),
        Trouble.TIMEOUT,
        "did not answer in time",
    ),
    ((exceptions.UnknownConnectionError,), Trouble.MALFORMED, "cannot be asked: {cause}"),
    ((exceptions.ConnectionError,), Trouble.UNREACHABLE, "is not reachable: {cause}"),
    ((exceptions.EndpointNotFound, exceptions.EmptyCatalog), Trouble.NOT_DEPLOYED, "is not in the catalog"),
    (
        (exceptions.AuthPluginException, exceptions.AuthorizationFailure),
        Trouble.DENIED,
        "cannot be signed in to: {cause}",
    ),
    ((BrokenBody,), Trouble.MALFORMED, "broke off in the middle of its answer"),
    ((Exception,), Trouble.MALFORMED, "gave an answer that makes no sense ({cause})"),
)


class Discreet:
    """Takes the secrets of one cloud's credentials out of texts; servers repeat them in their complaints."""

    def __init__(self, credentials: Mapping[str, Any]) -> None:
        secrets = {v for k, v in credentials.items() if _SECRET.search(k) and isinstance(v, str) and v}
        self._secrets = tuple(sorted(secrets | {quote(s, safe="") for s in secrets}, key=len, reverse=True))

    def __call__(self, text: str, *more: str) -> str:
        """The text on one line, shortened, without the secrets and without `more` of them."""
        for secret in filter(None, (*more, *self._secrets)):
            text = text.replace(secret, "***")
        return " ".join(_USERINFO.sub("", text).split())[:_LONGEST]


def of_status(status: int, what: str, said: str, *, changing: bool = False) -> SourceTrouble:
    """The trouble that an HTTP status means; `what` was asked, `said` is the server's own message.

    Of who was told to change something every other 4xx is a refusal.
    """
    trouble, why = _meaning(status, changing=changing)
    return SourceTrouble(trouble, f"{what} {why}{f': {said}' if said else ''}", status=status)


def _meaning(status: int, *, changing: bool) -> tuple[Trouble, str]:
    if status in (401, 403):
        why = "refuses these credentials" if status == 401 else "does not permit this"
        return Trouble.DENIED, f"{why} ({status})"
    if status >= 500 or status == 429:
        return Trouble.SERVER_ERROR, f"failed with {status}"
    if changing and status >= 400:
        return Trouble.REFUSED, f"refuses this ({status})"
    return Trouble.MALFORMED, f"answered {status}, which makes no sense here"


def of_exception(error: Exception, what: str) -> SourceTrouble:
    """The trouble behind an exception of keystoneauth1, of the HTTP library, or of reading what they gave."""
    trouble, words = next((t, w) for kinds, t, w in _MEANINGS if isinstance(error, kinds))
    found = _CAUSE.search(str(error))
    cause = found.group().strip() if found else type(error).__name__
    return SourceTrouble(trouble, f"{what} {words.format(cause=cause)}")


def message(body: bytes) -> str:
    """What a service says in the body of a refusal: `{"forbidden": {"message": ...}}` and its relatives."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    inner = next(iter(document.values()), None) if isinstance(document, dict) else None
    text = inner.get("message") if isinstance(inner, dict) else inner
    return text if isinstance(text, str) else ""
