"""Keystone: tokens by password, token or application credential, the catalog, services and endpoints."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stairlift.sandbox.api.access import authenticated, unauthorised
from stairlift.sandbox.api.catalog import Catalog
from stairlift.sandbox.api.people import People
from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.tokens import (
    APPLICATION_CREDENTIAL,
    LIFETIME,
    PASSWORD,
    PROJECT_ID,
    PROJECT_NAME,
    USERS,
    Token,
    User,
    catalog_id,
    new_id,
)
from stairlift.sandbox.api.wire import HttpFault, answer, backend_of, base_of, body_of
from stairlift.sandbox.times import keystone_time
from stairlift.sandbox.versions import text

DOMAIN = {"id": "default", "name": "Default"}


class Identity:
    """The handlers of /identity."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self._catalog = Catalog(sim)
        self._people = People(sim)

    def routes(self) -> list[Route]:
        """What is answered."""
        return [
            Route("/identity", self.versions),
            Route("/identity/v3", self.version),
            Route("/identity/v3/auth/tokens", self.issue, methods=["POST"]),
            Route("/identity/v3/auth/tokens", self.validate, methods=["GET", "HEAD"]),
            Route("/identity/v3/auth/tokens", self.revoke, methods=["DELETE"]),
            Route("/identity/v3/auth/catalog", self.list_of("catalog", self._catalog.catalog)),
            Route("/identity/v3/auth/projects", self.list_of("projects", lambda _: [_project()])),
            Route("/identity/v3/projects", self.list_of("projects", self._people.projects)),
            Route("/identity/v3/users", self.list_of("users", self._people.users)),
            Route("/identity/v3/roles", self.list_of("roles", self._people.roles)),
            Route("/identity/v3/role_assignments", self.list_of("role_assignments", self._people.assignments)),
            Route("/identity/v3/projects/{id}", self.project),
            Route("/identity/v3/services", self.list_of("services", self._catalog.services)),
            Route("/identity/v3/services/{id}", self.service),
            Route("/identity/v3/endpoints", self.list_of("endpoints", self._catalog.endpoints)),
            Route("/identity/v3/regions", self.list_of("regions", lambda _: [{"id": self._sim.scenario.region}])),
        ]

    async def versions(self, request: Request) -> Response:
        """GET /identity: the version document, with 300 as Keystone has it."""
        return answer({"versions": {"values": [self._version(request)]}}, 300)

    async def version(self, request: Request) -> Response:
        """GET /identity/v3."""
        return answer({"version": self._version(request)})

    def _version(self, request: Request) -> dict[str, Any]:
        return {
            "id": f"v{text(backend_of(request).maximum)}",
            "status": "stable",
            "updated": "2020-04-07T00:00:00Z",
            "links": [{"rel": "self", "href": f"{base_of(request)}/identity/v3/"}],
            "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
        }

    async def issue(self, request: Request) -> Response:
        """POST /identity/v3/auth/tokens."""
        body = await body_of(request)
        try:
            auth = body["auth"]
            user, methods = self._who(auth["identity"])
            project, system = _scope(auth.get("scope"), methods)
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise HttpFault(400, f"Expecting to find {error} in the request body.") from error
        now = self._sim.now()
        made = Token(new_id(), user, methods, now, now + LIFETIME, project, system)
        token = self._sim.tokens.issue(made)
        return answer(self._document(token, request), 201, {"X-Subject-Token": token.id, "Vary": "X-Auth-Token"})

    def _who(self, identity: Mapping[str, Any]) -> tuple[User, tuple[str, ...]]:
        methods = tuple(identity["methods"])
        known: Mapping[str, Callable[[Mapping[str, Any]], User | None]] = {
            "password": _by_password,
            "token": self._by_token,
            "application_credential": _by_application_credential,
        }
        users = {known[method](identity[method]) if method in known else None for method in methods}
        if len(users) != 1 or None in users:
            raise unauthorised()
        user = users.pop()
        if user is None:
            raise unauthorised()
        return user, methods

    def _by_token(self, given: Mapping[str, Any]) -> User | None:
        token = self._sim.tokens.valid(str(given["id"]), self._sim.now())
        return token.user if token else None

    async def validate(self, request: Request) -> Response:
        """GET /identity/v3/auth/tokens with X-Subject-Token."""
        authenticated(self._sim, request)
        token = self._sim.tokens.valid(request.headers.get("x-subject-token"), self._sim.now())
        if token is None:
            raise HttpFault(404, "Could not recognize the token.")
        return answer(self._document(token, request), 200, {"X-Subject-Token": token.id})

    async def revoke(self, request: Request) -> Response:
        """DELETE /identity/v3/auth/tokens with X-Subject-Token."""
        authenticated(self._sim, request)
        self._sim.tokens.revoke(request.headers.get("x-subject-token", ""))
        return Response(status_code=204)

    async def project(self, request: Request) -> Response:
        """GET /identity/v3/projects/{id}."""
        authenticated(self._sim, request)
        wanted = request.path_params["id"]
        found = next((one for one in self._people.projects(request) if one["id"] == wanted), None)
        if found is None:
            raise HttpFault(404, f"Could not find project: {wanted}.")
        return answer({"project": found})

    async def service(self, request: Request) -> Response:
        """GET /identity/v3/services/{id}."""
        authenticated(self._sim, request)
        found = [one for one in self._catalog.services(request) if one["id"] == request.path_params["id"]]
        if not found:
            raise HttpFault(404, f"Could not find service: {request.path_params['id']}.")
        return answer({"service": found[0]})

    def list_of(
        self, name: str, rows: Callable[[Request], list[dict[str, Any]]]
    ) -> Callable[[Request], Any]:  # Starlette's own type for handlers is this wide
        """A handler that lists something, filtered by what the query says of its fields."""

        async def handler(request: Request) -> Response:
            authenticated(self._sim, request)
            found = [row for row in rows(request) if all(row.get(k, v) == v for k, v in request.query_params.items())]
            return answer({name: found, "links": {"self": str(request.url), "next": None, "previous": None}})

        return handler

    def _document(self, token: Token, request: Request) -> dict[str, Any]:
        document: dict[str, Any] = {
            "methods": list(token.methods),
            "user": {"id": token.user.id, "name": token.user.name, "domain": DOMAIN, "password_expires_at": None},
            "audit_ids": [token.id[:22]],
            "issued_at": keystone_time(token.issued_at),
            "expires_at": keystone_time(token.expires_at),
        }
        roles = {"roles": [{"id": catalog_id(f"role/{token.user.role}"), "name": token.user.role}]}
        if token.project:
            document |= roles | {"project": {"id": PROJECT_ID, "name": PROJECT_NAME, "domain": DOMAIN}}
        if token.system:
            document |= roles | {"system": {"all": True}}
        if token.project or token.system:
            document["catalog"] = self._catalog.catalog(request)
        return {"token": document}


def _project() -> dict[str, Any]:
    return {"id": PROJECT_ID, "name": PROJECT_NAME, "domain_id": DOMAIN["id"], "enabled": True, "description": ""}


def _by_password(given: Mapping[str, Any]) -> User | None:
    asked = given["user"]
    user = next((u for u in USERS if asked.get("id") == u.id or (asked.get("name") == u.name and _home(asked))), None)
    return user if user and asked.get("password") == PASSWORD else None


def _by_application_credential(given: Mapping[str, Any]) -> User | None:
    return USERS[0] if (given.get("id"), given.get("secret")) == APPLICATION_CREDENTIAL else None


def _home(asked: Mapping[str, Any]) -> bool:
    """Whether a name is of the only domain there is."""
    domain = asked.get("domain", {})
    return bool(domain.get("id") == DOMAIN["id"] or domain.get("name") == DOMAIN["name"])


def _scope(asked: object, methods: tuple[str, ...]) -> tuple[bool, bool]:
    """Whether a token is for the project or for the system; HttpFault 401 for a project that is not there."""
    if methods == ("application_credential",):
        return True, False
    if asked is None or asked == "unscoped":
        return False, False
    if not isinstance(asked, dict):
        raise HttpFault(400, f"Invalid input for field 'scope': {orjson.dumps(asked).decode()}")
    if "system" in asked:
        return False, True
    project = asked["project"]
    if project.get("id") == PROJECT_ID or (project.get("name") == PROJECT_NAME and _home(project)):
        return True, False
    raise unauthorised()
