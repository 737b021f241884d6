"""`/v1/tokens`: who may use this server. Only whoever may do everything sees it, so that nobody gets more than he has.

Its answers hold what is shown once: they are not kept for an Idempotency-Key, and no cache keeps them.
"""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from stairlift.model.access import Right
from stairlift.report.access import token_document
from stairlift.web.access.callers import Keeper
from stairlift.web.api import shapes_tokens as shapes
from stairlift.web.api.giving import given
from stairlift.web.here import Here
from stairlift.wiring import clock
from stairlift.wiring.admitting import LIFETIME, NAME, Wish, in_order, issue, lifetime

router = APIRouter(prefix="/v1/tokens", tags=["tokens"])

_Name = Annotated[str, Path(pattern=f"^{NAME}$", description="What the token is called.")]


class WantedToken(BaseModel):
    """A token that is to be made."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=f"^{NAME}$", description="Goes on record as who did something.")
    rights: list[Right] = Field(default=["read"], max_length=3)
    expires: str | None = Field(default=None, pattern=f"^{LIFETIME}$", description="How long it holds: 12h, 30d.")


@router.get(
    "",
    operation_id="list_tokens",
    summary="Every token that was made, the newest first",
    response_model=shapes.Tokens,
)
def tokens(house: Here, _caller: Keeper) -> Response:
    """Their names and rights, and whether they hold; never a token itself."""
    at = clock.now()
    return given({"tokens": [token_document(token, at) for token in house.keys.tokens()]})


@router.post(
    "",
    operation_id="make_token",
    status_code=201,
    summary="Make a token; this answer alone has it",
    response_model=shapes.NewToken,
)
def create(house: Here, caller: Keeper, wanted: WantedToken) -> Response:
    """What `stairlift token create -o json` prints."""
    at = clock.now()
    expires_at = at + lifetime(wanted.expires) if wanted.expires else None
    token, secret = issue(house.keys, Wish(wanted.name, in_order(wanted.rights), expires_at), caller.name, at)
    return given({**token_document(token, at), "token": secret}, 201)


@router.delete("/{name}", operation_id="revoke_token", status_code=204, summary="Let a token hold no longer")
def revoke(house: Here, _caller: Keeper, name: _Name) -> Response:
    """Its sessions end with it."""
    house.keys.revoke(name, clock.now())
    return Response(status_code=204)
