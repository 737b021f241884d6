"""The description of the API as OpenAPI 3.1 has it, made of the code; docs/reference/openapi.json is a copy of it."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from stairlift.web.access.open_doors import HEALTH

_ABOUT = (
    "Carries an OpenStack cloud up to the next release while its users keep working. Everything that the commands show "
    "and do is here, under the same words. It only ever grows: readers skip keys that they do not know."
)
_TAGS = {
    "discovery": "What there is",
    "health": "Whether the server works",
    "clouds": "Clouds that are known here",
    "observations": "Looks at clouds",
    "plans": "Plans that are kept here",
    "jobs": "What takes longer than an answer",
    "runs": "Upgrades that were begun",
    "steps": "The steps of a run's plan",
    "attempts": "What was tried at steps",
    "logs": "What attempts printed",
    "events": "What happened",
    "actions": "Telling a run something",
    "availability": "What users of the cloud felt",
    "ledger": "What was changed beside the upgrade",
    "findings": "What a person should know",
    "installed": "Strategies, sources, workers",
    "reports": "What is shown to others, before and after",
    "notices": "What was told to whom",
    "tokens": "Who may use the server",
}
_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "A token: `stairlift token create` makes one."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "stairlift-session",
        "description": "A browser that is signed in.",
    },
}


def described(app: FastAPI) -> dict[str, Any]:
    """The document. Made once; it is the same for whoever asks, and says nothing of where the server is."""
    if app.openapi_schema is None:
        app.openapi_schema = _described(app)
    return app.openapi_schema


def _described(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title="Stairlift", version=app.version, description=_ABOUT, routes=app.routes)
    tags = {tag for _, _, operation in _operations(document) for tag in operation.get("tags", ())}
    document["tags"] = [{"name": name, "description": about} for name, about in _TAGS.items() if name in tags]
    document.setdefault("components", {})["securitySchemes"] = _SCHEMES
    document["security"] = [{name: []} for name in _SCHEMES]
    for path, method, operation in _operations(document):
        operation["operationId"] = _named(path, method, operation)
        operation["responses"].pop("422", None)  # what is wrong with a request is told as every problem is
        if path in HEALTH:
            operation["security"] = []
    for unused in ("HTTPValidationError", "ValidationError"):
        document["components"].get("schemas", {}).pop(unused, None)
    return document


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def _named(path: str, method: str, operation: dict[str, Any]) -> str:
    """What the route was named, else what is done to what, without the parts that are somebody's name."""
    if not operation["operationId"].endswith(f"_{method}"):
        return str(operation["operationId"])
    parts = [part.replace("-", "_") for part in path.split("/") if part and not part.startswith("{") and part != "v1"]
    return "_".join(({"post": "create"}.get(method, method), *parts, *(["one"] if path.endswith("}") else [])))
