"""What is said to whoever is not let in, or may not do what was asked for."""

from stairlift.model.access import Right
from stairlift.model.errors import Refusal, UsageError

_ASK = "Ask whoever looks after the server for a token with that right: `stairlift token create NAME --rights ...`."


class TooMany(Refusal):
    """Whoever failed so often has to wait; `after` is for how many seconds."""

    def __init__(self, after: int) -> None:
        super().__init__(
            code="access.too_many",
            brief="too many attempts to be let in have failed from this address",
            resolution=f"Try again in {after} s. A token that holds is let in all the same.",
        )
        self.after = after


def unknown() -> UsageError:
    """The same sentence whatever is wrong: it tells nobody which tokens there are, or were."""
    return UsageError(
        code="access.unknown",
        brief="nobody is let in without a token that holds, or a browser that is signed in",
        resolution="Send `Authorization: Bearer TOKEN`, or sign in. `stairlift token create` on the server makes one.",
    )


def forbidden(*rights: Right) -> Refusal:
    """Known, and not allowed to: it says which right is missing."""
    missing = " and ".join(rights)
    return Refusal(
        code="access.forbidden",
        brief=f"this needs the right to {missing}, which your token does not have",
        resolution=_ASK,
    )


def no_form_token() -> Refusal:
    """A browser's session asked for a change, and nothing shows that its own page did."""
    return Refusal(
        code="access.form",
        brief="nothing shows that this was asked for by a page of this server",
        details="the form's hidden field `csrf`, or the header X-Csrf, is missing or of another session",
        resolution="Reload the page and do it again. A program sends its token, not a browser's cookie.",
    )


def foreign(origin: str) -> Refusal:
    """Another site had a browser ask for a change."""
    return Refusal(
        code="access.foreign",
        brief="a page of another site asked for this",
        details=f"the request comes from {origin}",
        resolution="Do it on the server's own pages. Behind a proxy, have it hand on Host and X-Forwarded-Proto.",
    )
