"""What stands before every door: names for requests, limits, headers, and one form for everything that goes wrong."""

from fastapi import Depends, FastAPI

from stairlift.web.access.failures import Failures
from stairlift.web.guarding.bodies import Bodies
from stairlift.web.guarding.doors import Doors
from stairlift.web.guarding.errors import hear
from stairlift.web.guarding.heads import Heads
from stairlift.web.guarding.naming import Naming
from stairlift.web.guarding.origins import Origins
from stairlift.web.guarding.parameters import known_parameters

#: What holds for every route; an application is made with it.
EVERYWHERE = (Depends(known_parameters),)


def guard(app: FastAPI) -> None:
    """Put all of it before an application that is whole otherwise."""
    app.state.failures = Failures()
    hear(app)
    for guardian in (Bodies, Origins, Doors, Naming, Heads):  # each stands before those that were added earlier
        app.add_middleware(guardian)
