"""What everybody may see: whether the server lives, how to sign in, and what pages are dressed in."""

#: Whoever looks after the process has no token.
HEALTH = frozenset({"/healthz", "/readyz"})
_SIGNING = frozenset({"/sign-in", "/sign-out"})
#: The folder of what pages are dressed in.
_DRESS = "/static/"


def is_open(path: str) -> bool:
    """Whether an address is there for strangers. Of all others they are not even told whether they are there."""
    return path in HEALTH or path in _SIGNING or path.startswith(_DRESS)
