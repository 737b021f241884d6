"""An HTTP server whose every answer a test writes down, for what the sandbox is too well-behaved to do."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PASSWORD = "correct horse/battery"
PROJECT = "f00dfeed"


@dataclass
class Reply:
    """What a path answers. `announced` is a Content-Length that need not be true; `drip` seconds come between bytes."""

    body: Any = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drip: float = 0.0
    announced: int | None = None
    chunked: bool = False
    date: bool = True

    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def log_message(self, *args):
        pass

    def setup(self):
        super().setup()
        self.server.connections += 1

    def do_GET(self):
        self.server.seen.append((self.command, self.path, dict(self.headers)))
        length = int(self.headers.get("Content-Length") or 0)
        asked = self.rfile.read(length)
        found = self.server.replies.get(self.path.partition("?")[0].rstrip("/") or "/", Reply({}, 404))
        reply = found(self, asked) if callable(found) else found
        time.sleep(reply.delay)
        self._send(reply)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

    def _send(self, reply):
        body = reply.raw()
        self.send_response_only(reply.status)
        if reply.date:
            self.send_header("Date", self.date_time_string())
        sizes = (
            {"Transfer-Encoding": "chunked"} if reply.chunked else {"Content-Length": str(reply.announced or len(body))}
        )
        for name, value in {"Content-Type": "application/json", **sizes, **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if reply.chunked:
            body = b"%x\r\n" % (reply.announced or len(body)) + body
        with suppress(OSError):
            self._write(body, reply.drip)
        if reply.announced or reply.chunked:
            self.close_connection = True

    def _write(self, body, drip):
        if not drip:
            self.wfile.write(body)
        for byte in body if drip else b"":
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(drip)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


class ScriptedCloud:
    """Keystone with a catalog, and whatever else `replies` says. `trap` is the address of a server nobody may ask."""

    def __init__(self, server: _Server, scheme: str = "http"):
        self._server = server
        self.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
        self.replies: dict[str, Reply | Callable[..., Reply]] = server.replies
        self.catalog = [self.service("compute", "/compute/v2.1")]
        self.replies["/v3/auth/tokens"] = lambda handler, asked: self.token(asked)

    @property
    def seen(self) -> list[tuple[str, str, dict[str, str]]]:
        return self._server.seen

    @property
    def connections(self) -> int:
        return self._server.connections

    def paths(self, method: str = "GET") -> list[str]:
        return [path for verb, path, _ in self.seen if verb == method]

    def service(self, kind, path, interfaces=("public", "internal"), region="RegionOne", base=None):
        url = (base or self.url) + path
        endpoints = [{"id": i, "interface": i, "region": region, "region_id": region, "url": url} for i in interfaces]
        return {"id": kind, "type": kind, "name": kind, "endpoints": endpoints}

    def token(self, asked: bytes) -> Reply:
        identity = json.loads(asked)["auth"]["identity"]
        given = identity.get("password", {}).get("user", {}).get("password", PASSWORD)
        if given != PASSWORD:
            return Reply({"error": {"code": 401, "message": f"no, {given} is wrong"}}, 401)
        named = {"id": PROJECT, "name": "admin", "domain": {"id": "default", "name": "Default"}}
        token = {"methods": ["password"], "user": named, "project": named, "roles": [], "catalog": self.catalog}
        times = {"issued_at": "2026-01-01T00:00:00.000000Z", "expires_at": "2099-01-01T00:00:00.000000Z"}
        return Reply({"token": {**token, **times}}, 201, {"X-Subject-Token": f"token-{len(self.seen)}"})

    def credentials(self, **changed: str) -> dict[str, str]:
        """OS_* for this cloud."""
        return {
            "OS_AUTH_URL": f"{self.url}/v3",
            "OS_USERNAME": "admin",
            "OS_PASSWORD": PASSWORD,
            "OS_PROJECT_NAME": "admin",
            "OS_USER_DOMAIN_NAME": "Default",
            "OS_PROJECT_DOMAIN_NAME": "Default",
            "OS_REGION_NAME": "RegionOne",
            "OS_INTERFACE": "internal",
            **changed,
        }


@contextmanager
def scripted_cloud(context=None) -> Iterator[ScriptedCloud]:
    """A running one; `context` is an SSL context to serve HTTPS with."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.replies, server.seen, server.connections = {}, [], 0
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield ScriptedCloud(server, "https" if context else "http")
    finally:
        server.shutdown()
        server.server_close()
