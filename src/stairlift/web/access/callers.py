"""Who stands behind a request, and whether that caller may do what the request is about."""

from typing import Annotated

from fastapi import Depends

from stairlift.model.access import Caller
from stairlift.web.here import Here


def _reader(house: Here) -> Caller:
    raise NotImplementedError


def _operator(house: Here) -> Caller:
    raise NotImplementedError


def _approver(house: Here) -> Caller:
    raise NotImplementedError


#: The caller, as a parameter of whoever answers: one who may read, who may operate, who may approve.
Reader = Annotated[Caller, Depends(_reader)]
Operator = Annotated[Caller, Depends(_operator)]
Approver = Annotated[Caller, Depends(_approver)]
