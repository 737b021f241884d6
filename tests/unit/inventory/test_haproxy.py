"""HAProxy's statistics: where they come from, what they mean, and which backends are asked."""

import http.server
import json
import socket
import ssl
import subprocess
import threading
from contextlib import contextmanager

import pytest

from stairlift.inventory import haproxy_stats
from stairlift.inventory.context import SourceContext
from stairlift.inventory.haproxy import HAProxyInventory, Where
from stairlift.inventory.haproxy_versions import version_document
from stairlift.model.errors import SourceTrouble, Trouble, UsageError
from stairlift.model.observation import ApiVersion, BackendRecord
from stairlift.openstack.endpoints import host_and_port
from stairlift.ports import RemoteOutput

COLUMNS = "# pxname,svname,qcur,status,weight,type,check_status,addr,mode,"
ROWS = """\
nova_api,FRONTEND,,OPEN,,0,,,http,
nova_api,ctl1,0,UP,1,2,L7OK,192.0.2.1:8774,http,
nova_api,ctl2,0,DOWN,1,2,L4CON,[fd00::2]:8774,http,
nova_api,BACKEND,0,UP,1,1,,,http,
mariadb,ctl1,0,UP,1,2,L7OK,192.0.2.1:3306,tcp,
web,ctl1,0,no check,1,2,,192.0.2.1:9292,http,
grafana,ctl1,0,UP,1,2,L7OK,192.0.2.1:3000,http,
tcp_9696,ctl1,0,UP,1,2,L4OK,192.0.2.1:9696,tcp,
"""
STATS = f"{COLUMNS}\n{ROWS}\n"
NOVA = {"versions": [{"id": "v2.1", "status": "CURRENT", "version": "2.100", "min_version": "2.1"}]}


def context(remote=None, **given):
    return SourceContext(client=lambda: 1 / 0, **given, **({"remote": lambda: remote} if remote else {}))


def inventory(text=STATS, ask=None, place="/x"):
    return HAProxyInventory(Where(place), lambda: text, ask or (lambda host, port: {"trouble": "not asked"}))


def backends(text=STATS):
    source = inventory(text)
    return [fact for fact in source.read(source.fetch()) if isinstance(fact, BackendRecord)]


def backend(status, check=""):
    (one,) = backends(f"{COLUMNS}\nnova_api,ctl1,0,{status},1,2,{check},192.0.2.1:8774,http,\n")
    return one.state, one.status


# What a row means


def test_servers_are_backends_and_the_sections_own_rows_are_not():
    first, second, database, web, grafana, tcp = backends()
    assert first == BackendRecord("nova_api", "ctl1", "192.0.2.1", "nova-api", "up", "enabled", 8774)
    assert (second.address, second.state) == ("fd00::2", "down")
    assert database.binary == "mariadb"
    assert (web.binary, web.by_port, web.state) == ("glance-api", True, "unknown")
    assert grafana.binary is None
    assert tcp.binary is None, "a port tells nothing of what is not HTTP"


@pytest.mark.parametrize(
    ("status", "check", "told"),
    [
        ("UP", "L7OK", ("up", "enabled")),
        ("UP 1/3", "L4TOUT", ("up", "enabled")),
        ("NOLB", "L7OKC", ("up", "enabled")),
        ("DOWN", "L4CON", ("down", "enabled")),
        ("DOWN 1/2", "L7OK", ("down", "enabled")),
        ("DOWN (agent)", "", ("down", "enabled")),
        ("MAINT", "", ("unknown", "disabled")),
        ("MAINT (via nova_api/ctl1)", "", ("unknown", "disabled")),
        ("DRAIN", "L7OK", ("up", "disabled")),
        ("DRAIN", "L4CON", ("unknown", "disabled")),
        ("no check", "", ("unknown", "enabled")),
    ],
)
def test_the_states_of_servers(status, check, told):
    assert backend(status, check) == told


@pytest.mark.parametrize("address", ["", "unix", "(error)", "/run/api.sock"])
def test_a_server_without_an_address_keeps_its_name(address):
    """A socket of level user tells none."""
    (one,) = backends(f"{COLUMNS}\nnova_api,ctl1,0,UP,1,2,,{address},http,\n")
    assert (one.server, one.address, one.port) == ("ctl1", "", None)


def test_columns_may_be_many_and_in_any_order():
    (one,) = backends("# status,svname,new,pxname,\nUP,ctl1,7,keystone_internal_back,\n\n")
    assert (one.binary, one.server) == ("keystone", "ctl1")


@pytest.mark.parametrize("text", ["", "Permission denied\n", "root:x:0:0:secret\n", "<html>401</html>", "# a,b\n1,2\n"])
def test_what_are_no_statistics_is_told_without_being_quoted(text):
    with pytest.raises(SourceTrouble) as caught:
        inventory(text).fetch()
    assert caught.value.trouble is Trouble.MALFORMED
    assert "secret" not in caught.value.brief


def test_no_server_at_all_is_empty():
    source = inventory(COLUMNS + "\n")
    with pytest.raises(SourceTrouble) as caught:
        source.read(source.fetch())
    assert caught.value.trouble is Trouble.EMPTY


# The words of the SPEC


@pytest.mark.parametrize(
    ("argument", "place", "versions"),
    [
        ("/run/haproxy.sock", "/run/haproxy.sock", True),
        ("stats.csv?versions=no", "stats.csv", False),
        ("ssh://root@lb1:2222/run/h.sock?versions=yes", "ssh://root@lb1:2222/run/h.sock", True),
        ("https://lb1/stats;csv", "https://lb1/stats;csv", True),
    ],
)
def test_places_and_whether_backends_are_asked(argument, place, versions):
    assert Where.of(argument) == Where(place, versions=versions)


@pytest.mark.parametrize(
    ("argument", "code"),
    [
        ("", "usage.haproxy-spec"),
        ("x?versions=perhaps", "usage.haproxy-spec"),
        ("/no/such/socket", "usage.haproxy-path"),
        ("ssh://lb1", "usage.haproxy-path"),
        ("ssh:///run/x", "usage.haproxy-path"),
        ("ssh://-oProxyCommand=x/run/x", "usage.haproxy-path"),
        ("ssh://lb1:x/run/x", "usage.haproxy-path"),
        ("http://admin:secret@lb1/stats;csv", "usage.haproxy-password"),
        ("ssh://root:secret@lb1/run/x", "usage.haproxy-password"),
    ],
)
def test_a_wrong_place_is_refused_without_repeating_a_secret(argument, code):
    with pytest.raises(UsageError) as refused:
        HAProxyInventory.from_spec(argument, context())
    assert refused.value.code == code
    assert "secret" not in refused.value.brief


def test_a_reader_of_a_recording_needs_no_file_and_no_host():
    reader = HAProxyInventory.from_spec("/gone?versions=no", SourceContext(client=lambda: 1 / 0, live=False))
    live = inventory()
    assert reader.name == "haproxy:/gone"
    assert reader.read(live.fetch()) == live.read(live.fetch())


# Where statistics come from


@contextmanager
def haproxy_socket(path, answer=STATS):
    """A unix socket that answers `show stat` as HAProxy does: one command, the answer, the end."""
    asked = []
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def serve():
            connection, _ = server.accept()
            with connection:
                asked.append(connection.recv(100))
                connection.sendall(answer.encode())

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield asked
        thread.join(5)


def test_a_file_and_a_socket_tell_the_same(tmp_path):
    (tmp_path / "stats.csv").write_text(STATS)
    by_file = HAProxyInventory.from_spec(f"{tmp_path}/stats.csv?versions=no", context())
    with haproxy_socket(tmp_path / "haproxy.sock") as asked:
        by_socket = HAProxyInventory.from_spec(f"{tmp_path}/haproxy.sock?versions=no", context())
        assert by_socket.fetch() == by_file.fetch()
    assert asked == [b"show stat\n"]


class LocalShell:
    """A Remote that feeds the script to a shell of this machine. tests/real/test_haproxy.py does so over SSH."""

    def __init__(self, path=None):
        self._environ = {"PATH": path} if path else None
        self.hosts = []

    def run(self, host, script, *, timeout):
        self.hosts.append(host)
        done = subprocess.run(
            ["/bin/sh", "-s"],
            input=script.encode(),
            capture_output=True,
            timeout=timeout,
            check=False,
            env=self._environ,
        )
        return RemoteOutput(done.returncode, done.stdout, done.stderr.decode())


def over_ssh(path, shell, host="lb1"):
    return HAProxyInventory.from_spec(f"ssh://{host}{path}?versions=no", context(shell))


@pytest.mark.parametrize("programs", [("python3",), ("python3", "socat")])
def test_another_host_is_asked_with_what_it_has(tmp_path, programs):
    """By socat where there is one, else by Python."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "python3").symlink_to("/usr/bin/python3")
    if "socat" in programs:  # as much of socat as the script asks for
        (tools / "socat").write_text(f'#!/bin/sh\nexec /usr/bin/python3 {tmp_path}/socat.py "${{4#UNIX-CONNECT:}}"\n')
        (tools / "socat").chmod(0o755)
        (tmp_path / "socat.py").write_text(
            "import socket, sys\ns = socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\n"
            "s.sendall(sys.stdin.buffer.read())\n"
            "sys.stdout.write(''.join(iter(lambda: s.recv(9999).decode(), '')))\n"
        )
    shell = LocalShell(str(tools))
    with haproxy_socket(tmp_path / "h a.sock") as asked:
        source = over_ssh(f"{tmp_path}/h a.sock", shell)
        assert len(source.read(source.fetch())) == 6
    assert asked == [b"show stat\n"]
    assert shell.hosts == ["lb1"]


def test_a_port_of_ssh_stays_with_its_host(tmp_path):
    (tmp_path / "stats.csv").write_text(STATS)
    shell = LocalShell()
    over_ssh(f"{tmp_path}/stats.csv", shell, "root@lb1:2222").fetch()
    assert shell.hosts == ["ssh://root@lb1:2222"]


def test_a_socket_that_is_not_there_over_ssh():
    with pytest.raises(SourceTrouble) as caught:
        over_ssh("/no/such.sock", LocalShell()).fetch()
    assert caught.value.trouble is Trouble.UNREACHABLE


def test_a_socket_that_nobody_serves(tmp_path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "x"))
    with pytest.raises(SourceTrouble) as caught:
        HAProxyInventory.from_spec(str(tmp_path / "x"), context()).fetch()
    assert caught.value.trouble is Trouble.UNREACHABLE


def test_a_socket_that_says_nothing_is_not_waited_for_long(tmp_path, monkeypatch):
    monkeypatch.setattr(haproxy_stats, "SECONDS", 0.1)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "x"))
        server.listen()
        with pytest.raises(SourceTrouble) as caught:
            HAProxyInventory.from_spec(str(tmp_path / "x"), context()).fetch()
    assert caught.value.trouble is Trouble.TIMEOUT


# Backends and the stats page over HTTP


@contextmanager
def web(answer, tls=None):
    """A server that gives `answer(path, headers)` -> (status, body); yields its port and what it was asked."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, dict(self.headers)))
            status, body = answer(self.path, self.headers)
            self.send_response(status)
            if status == 401:
                self.send_header("WWW-Authenticate", 'Basic realm="stats"')
            if status == 302:
                self.send_header("Location", "http://192.0.2.99/")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1], asked
        finally:
            server.shutdown()


def test_a_backend_is_asked_for_its_version_document_and_given_nothing():
    with web(lambda *_: (300, json.dumps(NOVA))) as (port, asked):
        assert version_document("127.0.0.1", port) == {"url": f"http://127.0.0.1:{port}/", "entries": NOVA["versions"]}
    ((path, headers),) = asked
    assert path == "/"
    assert not {name.lower() for name in headers} & {"authorization", "cookie", "x-auth-token"}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of somebody else's name."""
    folder = tmp_path_factory.mktemp("tls")
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=other"
    made = subprocess.run([*words.split(), "-keyout", folder / "k", "-out", folder / "c"], check=False)
    if made.returncode:
        pytest.skip("openssl makes no certificate here")
    made_for = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made_for.load_cert_chain(folder / "c", folder / "k")
    return made_for


def test_a_backend_that_speaks_tls_is_asked_by_tls(certificate):
    with web(lambda *_: (200, json.dumps(NOVA)), certificate) as (port, _):
        assert version_document("127.0.0.1", port)["url"] == f"https://127.0.0.1:{port}/"


@pytest.mark.parametrize(
    ("status", "body"), [(503, "down"), (200, "<html>"), (200, "[]"), (200, '{"versions": []}'), (302, "")]
)
def test_a_backend_without_a_version_document_is_told(status, body):
    """A redirect leads nowhere: 192.0.2.99 is never contacted, or this would take seconds."""
    with web(lambda *_: (status, body)) as (port, _):
        assert version_document("127.0.0.1", port) == {"trouble": "gave no version document"}


def test_nobody_at_the_address():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert version_document("127.0.0.1", taken.getsockname()[1]) == {"trouble": "Connection refused"}


def test_only_servers_of_apis_are_asked_and_each_once():
    asked = []

    def ask(host, port):
        asked.append((host, port))
        return {"url": f"http://{host_and_port(host, port)}/", "entries": NOVA["versions"]}

    text = STATS + "nova_api_external,ctl1,0,UP,1,2,L7OK,192.0.2.1:8774,http,\n"
    source = inventory(text, ask)
    versions = [fact for fact in source.read(source.fetch()) if isinstance(fact, ApiVersion)]
    assert sorted(asked) == [("192.0.2.1", 8774), ("192.0.2.1", 9292), ("fd00::2", 8774)]
    assert [(v.service_type, v.maximum, v.url, v.backend) for v in versions] == [
        ("compute", "2.100", "http://192.0.2.1:8774/", "ctl1"),
        ("compute", "2.100", "http://[fd00::2]:8774/", "ctl2"),
        ("image", "2.100", "http://192.0.2.1:9292/", "ctl1"),
    ]


def test_nobody_is_asked_where_that_is_not_wanted():
    source = HAProxyInventory(Where("/x", versions=False), lambda: STATS, lambda *_: 1 / 0)
    answer = source.fetch()
    assert answer.documents["versions"] == {}
    assert not [fact for fact in source.read(answer) if isinstance(fact, ApiVersion)]


@pytest.mark.parametrize(
    ("place", "contacted"),
    [("/x", True), ("http://localhost:1/x;csv", True), ("ssh://lb1/x", False), ("https://lb1/x;csv", False)],
)
def test_the_loopback_of_another_machine_is_not_ours(place, contacted):
    asked = []
    text = f"{COLUMNS}\nnova_api,ctl1,0,UP,1,2,,127.0.0.1:8774,http,\n"
    HAProxyInventory(Where(place), lambda: text, lambda *a: asked.append(a) or {}).fetch()
    assert bool(asked) is contacted


def page(answer, monkeypatch, tmp_path, netrc=""):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".netrc").write_text(netrc)
    (tmp_path / ".netrc").chmod(0o600)
    with web(answer) as (port, _):
        return HAProxyInventory.from_spec(f"http://127.0.0.1:{port}/stats;csv?versions=no", context()).fetch()


def test_the_stats_page_with_a_password_of_netrc(monkeypatch, tmp_path):
    def answer(path, headers):
        return (200, STATS) if headers.get("Authorization") == "Basic bWU6b3Blbg==" else (401, "")

    with pytest.raises(SourceTrouble) as caught:
        page(answer, monkeypatch, tmp_path)
    assert (caught.value.trouble, "netrc" in caught.value.details) == (Trouble.DENIED, True)
    answered = page(answer, monkeypatch, tmp_path, "machine 127.0.0.1 login me password open\n")
    assert len(answered.documents["servers"]) == 6
    assert "open" not in json.dumps(answered.documents)


def test_a_page_without_an_end_is_no_statistics(monkeypatch, tmp_path):
    monkeypatch.setattr(haproxy_stats, "_MOST", len(STATS))
    assert page(lambda *_: (200, STATS), monkeypatch, tmp_path)
    with pytest.raises(SourceTrouble, match="which is no statistics") as caught:
        page(lambda *_: (200, f"{STATS}more"), monkeypatch, tmp_path)
    assert caught.value.trouble is Trouble.MALFORMED


@pytest.mark.parametrize("status", [500, 302])
def test_a_stats_page_in_trouble_or_one_that_leads_away(status, monkeypatch, tmp_path):
    with pytest.raises(SourceTrouble) as caught:
        page(lambda *_: (status, ""), monkeypatch, tmp_path)
    assert caught.value.trouble is Trouble.SERVER_ERROR
    assert str(status) in caught.value.brief
