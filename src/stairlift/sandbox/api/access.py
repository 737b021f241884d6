"""Who may ask: a valid token for everything, an administrator of the project for the registries."""

from starlette.requests import Request

from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.tokens import Token
from stairlift.sandbox.api.wire import HttpFault


def unauthorised() -> HttpFault:
    """The answer to a request without a valid token."""
    return HttpFault(
        401,
        "The request you have made requires authentication.",
        {"WWW-Authenticate": 'Keystone uri="/identity"'},
    )


def authenticated(sim: Simulation, request: Request) -> Token:
    """The token of a request; HttpFault 401 if it has none, or one that is unknown or has expired."""
    token = sim.tokens.valid(request.headers.get("x-auth-token"), sim.now())
    if token is None:
        raise unauthorised()
    return token


def administrator(sim: Simulation, request: Request) -> Token:
    """The token of an administrator of the project; HttpFault 401, or 403 for anybody else."""
    token = authenticated(sim, request)
    if not token.admin:
        raise HttpFault(403, f"Policy doesn't allow {request.url.path} to be performed.")
    return token
