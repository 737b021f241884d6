"""Which way somebody's word came to the server: on record with the word, for whoever asks later who that was."""

from fastapi import Request

from stairlift.model.access import Caller


def way_of(request: Request, caller: Caller) -> dict[str, str]:
    """By which token, and from which address; behind a proxy that the settings trust, the one that the proxy names."""
    return {"token": caller.token, "address": request.client.host if request.client else ""}
