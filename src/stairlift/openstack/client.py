"""An authenticated session with one cloud: raw JSON in, every failure out as SourceTrouble."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Lock
from time import monotonic
from typing import Any, Literal

import orjson
from keystoneauth1 import exceptions
from keystoneauth1.access import AccessInfo
from keystoneauth1.identity.base import BaseIdentityPlugin
from keystoneauth1.identity.generic.base import BaseGenericPlugin
from keystoneauth1.plugin import BaseAuthPlugin
from keystoneauth1.session import Session
from openstack.config.cloud_region import CloudRegion
from requests import Response

from stairlift.model.errors import SourceTrouble, Trouble, UsageError
from stairlift.openstack.endpoints import (
    Catalog,
    below,
    choose,
    document_urls,
    of_region,
    redirected,
    version_entries,
    without_userinfo,
)
from stairlift.openstack.settings import cloud_region, display_name
from stairlift.openstack.trouble import FAILURES, Discreet, message, of_exception, of_status
from stairlift.ports import Answer

TIMEOUT = 30.0  # seconds, if clouds.yaml gives no api_timeout
_CONNECT = 10.0
_CHUNK = 1 << 20
_REDIRECTS = 3
#: Seconds. Sources are asked side by side, but not at the same instant; what Keystone said a moment ago still holds.
_REFUSED_FOR = 30.0


@dataclass(frozen=True, slots=True)
class _Scope:
    """What a token gives: the project that it is for, and the catalog."""

    project: str | None
    catalog: Catalog


class SessionCloudClient:
    """The CloudClient port on one keystoneauth1 session; safe to use from several threads.

    It goes to the identity service at auth_url and to the catalog's endpoints on the selected interface, nowhere
    else: neither links in version documents nor redirects to other servers are followed. Only a 401 is asked again,
    once, with a new token.

    A `path` is below the versioned endpoint ("/os-services"), however the catalog writes it.
    """

    def __init__(self, region: CloudRegion, *, timeout: float | None = None) -> None:
        self._region = region
        self._timeout = float(timeout or region.config.get("api_timeout") or TIMEOUT)
        self._discreet = Discreet(region.get_auth_args())
        self._session, self._auth = session_of(region, self._timeout)
        self._signing_in = Lock()
        self._refused_at = 0.0
        self._refused: SourceTrouble | None = None

    @classmethod
    def from_config(cls, cloud: str | None = None, *, timeout: float | None = None) -> "SessionCloudClient":
        """The client for a cloud of clouds.yaml, or for OS_CLOUD or OS_*. UsageError where there is none."""
        return cls(cloud_region(cloud), timeout=timeout)

    @property
    def cloud_name(self) -> str:
        return display_name(self._region)

    @property
    def authorities(self) -> str | None:
        """The file of certificates that clouds.yaml trusts beside the system's own."""
        verify, _ = self._region.get_requests_verify_args()
        return verify if isinstance(verify, str) else None

    @property
    def interface(self) -> str:
        """The interface whose endpoints are asked, where nothing else is said of a single service."""
        chosen = self._region.get_interface() or "public"
        return (chosen if isinstance(chosen, str) else chosen[0]).removesuffix("URL")

    def get(self, service_type: str, path: str, microversion: str | None = None) -> Answer:
        return self._ask(self._url(service_type, path), _asked("GET", service_type, microversion))

    def send(
        self,
        method: Literal["POST", "PUT", "DELETE"],
        service_type: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        microversion: str | None = None,
    ) -> Answer:
        told = _asked(method, service_type, microversion)
        return self._ask(self._url(service_type, path), told if body is None else told | {"json": body})

    def _url(self, service_type: str, path: str) -> str:
        scope = self._sign_in()
        return below(self._endpoint(scope.catalog, service_type), path, service_type, scope.project)

    def catalog(self) -> Answer:
        region = self._region.get_region_name() or None
        return Answer({"catalog": of_region(self._sign_in().catalog, region)})

    def versions(self, service_type: str) -> Answer:
        endpoint = self._endpoint(self._sign_in().catalog, service_type)
        trouble = SourceTrouble(Trouble.MALFORMED, f"{without_userinfo(endpoint)} has no version document")
        for url in document_urls(endpoint):
            try:
                answer = self._document(url)
            except SourceTrouble as met:
                if met.trouble in (Trouble.TIMEOUT, Trouble.UNREACHABLE):
                    raise
                trouble = met
                continue
            if entries := version_entries(answer.documents["body"]):
                return Answer({"versions": entries}, answer.cloud_time)
        raise trouble

    def _document(self, url: str) -> Answer:
        """Most version documents are public; a token is shown only where one is asked for."""
        try:
            return self._ask(url, {"method": "GET", "authenticated": False})
        except SourceTrouble as trouble:
            if trouble.trouble is not Trouble.DENIED:
                raise
        return self._ask(url, {"method": "GET", "authenticated": True})

    def _endpoint(self, catalog: Catalog, service_type: str) -> str:
        override = self._region.get_endpoint(service_type)
        if override:
            return override
        region = self._region.get_region_name(service_type) or None
        interfaces = self._region.get_interface(service_type) or "public"
        preferred = [interfaces] if isinstance(interfaces, str) else interfaces
        for interface in preferred[:-1]:
            with suppress(SourceTrouble):
                return choose(catalog, service_type, interface, region)
        return choose(catalog, service_type, preferred[-1], region)

    def _sign_in(self) -> _Scope:
        """What the token gives, fetched once for all threads; a refusal holds for those who ask a moment later, too.

        Five sources that each present a wrong password would lock the account of the operator.
        """
        with self._signing_in:
            if self._refused and monotonic() - self._refused_at < _REFUSED_FOR:
                raise self._refused
            try:
                self._refused = None
                return scope_of(self._auth.get_access(self._session))
            except FAILURES as error:
                self._refused, self._refused_at = self._sign_in_trouble(error), monotonic()
                raise self._refused from None

    def _sign_in_trouble(self, error: Exception) -> SourceTrouble:
        what = f"Keystone at {without_userinfo(str(self._auth.auth_url))}"
        response = getattr(error, "response", None)
        if isinstance(response, Response) and 300 < response.status_code < 400:
            return self._led_away(response, what)
        if isinstance(error, exceptions.HttpError) and error.http_status:
            said = message(response.content) if isinstance(response, Response) else ""
            return of_status(error.http_status, what, self._discreet(said))
        return of_exception(error, what)

    def _ask(self, url: str, asked: Mapping[str, Any]) -> Answer:
        what = without_userinfo(url)
        deadline = monotonic() + self._timeout
        try:
            response, body = self._exchange(url, asked, deadline)
        except SourceTrouble:
            raise
        except exceptions.HttpError as error:  # of the sign-in that a 401 led to
            raise self._sign_in_trouble(error) from None
        except FAILURES as error:
            raise of_exception(error, what) from None
        if 300 < response.status_code < 400:
            raise self._led_away(response, what)
        changing = asked["method"] != "GET"
        if not _is_answer(response.status_code, changing=changing):
            said = self._discreet(message(body), self._token(response))
            raise of_status(response.status_code, what, said, changing=changing)
        document = None if changing and not body else _parsed(body, what, response.status_code)
        return Answer({"body": document}, _date(response.headers.get("Date")))

    def _exchange(self, url: str, asked: Mapping[str, Any], deadline: float) -> tuple[Response, bytes]:
        """One request and its whole body; one that only asks is redirected on the same server, too."""
        for _ in range(_REDIRECTS + 1):
            response = self._session.request(
                url,
                headers={"Accept": "application/json"},
                raise_exc=False,
                log=False,  # which would take the body out of the stream
                stream=True,
                timeout=(min(_CONNECT, self._timeout), self._timeout),
                **asked,
            )
            body = _body(response, deadline)
            location = response.headers.get("Location", "")
            followed = response.is_redirect and asked["method"] == "GET"
            onward = redirected(url, location) if followed else None
            if onward is None:
                break
            url = onward
        return response, body

    def _led_away(self, response: Response, what: str) -> SourceTrouble:
        location = self._discreet(without_userinfo(response.headers.get("Location", "nowhere")))
        brief = f"{what} redirects to {location}, which is not followed"
        return SourceTrouble(Trouble.UNREACHABLE, brief, "Correct the endpoint in the catalog, or auth_url.")

    @staticmethod
    def _token(response: Response) -> str:
        token = response.request.headers.get("X-Auth-Token", "") if response.request else ""
        return token.decode() if isinstance(token, bytes) else token


def _asked(method: str, service_type: str, microversion: str | None) -> dict[str, Any]:
    asked: dict[str, Any] = {"method": method, "authenticated": True}
    if microversion:
        asked |= {"microversion": microversion, "microversion_service_type": service_type}
    return asked


def _is_answer(status: int, *, changing: bool) -> bool:
    return 200 <= status < 300 if changing else status in (200, 300)


def scope_of(access: AccessInfo) -> _Scope:
    """What a token gives; TypeError where its catalog makes no sense."""
    catalog = access.service_catalog.catalog if access.has_service_catalog() else []
    if not isinstance(catalog, list) or not all(isinstance(service, dict) for service in catalog):
        raise TypeError("the catalog is not a list of services")
    return _Scope(access.project_id, catalog)


def session_of(region: CloudRegion, timeout: float) -> tuple[Session, BaseIdentityPlugin]:
    """A session that follows no redirect, and who signs in on it. UsageError for credentials without a catalog."""
    session = region.get_session()
    session.timeout = timeout
    session.redirect = False  # it would carry password and token to other servers
    auth = _pinned(session, region.get_auth())
    session.auth = auth
    return session, auth


def _pinned(session: Session, auth: BaseAuthPlugin | None) -> BaseIdentityPlugin:
    """The plugin bound to Identity v3 at auth_url.

    The generic plugins would look for it in the version document, whose links often name the public address.
    """
    if isinstance(auth, BaseGenericPlugin):
        url = auth.auth_url.rstrip("/").removesuffix("/v2.0")
        auth = auth.create_plugin(session, (3, 0), url)
    if not isinstance(auth, BaseIdentityPlugin):
        raise UsageError(
            code="usage.auth-type",
            brief="This kind of credentials brings no service catalog.",
            resolution="Use a password, a token or an application credential.",
        )
    return auth


def _body(response: Response, deadline: float) -> bytes:
    """The whole body; TimeoutError where it drips in for longer than allowed."""
    chunks = []
    with response:
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            if monotonic() > deadline:
                raise TimeoutError
            chunks.append(chunk)
    return b"".join(chunks)


def _parsed(body: bytes, what: str, status: int) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        brief = f"{what} gave {len(body)} bytes that are not a whole JSON document"
        raise SourceTrouble(Trouble.MALFORMED, brief, str(error), status=status) from None


def _date(header: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(header).astimezone(UTC) if header else None
    except ValueError:
        return None
