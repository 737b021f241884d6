"""Public addresses: real servers on the loopback, with and without TLS, and nobody at all."""

import socket
import ssl
import subprocess
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from stairlift.model.errors import Trouble
from stairlift.openstack.urls import PublicUrls


class Answers(BaseHTTPRequestHandler):
    status, body = 200, b'{"versions": []}'

    def do_GET(self):
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_):
        pass


@contextmanager
def a_server(certificate=None, **given):
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Given", (Answers,), given))
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def a_certificate(folder, days: float):
    """A certificate for the loopback, signed by itself, that ends in so many days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lab")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    words = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "lab.pem"
    file.write_bytes(key.private_bytes(*words) + made.public_bytes(serialization.Encoding.PEM))
    return file


def get(url, authorities=None):
    return PublicUrls(authorities).get(url, timeout=20)


@pytest.mark.parametrize(
    ("status", "body"), [(200, {"versions": []}), (300, {"versions": []}), (503, {"versions": []})]
)
def test_the_status_and_the_json_of_whoever_answers(status, body):
    with a_server(status=status) as port:
        reply = get(f"http://127.0.0.1:{port}/")
    assert (reply.returncode, reply.body, reply.trouble, reply.expires) == (status, body, None, None)


def test_what_is_no_json_is_no_trouble():
    with a_server(body=b"<html>") as port:
        assert get(f"http://127.0.0.1:{port}/").body is None


def test_when_the_certificate_ends(tmp_path):
    file = a_certificate(tmp_path, 5)
    with a_server(file) as port:
        reply = get(f"https://127.0.0.1:{port}/", str(file))
    assert reply.returncode == 200
    assert timedelta(days=4) < reply.expires - datetime.now(UTC) < timedelta(days=5)


def test_authorities_may_be_a_folder(tmp_path):
    """As OpenSSL wants it: each under the hash of its name."""
    file = a_certificate(tmp_path, 5)
    hashed = ["openssl", "x509", "-noout", "-subject_hash", "-in", str(file)]
    name = subprocess.run(hashed, capture_output=True, text=True, check=True).stdout.strip()
    (tmp_path / f"{name}.0").symlink_to(file)
    with a_server(file) as port:
        assert get(f"https://127.0.0.1:{port}/", str(tmp_path)).detail == ""


def test_one_that_has_ended_is_told_as_such(tmp_path):
    file = a_certificate(tmp_path, -1)
    with a_server(file) as port:
        reply = get(f"https://127.0.0.1:{port}/", str(file))
    assert reply.expires <= datetime.now(UTC)


def test_one_that_nobody_trusts_is_told_and_the_address_asked_all_the_same(tmp_path):
    with a_server(a_certificate(tmp_path, 5)) as port:
        reply = get(f"https://127.0.0.1:{port}/")
    assert reply.returncode == 200
    assert "not trusted" in reply.detail
    assert timedelta(days=4) < reply.expires - datetime.now(UTC) < timedelta(days=5)


def test_one_that_nobody_trusts_and_that_has_ended(tmp_path):
    with a_server(a_certificate(tmp_path, -1)) as port:
        assert get(f"https://127.0.0.1:{port}/").expires <= datetime.now(UTC)


def test_a_server_that_wants_tls_is_asked_by_tls(tmp_path):
    with a_server(a_certificate(tmp_path, 5)) as port:
        assert get(f"http://127.0.0.1:{port}/").returncode == 200


def test_nobody_is_there():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        reply = get(f"http://127.0.0.1:{taken.getsockname()[1]}/")
    assert reply.trouble is Trouble.UNREACHABLE


def test_who_accepts_and_says_nothing():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        reply = PublicUrls().get(f"http://127.0.0.1:{mute.getsockname()[1]}/", timeout=0.2)
    assert reply.trouble is Trouble.TIMEOUT


@pytest.mark.parametrize("url", ["http://", "https://[::1", "nonsense", "http://127.0.0.1:99999/"])
def test_an_address_that_is_none(url):
    assert get(url).trouble is not None
