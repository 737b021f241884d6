"""What all the APIs have in common on the wire: JSON bodies, errors in each project's form, times, microversions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from stairlift.sandbox.versions import Microversion, text
from stairlift.sandbox.versions import microversion as parsed
from stairlift.sandbox.world.hearing import Key

_NOVA_FAULTS = {
    400: "badRequest",
    401: "unauthorized",
    403: "forbidden",
    404: "itemNotFound",
    405: "badMethod",
    409: "conflictingRequest",
    429: "overLimit",
    413: "overLimit",
    501: "notImplemented",
    503: "serviceUnavailable",
}
_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    409: "Conflict",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class HttpFault(Exception):
    """An answer other than success; the service that is asked gives it its form."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class Backend:
    """The process behind the load balancer that answers a request; `key` is its host and program."""

    host: str
    maximum: Microversion
    key: Key


def answer(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer; bytes are a body that is JSON already."""
    body = document if isinstance(document, bytes) else orjson.dumps(document)
    return Response(body, status, headers=headers, media_type="application/json")


def fault(service: str, status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """An error answer in the form of that service (first path segment)."""
    title = _TITLES.get(status, "Error")
    if status == 401:
        service = "identity"
    error = {"code": status, "title": title, "message": message}
    documents: dict[str, Any] = {
        "compute": {_NOVA_FAULTS.get(status, "computeFault"): {"code": status, "message": message}},
        "volume": {_NOVA_FAULTS.get(status, "computeFault"): {"code": status, "message": message}},
        "network": {"NeutronError": {"type": title.replace(" ", ""), "message": message, "detail": ""}},
        "placement": {"errors": [{"status": status, "title": title, "detail": message}]},
    }
    return answer(documents.get(service, {"error": error}), status, headers)


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON object of a request, {} where it has no body; HttpFault 400 where it is anything else."""
    raw = await request.body()
    try:
        document = orjson.loads(raw or b"{}")
    except orjson.JSONDecodeError as error:
        raise HttpFault(400, f"Malformed request body: {error}") from error
    if not isinstance(document, dict):
        raise HttpFault(400, "Malformed request body: an object is expected")
    return document


def base_of(request: Request) -> str:
    """The address under which the client reached the cloud, with the interface's prefix and no slash at the end."""
    prefix = request.scope.get("sandbox.prefix", "")
    return f"http://{request.headers.get('host', 'localhost')}{prefix}"


def backend_of(request: Request) -> Backend:
    """The process that answers this request."""
    backend = request.scope["sandbox.backend"]
    if not isinstance(backend, Backend):
        raise TypeError("the request did not pass the load balancer")
    return backend


def microversion(request: Request, service_type: str, lowest: Microversion, legacy: str | None = None) -> Microversion:
    """The microversion that the client asks for; HttpFault 400 for nonsense, 406 for one that the backend lacks."""
    asked = next((w.split()[-1] for w in _asked(request) if w.split() and w.split()[0] == service_type), None)
    asked = asked or (request.headers.get(legacy) if legacy else None)
    highest = backend_of(request).maximum
    if asked is None:
        return lowest
    if asked == "latest":
        return highest
    try:
        wanted = parsed(asked)
    except ValueError as error:
        raise HttpFault(400, f"API Version String {asked} is of invalid format.") from error
    if not lowest <= wanted <= highest:
        limits = f"Minimum is {text(lowest)} and maximum is {text(highest)}."
        raise HttpFault(406, f"Version {asked} is not supported by the API. {limits}")
    return wanted


def _asked(request: Request) -> list[str]:
    return request.headers.get("openstack-api-version", "").split(",")


def nova_microversion(request: Request) -> Microversion:
    """The microversion of a request to Nova, by the header of today or by the one of before Newton."""
    return microversion(request, "compute", (2, 1), "x-openstack-nova-api-version")


def nova_answer(body: bytes, version: Microversion, status: int = 200) -> Response:
    """A JSON answer of Nova, which says the microversion that it was made for."""
    return answer(
        body,
        status,
        {
            "OpenStack-API-Version": f"compute {text(version)}",
            "X-OpenStack-Nova-API-Version": text(version),
            "Vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version",
        },
    )
