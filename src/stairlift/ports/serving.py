"""What a server keeps beside the journal: who may use it, plans and looks at clouds, answers that were given."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from stairlift.model.access import Session, Token
from stairlift.model.shelf import KeptPlan, Sighting


class Keys(Protocol):
    """Who may use the server. Tokens and sessions are known by digests alone. Every method may raise store.*."""

    def add(self, token: Token) -> None:
        """Put a token on record. Refusal (token.name_taken) where one that is not revoked has its name."""
        ...

    def tokens(self) -> tuple[Token, ...]:
        """All there ever were, the newest first."""
        ...

    def token(self, digest: str) -> Token | None:
        """The token of this digest, whether it still holds or not."""
        ...

    def revoke(self, name: str, at: datetime) -> Token:
        """Let it hold no longer, nor the sessions that it opened. UsageError (token.unknown)."""
        ...

    def open_session(self, session: Session) -> None:
        """Put a browser's session on record; those that have expired are forgotten on the way."""
        ...

    def session(self, digest: str) -> tuple[Session, Token] | None:
        """A session with the token that it stands for."""
        ...

    def end_session(self, digest: str) -> None:
        """Sign out; one that is not there is none."""
        ...


class Library(Protocol):
    """Plans and looks at clouds, by what they are known by. Every method may raise StairliftError (store.*)."""

    def keep_plan(self, plan: KeptPlan, document: Mapping[str, Any]) -> None:
        """Put a plan on the shelf; one that is there stays as it was first kept."""
        ...

    def plans(self, *, cloud: str | None = None, before: str | None = None, limit: int = 100) -> tuple[KeptPlan, ...]:
        """The newest first; `before` is the hash behind which to go on. UsageError (page.unknown_marker)."""
        ...

    def kept(self, plan_hash: str) -> KeptPlan:
        """What is known of a plan without its document, which may be large. UsageError (plan.unknown)."""
        ...

    def plan(self, plan_hash: str) -> tuple[KeptPlan, Mapping[str, Any]]:
        """A plan with its whole document. UsageError (plan.unknown)."""
        ...

    def keep_sighting(self, sighting: Sighting, document: Mapping[str, Any]) -> None:
        """Put a look at a cloud on record; of each cloud the newest hundred stay."""
        ...

    def sightings(
        self, *, cloud: str | None = None, before: str | None = None, limit: int = 100
    ) -> tuple[Sighting, ...]:
        """The newest first; `before` is the id behind which to go on. UsageError (page.unknown_marker)."""
        ...

    def sighting(self, sighting_id: str) -> tuple[Sighting, Mapping[str, Any]]:
        """A look at a cloud with its whole document. UsageError (observation.unknown)."""
        ...


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was answered to a request that came with a key of its own."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Receipts(Protocol):
    """Answers to requests with an Idempotency-Key, kept for a day: the same request again gets the same answer."""

    def begin(self, key: str, who: str, digest: str, at: datetime) -> Receipt | None:
        """The answer that was given before; None where the request is new and ours to carry out now.

        `digest` is of method, path and body. Refusal (request.other_body) where the key came with another request,
        (request.in_flight) where that has not been answered yet and began less than ten minutes ago.
        """
        ...

    def end(self, key: str, who: str, receipt: Receipt) -> None:
        """Keep the answer."""
        ...

    def drop(self, key: str, who: str) -> None:
        """Forget a request that nothing came of: it may be made again."""
        ...
