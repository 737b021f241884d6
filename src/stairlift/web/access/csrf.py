"""What shows that a change was asked for by a page of ours: a word that only the pages of a session know.

It follows from the session's own secret, which no other site can read, and tells nothing about it. A request that shows
a token instead of a cookie needs none: no site makes a browser send somebody's token.
"""

import hmac
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Request

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def word_of(session: str) -> str:
    """The word that every form of this session carries."""
    return hmac.new(session.encode(errors="surrogatepass"), b"stairlift form", sha256).hexdigest()


async def _told(request: Request) -> str:
    """What the request gives as that word: in a header, or in the field of a form."""
    header = request.headers.get("X-Csrf")
    if header is not None or not request.headers.get("Content-Type", "").startswith(_FORMS):
        return header or ""
    field = (await request.form()).get("csrf")
    return field if isinstance(field, str) else ""


#: It, as a parameter.
Told = Annotated[str, Depends(_told)]


def shows_it(request: Request, session: str, told: str) -> bool:
    """Whether a request of that session may change anything."""
    return request.method in _SAFE or hmac.compare_digest(
        word_of(session).encode(), told.encode(errors="surrogatepass")
    )
