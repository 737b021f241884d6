"""A visit to a page: who asks, for what, in which house, and what this server keeps in mind."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from stairlift.model.access import Caller
from stairlift.ports import Store
from stairlift.web.access.callers import Operator, Reader
from stairlift.web.here import Here
from stairlift.web.pages.courses import Memory, Remembered
from stairlift.wiring.server.house import House


@dataclass(frozen=True, slots=True)
class Visit:
    """All that whoever draws a page asks for."""

    request: Request
    house: House
    caller: Caller
    memory: Memory

    @property
    def store(self) -> Store:
        """The journal."""
        return self.house.office.store


async def _reading(request: Request, house: Here, caller: Reader, memory: Remembered) -> Visit:
    return Visit(request, house, caller, memory)


async def _operating(request: Request, house: Here, caller: Operator, memory: Remembered) -> Visit:
    return Visit(request, house, caller, memory)


#: The visit, as a parameter: of one who may read, of one who may operate.
Reading = Annotated[Visit, Depends(_reading)]
Operating = Annotated[Visit, Depends(_operating)]
