"""Whether the server lives, and whether it can work. Nobody has to be let in for that, and nothing else is told."""

from typing import Literal, cast

from fastapi import APIRouter, Request
from pydantic import BaseModel

from stairlift.web.here import Here
from stairlift.wiring.server.pulse import Pulse

router = APIRouter(tags=["health"])


class Lives(BaseModel):
    """The process answers."""

    status: Literal["lives"] = "lives"


class Ready(BaseModel):
    """The journal answers, too."""

    status: Literal["ready"] = "ready"


@router.get("/healthz")
async def lives() -> Lives:
    """The process answers."""
    return Lives()


@router.get("/readyz")
async def ready(request: Request, house: Here) -> Ready:
    """The journal answers within a second; 503 (store.unavailable) where it does not."""
    state = request.app.state
    if not hasattr(state, "pulse"):
        state.pulse = Pulse(house.office.store)
    await cast("Pulse", state.pulse).demand()
    return Ready()
