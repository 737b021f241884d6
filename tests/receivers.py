"""Those who are told: an HTTP receiver and a mail server on the loopback, each of which can be made to misbehave.

What they take for granted is kept honest by clients that we did not write: requests posts to the one, smtplib speaks to
the other, and tests/contract/test_notifiers.py has the mail taken by the standard library's own server as well.
"""

import json
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import mkdtemp

from operating import until


@dataclass
class Taken:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict:
        return json.loads(self.body)


@dataclass
class Receiver:
    """An HTTP server. It answers with `status` unless `answers` has some left; while it `hangs` it answers nothing."""

    port: int = 0
    status: int = 204
    scheme: str = "http"
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    hangs: bool = False
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/hook/T0P-SECRET"

    def kinds(self) -> list[str]:
        """What it was told, in its order."""
        return [one.json["type"].rpartition(".")[2] for one in list(self.taken)]

    def await_kinds(self, *kinds: str) -> None:
        until(lambda: self.kinds() == list(kinds), 60)

    def take(self, one: Taken) -> tuple[int, dict[str, str], bytes]:
        self.taken.append(one)
        if self.hangs:
            self.over.wait(60)
        return self.answers.pop(0) if self.answers else (self.status, {}, b"")


class _Handler(BaseHTTPRequestHandler):
    server: "_Http"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, headers, text = self.server.receiver.take(Taken(self.path, dict(self.headers), body))
        try:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(text))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)
        except OSError:
            return  # who asked has left

    def log_message(self, *_args) -> None:
        """Nothing goes to the terminal."""


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    receiver: Receiver

    def handle_error(self, *_args) -> None:
        """Somebody broke off in the middle of a handshake."""


@contextmanager
def receiving(*, tls: bool = False) -> Iterator[Receiver]:
    """A receiver that listens."""
    server = _Http(("127.0.0.1", 0), _Handler)
    server.receiver = receiver = Receiver(server.server_address[1], scheme="https" if tls else "http")
    if tls:
        server.socket = own_context().wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.shutdown()
        server.server_close()
        thread.join(10)


@cache
def certificate() -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody trusts who is not told to, and its key."""
    folder = Path(mkdtemp(prefix="stairlift-certificate-"))
    cert, key = folder / "cert.pem", folder / "key.pem"
    names = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    words = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", *names)
    subprocess.run([*words, "-keyout", key, "-out", cert, "-days", "2"], check=True, capture_output=True)
    return cert, key


def own_context() -> ssl.SSLContext:
    """TLS of a server with that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate())
    return context


@dataclass
class MailBox:
    """A mail server. `offers` are its extensions; `refuses` has a code for a word of the protocol."""

    port: int = 0
    offers: tuple[str, ...] = ()
    refuses: dict[str, str] = field(default_factory=dict)
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)
    secured: bool = False


class _Smtp(socketserver.StreamRequestHandler):
    """As much of RFC 5321, 3207 and 4954 as a client needs."""

    server: "_MailServer"

    def handle(self) -> None:
        self._say("220 mail.test ESMTP")
        while line := self.rfile.readline():
            word, _, rest = line.decode().strip().partition(" ")
            if refused := self.server.box.refuses.get(word.upper()):
                self._say(refused)
            elif not self._answered(word.upper(), rest):
                return

    def _answered(self, word: str, rest: str) -> bool:
        box = self.server.box
        match word:
            case "EHLO":
                self._say("\r\n".join(f"250-{offer}" for offer in ("mail.test", *box.offers)) + "\r\n250 HELP")
            case "STARTTLS":
                self._say("220 go on")
                self.request = own_context().wrap_socket(self.request, server_side=True)
                self.setup()
                box.secured = True
            case "AUTH":
                box.signed_in.append(rest.partition(" ")[2])
                self._say("235 welcome")
            case "RCPT":
                box.recipients.append(rest.partition(":")[2].split()[0])
                self._say("250 OK")
            case "DATA":
                self._say("354 go on")
                box.mails.append(message_from_bytes(self._data(), policy=policy.default))
                self._say("250 taken")
            case "QUIT":
                self._say("221 bye")
                return False
            case _:
                self._say("250 OK")
        return True

    def _data(self) -> bytes:
        lines = iter(self.rfile.readline, b".\r\n")
        return b"".join(line.removeprefix(b".") for line in lines)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    box: MailBox

    def handle_error(self, *_args) -> None:
        """A client that does not trust our certificate breaks off."""


@contextmanager
def mail_server(*offers: str) -> Iterator[MailBox]:
    """A mail server that listens."""
    server = _MailServer(("127.0.0.1", 0), _Smtp)
    server.box = box = MailBox(server.server_address[1], offers)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield box
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
