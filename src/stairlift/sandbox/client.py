"""The sandbox from outside: what tests, the demo and rehearsals do to a cloud that runs, over its own interface."""

import http.client
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import yaml

from stairlift.model.errors import StairliftError
from stairlift.sandbox.api.tokens import PASSWORD, PROJECT_NAME

CLOUD_NAME = "sandbox"
_ASK_SECONDS = 120.0


class SandboxError(StairliftError):
    """The sandbox refused what it was asked to do; `status` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(code="sandbox.refused", brief=f"the sandbox answers {status}: {message}")
        self.status = status


class SandboxClient:
    """Speaks to the sandbox at this address. SandboxError where it refuses, OSError where nobody is there."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._address = urlsplit(url).netloc

    @property
    def auth_url(self) -> str:
        """What a client of the cloud takes for its auth_url."""
        return f"{self.url}/identity/v3"

    def clouds_yaml(self, path: Path, *, interface: str = "internal", user: str = "admin") -> Path:
        """Write a clouds.yaml whose only cloud, `sandbox`, is this one."""
        auth = {
            "auth_url": self.auth_url,
            "username": user,
            "password": PASSWORD,
            "project_name": PROJECT_NAME,
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        }
        region = self.state()["region"]
        cloud = {"auth": auth, "region_name": region, "interface": interface, "identity_api_version": "3"}
        path.touch(mode=0o600)
        path.write_text(yaml.safe_dump({"clouds": {CLOUD_NAME: cloud}}), encoding="utf-8")
        return path

    @property
    def haproxy(self) -> str:
        """The stats page of the load balancer, as a source is told of it."""
        return f"haproxy:{self.url}/_sandbox/haproxy;csv"

    def haproxy_says(self, command: str) -> str:
        """What the load balancer's runtime socket answers to a line."""
        return str(self._ask("POST", "haproxy", {"command": command})["answer"])

    def end_fault(self, number: int) -> None:
        """End one fault."""
        self._ask("DELETE", f"faults/{number}")

    def wait_until_up(self, seconds: float) -> None:
        """Wait until the sandbox answers; OSError when it does not in time."""
        end = time.monotonic() + seconds
        while True:
            try:
                self.state()
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)
            else:
                return

    def state(self) -> dict[str, Any]:
        """Which program runs which release where, and how far the databases are."""
        return self._ask("GET", "state")

    def log(self) -> list[dict[str, Any]]:
        """The requests that the cloud's APIs have seen, oldest first."""
        return list(self._ask("GET", "log")["requests"])

    def events(self) -> list[dict[str, Any]]:
        """What was done to the cloud, oldest first."""
        return list(self._ask("GET", "events")["events"])

    def stop(self, host: str, binary: str) -> None:
        """End a program."""
        self._program(host, binary, "stop")

    def start(self, host: str, binary: str, *, wait: bool = True) -> None:
        """Start a program."""
        self._program(host, binary, "start", wait=wait)

    def restart(self, host: str, binary: str, *, wait: bool = True) -> None:
        """End a program and start it again."""
        self._program(host, binary, "restart", wait=wait)

    def upgrade(self, host: str, binary: str, to: str, *, wait: bool = True) -> None:
        """Replace a program by that of another release."""
        self._program(host, binary, "upgrade", wait=wait, to=to)

    def _program(self, host: str, binary: str, action: str, **body: object) -> None:
        self._ask("POST", f"hosts/{host}/programs/{binary}/{action}", body)

    def step(self, host: str, action: str, **body: object) -> dict[str, Any]:
        """All that one step of a plan asks of a host: action upgrade, unpin, db-expand, db-migrate or db-contract."""
        return self._ask("POST", f"hosts/{host}/steps", {"action": action, **body})

    def database(self, project: str, step: str, to: str) -> None:
        """Expand, migrate or contract a project's database."""
        self._ask("POST", f"db/{project}/{step}", {"to": to})

    def fault(self, kind: str, **body: object) -> int:
        """Make a fault, of the kinds that api/disasters.py tells, and say its id."""
        return int(self._ask("POST", "faults", {"kind": kind, **body})["id"])

    def clear_faults(self) -> None:
        """End all faults."""
        self._ask("DELETE", "faults")

    def advance(self, seconds: float) -> None:
        """Put the cloud's clock forward."""
        self._ask("POST", "clock", {"advance": seconds})

    def expire_tokens(self) -> None:
        """Let every token that was given out expire now."""
        self._ask("POST", "tokens/expire")

    def _ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection(self._address, timeout=_ASK_SECONDS)
        try:
            connection.request(method, f"/_sandbox/{path}", orjson.dumps(body) if body is not None else None)
            response = connection.getresponse()
            document = orjson.loads(response.read() or b"{}")
        finally:
            connection.close()
        if response.status >= 400:
            raise SandboxError(response.status, document.get("error", {}).get("message", ""))
        return dict(document)
