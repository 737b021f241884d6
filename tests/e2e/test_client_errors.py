"""What goes wrong between the command line and a server: one sentence, what to do, the exit code, and no secret."""

import http.server
import socket
import ssl
import threading
from contextlib import contextmanager

import pytest

from houses import a_token
from operating import Operator, in_this_process, sane
from servers import Served, certificate
from stairlift.cli.reaching import HERE_ONLY
from stairlift.client.address import Address
from stairlift.client.connection import Connection
from stairlift.model.errors import StairliftError


@pytest.fixture
def types(tmp_path):
    def typed(*words, **environ):
        return sane(in_this_process(list(words), tmp_path, Operator(tmp_path).environment(**environ)))

    return typed


@contextmanager
def answering(status: int, body: bytes, seconds: float = 0.0, **headers: str):
    """A server that is none of ours: it answers everything with this, after so long."""
    hold = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            hold.wait(seconds)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        hold.set()
        server.shutdown()
        server.server_close()


def test_a_token_that_does_not_hold(types, url):
    answer = types("list", STAIRLIFT_URL=url, STAIRLIFT_TOKEN="stl_wrong")
    assert answer.code == 2
    assert "[access.unknown]" in answer.err
    assert "STAIRLIFT_TOKEN_FILE" in answer.err
    assert "stl_wrong" not in answer.err + answer.out


def test_somebody_who_may_only_read_is_told_which_right_is_missing(types, url, scene):
    token = a_token(scene.house, "read", name="watcher")
    answer = types("pause", scene.run, STAIRLIFT_URL=url, STAIRLIFT_TOKEN=token)
    assert answer.code == 4
    assert "the right to operate" in answer.err
    assert types("token", "list", STAIRLIFT_URL=url, STAIRLIFT_TOKEN=token).code == 4


def test_nobody_listens(types):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        answer = types("status", STAIRLIFT_URL=f"http://127.0.0.1:{port}", STAIRLIFT_TOKEN="stl_secret")
    assert answer.code == 1
    assert f"http://127.0.0.1:{port} cannot be reached: it refuses the connection [client.unreachable]" in answer.err
    assert "stl_secret" not in answer.err


def test_a_server_that_hangs_is_not_waited_for_for_ever(types):
    with answering(200, b"{}", seconds=60) as url:
        answer = types("list", STAIRLIFT_URL=url, STAIRLIFT_TOKEN="stl_t", STAIRLIFT_TIMEOUT="0.5")
    assert answer.code == 1
    assert "did not answer within 0.5 s [client.late]" in answer.err


@pytest.mark.parametrize(("status", "body"), [(200, b"<html>"), (404, b"<html>"), (302, b""), (500, b'{"x": 1}')])
def test_something_else_answers(types, status, body):
    with answering(status, body) as url:
        answer = types("list", STAIRLIFT_URL=url, STAIRLIFT_TOKEN="stl_t")
    assert answer.code == 1
    assert "not as a stairlift server" in answer.err
    assert "[client.answer]" in answer.err


def test_who_has_signed_the_certificate_must_be_known(types, tmp_path):
    chain, key = certificate(tmp_path)
    with Served(Operator(tmp_path), "--tls-cert", chain, "--tls-key", key) as server:
        with server.asks(verify=ssl.create_default_context(cafile=chain)) as client:
            shown = {"STAIRLIFT_URL": server.url, "STAIRLIFT_TOKEN": client.headers["Authorization"].split()[1]}
        assert server.url.startswith("https://")
        known = types("list", **shown, STAIRLIFT_CACERT="chain.pem")
        assert (known.code, known.err) == (0, "there is no run yet\n")
        unknown = types("list", **shown)
        assert (unknown.code, "STAIRLIFT_CACERT names who signed it [client.unreachable]" in unknown.err) == (1, True)
        bare = types("list", **shown | {"STAIRLIFT_URL": server.url.replace("https", "http")})
        assert (bare.code, "[client.unreachable]" in bare.err) == (1, True)


def test_no_proxy_sees_the_token_of_a_server_on_this_machine(types, url, scene):
    token = a_token(scene.house, "read", name="home")
    with answering(200, b"<html>") as proxy:
        ways = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), proxy) | {"NO_PROXY": "", "no_proxy": ""}
        for own in (url, url.replace("127.0.0.1", "localhost")):
            answer = types("list", STAIRLIFT_URL=own, STAIRLIFT_TOKEN=token, **ways)
            assert answer.code == 0, answer.err
        there = types(
            "list", STAIRLIFT_URL="http://upgrades.example.com", STAIRLIFT_TOKEN=token, STAIRLIFT_PLAIN="1", **ways
        )
    assert "[client.answer]" in there.err, "elsewhere a proxy is asked"


def test_a_proxy_answers_in_its_place(types):
    with answering(502, b"<html>") as url:
        answer = types("list", STAIRLIFT_URL=url, STAIRLIFT_TOKEN="stl_t")
    assert answer.code == 1
    assert "a proxy answers in its place, with HTTP 502 [client.unreachable]" in answer.err


def test_a_tag_that_a_proxy_makes_weak_when_it_compresses_is_shown_as_the_server_gave_it():
    with answering(200, b"{}", ETag='W/"seen"') as url:
        assert Connection(Address(url, "stl_t")).tagged("/v1/runs/r/actions") == ({}, '"seen"')


def test_a_tag_that_a_proxy_drops():
    with answering(200, b"{}") as url, pytest.raises(StairliftError, match="whose tag is lost") as lost:
        Connection(Address(url, "stl_t")).tagged("/v1/runs/r/actions")
    assert lost.value.code == "client.answer"


@pytest.mark.parametrize(
    ("environ", "code"),
    [
        ({"STAIRLIFT_URL": "upgrades.example.com"}, "client.url"),
        ({"STAIRLIFT_URL": "ftp://127.0.0.1"}, "client.url"),
        ({"STAIRLIFT_URL": "https://ada:secret@upgrades.example.com"}, "client.url"),
        ({"STAIRLIFT_URL": "http://[::1"}, "client.url"),
        ({"STAIRLIFT_URL": "http://127.0.0.1:99999"}, "client.url"),
        ({"STAIRLIFT_URL": "http://upgrades.example.com"}, "client.plain"),
        ({"STAIRLIFT_URL": "http://127.0.0.1:1", "STAIRLIFT_TOKEN": ""}, "client.token"),
        ({"STAIRLIFT_URL": "http://127.0.0.1:1", "STAIRLIFT_TOKEN": "two words"}, "client.token"),
        ({"STAIRLIFT_URL": "http://127.0.0.1:1", "STAIRLIFT_TOKEN": "", "STAIRLIFT_TOKEN_FILE": "no"}, "client.token"),
        ({"STAIRLIFT_URL": "https://127.0.0.1:1", "STAIRLIFT_CACERT": "no.pem"}, "client.cacert"),
        ({"STAIRLIFT_URL": "http://127.0.0.1:1", "STAIRLIFT_TIMEOUT": "soon"}, "client.timeout"),
    ],
)
def test_what_was_set_is_judged_before_anything_is_sent(types, environ, code):
    answer = types("list", **({"STAIRLIFT_TOKEN": "stl_t"} | environ))
    assert answer.code == 2
    assert f"[{code}]" in answer.err
    assert "secret" not in answer.err


def test_a_token_in_a_file_and_a_plain_network_that_is_ones_own(types, url, scene, tmp_path):
    (tmp_path / "token").write_text(a_token(scene.house, "read", name="file") + "\n")
    assert types("list", STAIRLIFT_URL=f"{url}/v1/", STAIRLIFT_TOKEN_FILE="token").code == 0
    other = url.replace("127.0.0.1", "localhost")
    assert types("list", STAIRLIFT_URL=other, STAIRLIFT_TOKEN_FILE="token").code == 0


@pytest.mark.parametrize("command", sorted(HERE_ONLY))
def test_what_works_on_this_machine_says_so_and_does_nothing(types, command, tmp_path):
    needed = {"worker": ["--queue", "q"], "guard": ["--", "touch", "done"]}
    answer = types(*command.split(), *needed.get(command, []), STAIRLIFT_URL="https://upgrades.example.com")
    assert answer.code == 2
    assert "[client.here_only]" in answer.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "words",
    [
        ["discover", "--save", "answers"],
        ["notices", "--test", "mail"],
    ],
)
def test_so_do_options_that_no_server_takes(types, url, scene, words):
    token = a_token(scene.house, name="all")
    answer = types(*words, STAIRLIFT_URL=url, STAIRLIFT_TOKEN=token)
    assert answer.code == 2
    assert "[client.here_only]" in answer.err
