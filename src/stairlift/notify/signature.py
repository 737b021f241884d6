"""Signs what is sent, so that a receiver knows who sent it and when. Pure: the time is an argument."""

import hmac

#: The header that carries it.
HEADER = "Stairlift-Signature"


def signature(secret: bytes, body: bytes, at: int) -> str:
    """The value of the header: when it was signed, in seconds since 1970, and HMAC-SHA256 of that, a dot and the body.

    The time is signed as well: who has overheard a notice cannot send it again later.
    """
    return f"t={at},v1={hmac.new(secret, b'%d.' % at + body, 'sha256').hexdigest()}"
