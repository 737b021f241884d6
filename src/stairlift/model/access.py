"""Who may use the server: tokens, the sessions of browsers, and who stands behind a request."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal, get_args

#: "read" is what every token may; "operate" starts, pauses, retries; "approve" answers gates and one-way steps.
Right = Literal["read", "operate", "approve"]
RIGHTS: tuple[Right, ...] = get_args(Right)
#: What every token begins with: whoever finds one in the wrong place, or looks for such places, knows what it is.
MARK = "stl_"


def digest_of(secret: str) -> str:
    """What is kept of a token, of a browser's session or of a code. Nobody gets from it to what was random."""
    return f"sha256:{sha256(secret.encode(errors='surrogatepass')).hexdigest()}"


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
        return self.state(at) == "holds"

    def state(self, at: datetime) -> Literal["holds", "expired", "revoked"]:
        """How it stands at that time, in a word."""
        if self.revoked_at is not None:
            return "revoked"
        return "holds" if self.expires_at is None or at < self.expires_at else "expired"


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that somebody signed in with a token: it holds as long as the token does, or shorter."""

    digest: str
    token: str
    made_at: datetime
    expires_at: datetime

    def holds(self, at: datetime) -> bool:
        """Whether it lets its browser in at that time, as far as the session itself goes."""
        return at < self.expires_at


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
