"""The application: every router of the API and of the pages, over one house."""

from fastapi import FastAPI

from stairlift import __version__
from stairlift.web import api, pages
from stairlift.web.guarding import EVERYWHERE, guard
from stairlift.web.problems import DESCRIBED
from stairlift.wiring.server.house import House


def the_app(house: House) -> FastAPI:
    """Everything that is served, for one house."""
    app = FastAPI(
        title="Stairlift",
        version=__version__,
        openapi_url=None,  # nobody is told of it without a token: web/api/discovery.py
        docs_url=None,  # those pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,  # an address has one name
        dependencies=EVERYWHERE,
        responses=DESCRIBED,
    )
    app.state.house = house
    for router in (*api.routers(), *pages.routers()):
        app.include_router(router)
    guard(app)
    return app
