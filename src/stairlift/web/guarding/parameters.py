"""Parameters of addresses: one that a route does not know is refused, so that a slip of the pen is heard."""

from collections.abc import Iterator, Sequence

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from stairlift.model.errors import UsageError
from stairlift.web import complaints
from stairlift.web.access.callers import somebody


async def known_parameters(request: Request) -> None:
    """A dependency of every route. UsageError (request.unknown_parameter).

    It comes before all others: where somebody has to be let in, the complaint waits until that is done.
    """
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    needed = tuple(_below(route.dependant))
    strange = set(request.query_params) - (known := {field.alias for one in needed for field in one.query_params})
    if strange:
        complaints.keep(request, _unknown(min(strange), sorted(known)))
    if all(one.call is not somebody for one in needed):
        complaints.demand_none(request)


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
