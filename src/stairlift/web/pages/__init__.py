"""The pages: drawn here, whole without JavaScript, and drawn anew from the same templates when something happens."""

from collections.abc import Sequence

from fastapi import APIRouter


def routers() -> Sequence[APIRouter]:
    """All of its routers."""
    return ()
