"""Parameters of addresses: one that a route does not know is refused, so that a slip of the pen is heard."""

from collections.abc import Iterator, Sequence

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from stairlift.model.errors import UsageError


async def known_parameters(request: Request) -> None:
    """A dependency of every route. UsageError (request.unknown_parameter)."""
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    known = {field.alias for one in _below(route.dependant) for field in one.query_params}
    strange = set(request.query_params) - known
    if strange:
        raise _unknown(min(strange), sorted(known))


def _below(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for needed in dependant.dependencies:
        yield from _below(needed)


def _unknown(name: str, known: Sequence[str]) -> UsageError:
    return UsageError(
        code="request.unknown_parameter",
        brief=f"there is no parameter {name!r} at this address",
        resolution=f"Known are: {', '.join(known)}." if known else "It takes none.",
    )
