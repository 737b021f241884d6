"""One request at a time against a sandbox that goes wrong: what a user would have made of it."""

import socket
import subprocess
import sys
import threading

import pytest

from stairlift.model.availability import Target
from stairlift.openstack.user import Certificates, CloudUser
from stairlift.probe.asking import Asker
from stairlift.probe.order import MeterSettings
from stairlift.probe.tokens import TokenKeeper
from stairlift.probe.ways import Way, find_ways
from stairlift.probe.web import Web
from stairlift.sandbox.server import Sandbox


@pytest.fixture(scope="module")
def cloud():
    with Sandbox("demo") as it:
        yield it


@pytest.fixture
def user(cloud, tmp_path, monkeypatch) -> CloudUser:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(cloud.clouds_yaml(tmp_path / "clouds.yaml")))
    cloud.clear_faults()
    return CloudUser.from_config("sandbox", interface="public", timeout=2)


@pytest.fixture
def ways(user) -> dict[str, Way]:
    return {w.target.id: w for w in find_ways(user, user.sign_in(), MeterSettings(), (), Web(user.certificates(), 2))}


@pytest.fixture
def asker(user) -> Asker:
    return Asker(TokenKeeper(user), Web(user.certificates(), 0.5), 0.5)


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ({"status": 503}, ("failed", "HTTP 503")),
        ({"status": 429}, ("throttled", "HTTP 429")),
        ({"status": 403}, ("denied", "HTTP 403")),
        ({"damage": "reset"}, ("failed", "Connection reset by peer")),
        ({"damage": "truncate"}, ("failed", "broke off in the middle of its answer")),
        ({"delay": 3}, ("failed", "timed out")),
    ],
)
def test_what_goes_wrong(cloud, ways, asker, fault, state):
    cloud.fault("http", path="/compute/v2.1/servers", **fault)
    assert asker.ask(ways["nova.servers"]) == state


def test_a_token_that_is_refused_is_replaced_once(cloud, ways, asker):
    assert asker.ask(ways["nova.servers"]) == ("ok", "")
    cloud.expire_tokens()
    assert asker.ask(ways["nova.servers"]) == ("ok", ""), "a user signs in again"
    cloud.fault("http", path="/compute/v2.1/servers", status=401)
    assert asker.ask(ways["nova.servers"]) == ("denied", "HTTP 401")


def test_nobody_presents_a_wrong_password_again_and_again(cloud, ways, asker):
    cloud.fault("http", path="/identity/v3/auth/tokens", status=401)
    before = len(cloud.log())
    assert asker.ask(ways["keystone.token"])[0] == "denied"
    assert [asker.ask(ways["keystone.token"]) for _ in range(5)] == [None] * 5
    assert len(cloud.log()) == before + 1


def test_a_keystone_that_fails_fails_for_users(cloud, ways, asker):
    cloud.fault("http", path="/identity/v3/auth/tokens", method="POST", status=503, times=1)
    assert asker.ask(ways["keystone.token"]) == ("failed", "HTTP 503")
    assert asker.ask(ways["keystone.token"]) == ("ok", "")


def test_a_server_is_shown_once_one_was_listed_and_a_lost_one_is_no_fault(cloud, ways, asker):
    assert asker.ask(ways["nova.server"]) == ("ok", ""), "the list, where none is known"
    asker._seen["nova.servers"] = "gone"
    assert asker.ask(ways["nova.server"]) == ("ok", "")
    assert asker._seen == {}
    asked = [(entry["path"], entry["status"]) for entry in cloud.log()[-2:]]
    assert asked == [("/compute/v2.1/servers", 200), ("/compute/v2.1/servers/gone", 404)]


def test_a_canary_is_connected_to(asker):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        address = f"127.0.0.1:{server.getsockname()[1]}"
        canary = Way(Target("canary", "canary", "canary", address), "tcp", 1)
        assert asker.ask(canary) == ("ok", "")
    assert asker.ask(canary) == ("failed", "Connection refused")


def test_a_canary_is_pinged(asker):
    """Where the kernel lets nobody ping without a right, that is this machine's own fault and no outage."""
    found = asker.ask(Way(Target("canary", "canary", "canary", "127.0.0.1"), "icmp", 1))
    assert found == ("ok", "") or found[0] == "own"


def test_an_answer_that_drips_is_not_waited_for():
    def drip(server):
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
            for _ in range(30):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return
                if stop.wait(0.1):
                    return

    stop = threading.Event()
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        with pytest.raises(TimeoutError):
            Web(Certificates(), 0.5).get(f"http://127.0.0.1:{server.getsockname()[1]}/", {})
        stop.set()
        thread.join()


OUT_OF_SOCKETS = """
import resource
from stairlift.model.availability import Target
from stairlift.probe.asking import Asker
from stairlift.probe.ways import Way
asker = Asker(None, None, 1.0)
resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
print(asker.ask(Way(Target("c", "canary", "canary", "127.0.0.1:9"), "tcp", 1)))
"""


def test_a_machine_that_is_out_of_sockets_blames_itself():
    done = subprocess.run([sys.executable, "-c", OUT_OF_SOCKETS], capture_output=True, text=True, check=True)
    assert done.stdout == "('own', 'Too many open files')\n"
