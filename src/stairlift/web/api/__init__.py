"""The REST API below `/v1`: a module for each resource, thin ones: read the request, ask the house, give a document."""

from collections.abc import Sequence

from fastapi import APIRouter


def routers() -> Sequence[APIRouter]:
    """All of its routers, in the order in which the description of the API shows them."""
    return ()
