"""The world as the house sees it: a cloud's APIs, addresses, shells on hosts, time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from stairlift.model.check import Reply


@dataclass(frozen=True, slots=True)
class Answer:
    """A raw answer as it can be kept in a recording: JSON values by name, and the answering server's clock."""

    documents: Mapping[str, Any]
    cloud_time: datetime | None = None


class CloudClient(Protocol):
    """An authenticated session with one cloud, one region, one interface. All methods raise SourceTrouble."""

    @property
    def cloud_name(self) -> str:
        """How the operator calls the cloud (clouds.yaml), or host name and region of the identity endpoint."""
        ...

    def get(self, service_type: str, path: str, microversion: str | None = None) -> Answer:
        """GET a path below the service's endpoint; the body is the document "body"."""
        ...

    def send(
        self,
        method: Literal["POST", "PUT", "DELETE"],
        service_type: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        microversion: str | None = None,
    ) -> Answer:
        """Change something below the service's endpoint; the body of the answer is the document "body", None if empty.

        Nothing is ever sent twice, but for a 401, which means that nothing was done. What the service refuses is
        SourceTrouble as for `get` (REFUSED for a 400 or 409, with its own message).
        """
        ...

    def catalog(self) -> Answer:
        """The token's catalog, as the document "catalog" (a list of services with their endpoints)."""
        ...

    def versions(self, service_type: str) -> Answer:
        """The version documents of a service, as the document "versions" (keystoneauth's version data)."""
        ...


class UrlReader(Protocol):
    """Public addresses, asked without credentials."""

    def get(self, url: str, *, timeout: float) -> Reply:
        """What answers there: its HTTP status, its JSON, when its certificate ends. Never raises; may block."""
        ...


@dataclass(frozen=True, slots=True)
class RemoteOutput:
    """How a script ended on a host."""

    returncode: int
    out: bytes
    err: str = ""


class Remote(Protocol):
    """A shell on other hosts."""

    def run(self, host: str, script: str, *, timeout: float) -> RemoteOutput:
        """Feed a POSIX shell script to a host, over one connection; `timeout` is in seconds, for all of it.

        Raises SourceTrouble: UNREACHABLE where the host does not answer, TIMEOUT where the script does not end in time,
        DENIED where the host lets nobody in. A script that fails is an output, no trouble.
        """
        ...


class Clock(Protocol):
    """Time, so that tests can make it."""

    def now(self) -> datetime:
        """The time in UTC."""
        ...

    def steady(self) -> float:
        """Seconds on a clock that nobody sets and that goes on while the machine sleeps; from when is no matter."""
        ...

    async def sleep(self, seconds: float) -> None: ...
