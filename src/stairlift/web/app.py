"""The application: every router of the API and of the pages, over one house."""

from fastapi import FastAPI

from stairlift import __version__
from stairlift.web import api, pages
from stairlift.wiring.house import House


def the_app(house: House) -> FastAPI:
    """Everything that is served, for one house."""
    app = FastAPI(
        title="Stairlift",
        version=__version__,
        openapi_url="/v1/openapi.json",
        docs_url=None,  # those pages load scripts from elsewhere
        redoc_url=None,
    )
    app.state.house = house
    for router in (*api.routers(), *pages.routers()):
        app.include_router(router)
    return app
