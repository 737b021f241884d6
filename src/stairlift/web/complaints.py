"""What is wrong with a request, kept until it is known who asks: strangers are told that they are strangers first."""

from fastapi import Request

from stairlift.model.errors import StairliftError


def keep(request: Request, error: StairliftError) -> None:
    """Put it down; of several it is the first that is told."""
    if not hasattr(request.state, "complaint"):
        request.state.complaint = error


def demand_none(request: Request) -> None:
    """Once somebody may hear it. Raises what was put down."""
    found: StairliftError | None = getattr(request.state, "complaint", None)
    if found is not None:
        raise found
