"""Who may use the server: tokens, the sessions of browsers, and who stands behind a request."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

#: "read" is what every token may; "operate" starts, pauses, retries; "approve" answers gates and one-way steps.
Right = Literal["read", "operate", "approve"]
RIGHTS: tuple[Right, ...] = get_args(Right)


@dataclass(frozen=True, slots=True)
class Token:
    """What a person or a program shows to be let in. Nobody keeps the token itself, only the `digest` of it."""

    id: str
    name: str
    digest: str
    rights: tuple[Right, ...]
    made_at: datetime
    made_by: str
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether it lets anybody in at that time."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that somebody signed in with a token: it holds as long as the token does, or shorter."""

    digest: str
    token: str
    made_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Caller:
    """Who stands behind a request: the token's name goes on record as the actor.

    `session` is the digest of the browser's session; "" where the token itself was shown.
    """

    name: str
    token: str
    rights: frozenset[Right]
    session: str = ""

    def may(self, right: Right) -> bool:
        """Whether this right is the caller's; whoever is let in may read."""
        return right == "read" or right in self.rights
