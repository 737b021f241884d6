"""What a request finds here: the house that serves it."""

from typing import Annotated, cast

from fastapi import Depends, Request

from stairlift.wiring.server.house import House


async def _house(request: Request) -> House:
    return cast("House", request.app.state.house)


#: The house, as a parameter of whoever answers a request.
Here = Annotated[House, Depends(_house)]
