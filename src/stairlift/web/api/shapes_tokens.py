"""Who may use the server, as the description of the API shows it."""

from datetime import datetime
from typing import Literal

from stairlift.model.access import Right
from stairlift.web.api.shapes import Shape


class Token(Shape):
    """What is on record of a token; never itself."""

    name: str
    rights: list[Right]
    state: Literal["holds", "expired", "revoked"]
    made_at: datetime
    made_by: str
    expires_at: datetime | None
    revoked_at: datetime | None


class NewToken(Token):
    """One that was just made, with the token itself: this once."""

    token: str


class Tokens(Shape):
    """All that were ever made, the newest first."""

    tokens: list[Token]
