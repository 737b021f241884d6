"""A user of a cloud as a program has one: tokens, the addresses of the catalog, and how certificates are checked.

For whoever sends its requests by itself, as the availability meter does: the credentials stay in here.
"""

import os
from dataclasses import dataclass
from datetime import datetime

from keystoneauth1 import exceptions
from openstack.config.cloud_region import CloudRegion
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from stairlift.model.errors import SourceTrouble
from stairlift.openstack.client import scope_of, session_of
from stairlift.openstack.endpoints import Catalog, below, choose, without_userinfo
from stairlift.openstack.settings import cloud_region, display_name
from stairlift.openstack.trouble import FAILURES, of_exception, of_status

#: What names the authorities for every program that asks by way of requests.
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass(frozen=True, slots=True)
class Ticket:
    """A token, when it expires (None: not in sight), and what it gives: a project and the catalog."""

    token: str
    expires_at: datetime | None
    project: str | None
    catalog: Catalog


@dataclass(frozen=True, slots=True)
class Certificates:
    """How the other side proves itself: whether at all, by which authorities (a file or a folder), and we by what."""

    verify: bool = True
    authorities: str | None = None
    own: str | tuple[str, str] | None = None


class CloudUser:
    """Signs in anew each time that it is asked to. `timeout` is in seconds; `interface` is that of the catalog."""

    def __init__(self, region: CloudRegion, *, interface: str, timeout: float) -> None:
        self._region = region
        self._interface = interface
        self._session, self._auth = session_of(region, timeout)
        self._session.additional_headers["Connection"] = "close"  # each time as a program that has just been started

    @classmethod
    def from_config(cls, cloud: str | None, *, interface: str, timeout: float) -> "CloudUser":
        """The user of a cloud of clouds.yaml, or of OS_CLOUD or OS_*. UsageError where there is none."""
        return cls(cloud_region(cloud), interface=interface, timeout=timeout)

    @property
    def cloud_name(self) -> str:
        """How the operator calls the cloud."""
        return display_name(self._region)

    @property
    def auth_url(self) -> str:
        """Where tokens are made, as it may be shown and written down."""
        return without_userinfo(str(self._auth.auth_url)).rstrip("/")

    def sign_in(self) -> Ticket:
        """A new token. Raises SourceTrouble; nothing is tried again."""
        try:
            access = self._auth.get_auth_ref(self._session)
            scope = scope_of(access)
        except FAILURES as error:
            raise self._trouble(error) from error
        return Ticket(str(access.auth_token), access.expires, scope.project, scope.catalog)

    def _trouble(self, error: Exception) -> SourceTrouble:
        what = f"Keystone at {self.auth_url}"
        if isinstance(error, exceptions.HttpError) and error.http_status:
            return of_status(error.http_status, what, "")
        return of_exception(error, what)

    def url(self, ticket: Ticket, service: str, path: str) -> str:
        """The address of a path of an API, on our interface. Raises SourceTrouble as `choose` does."""
        region = self._region.get_region_name(service) or None
        endpoint = choose(ticket.catalog, service, self._interface, region)
        return without_userinfo(below(endpoint, path, service, ticket.project))

    def certificates(self) -> Certificates:
        """How certificates are checked: as clouds.yaml has it, or else as the session's own library does."""
        verify, own = self._region.get_requests_verify_args()
        told = next((found for name in _BUNDLES if (found := os.environ.get(name))), DEFAULT_CA_BUNDLE_PATH)
        authorities = verify if isinstance(verify, str) else told if verify else None
        return Certificates(bool(verify), authorities, own)
