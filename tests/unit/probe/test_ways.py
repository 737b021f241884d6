"""What is asked is found once, in a cloud of the sandbox, and stays what it is."""

import threading
from socketserver import BaseRequestHandler, TCPServer

import pytest

from stairlift.inventory.haproxy import HAProxyInventory, Where
from stairlift.inventory.haproxy_stats import over_http
from stairlift.openstack.user import CloudUser
from stairlift.probe.asking import Asker
from stairlift.probe.order import BackendAddress, MeterSettings
from stairlift.probe.tokens import TokenKeeper
from stairlift.probe.ways import find_ways, freeze, frozen
from stairlift.probe.web import Web
from stairlift.sandbox.server import Sandbox


@pytest.fixture(scope="module")
def cloud():
    with Sandbox("demo", doors=True) as it:
        yield it


@pytest.fixture
def user(cloud, tmp_path, monkeypatch) -> CloudUser:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(cloud.clouds_yaml(tmp_path / "clouds.yaml")))
    cloud.clear_faults()
    return CloudUser.from_config("sandbox", interface="public", timeout=5)


def found(user, *backends, **settings):
    web = Web(user.certificates(), 5)
    return find_ways(user, user.sign_in(), MeterSettings(**settings), backends, web)


def backends(cloud) -> list[BackendAddress]:
    where = cloud.haproxy.partition(":")[2]
    source = HAProxyInventory(Where.of(where), over_http(where), None)
    kinds = {"keystone": "identity", "nova-api": "compute", "glance-api": "image", "neutron-server": "network"}
    facts = [fact for fact in source.read(source.fetch()) if fact.binary in kinds]
    return [BackendAddress(kinds[fact.binary], fact.server, fact.address, fact.port) for fact in facts]


def test_every_api_of_the_catalog_is_asked_as_a_user_would(user):
    names = {way.target.id for way in found(user)}
    assert {"keystone.token", "keystone.validate", "nova.servers", "nova.server"} < names
    assert {"neutron.networks", "neutron.ports", "glance.images", "placement.classes"} < names
    assert "heat.stacks" not in names, "this cloud has none"


def test_all_of_it_is_answered(user):
    web = Web(user.certificates(), 5)
    asker = Asker(TokenKeeper(user), web, 5)
    answers = {way.target.id: asker.ask(way) for way in found(user)}
    assert {name: answer for name, answer in answers.items() if answer not in (None, ("ok", ""))} == {}


def test_each_process_is_asked_by_its_own_address(cloud, user):
    ways = [way for way in found(user, *backends(cloud)) if way.target.via == "backend"]
    assert len({way.target.id for way in ways}) == len(ways) >= 4
    asker = Asker(TokenKeeper(user), Web(user.certificates(), 5), 5)
    assert {way.target.id: asker.ask(way) for way in ways} == {way.target.id: ("ok", "") for way in ways}
    nova = next(way for way in ways if way.target.api == "nova")
    assert "/v2.1/servers" in nova.target.address, "and does there what its users ask for"


def test_a_backend_that_is_away_is_asked_all_the_same(user):
    gone = BackendAddress("compute", "ctl9", "127.0.0.1", 9)
    [way] = [way for way in found(user, gone) if way.target.via == "backend"]
    assert way.target.address == "http://127.0.0.1:9/compute/v2.1/servers?limit=1"


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", b""])
def test_no_token_goes_in_the_clear_to_a_backend_that_speaks_tls(user, answer):
    heard = []

    class Guarded(BaseRequestHandler):
        def handle(self):
            heard.append(self.request.recv(65536))
            self.request.sendall(answer)

    with TCPServer(("127.0.0.1", 0), Guarded) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        found(user, BackendAddress("compute", "ctl9", "127.0.0.1", server.server_address[1]))
        server.shutdown()
        thread.join()
    assert [said[:1] for said in heard] == [b"G", b"\x16"], "plain HTTP, then a handshake"
    assert b"Token" not in heard[0]


def test_backends_may_be_left_alone(cloud, user):
    assert not [way for way in found(user, *backends(cloud), backends=False) if way.target.via == "backend"]


def test_what_is_off_is_not_asked(user):
    names = {way.target.id for way in found(user, off=("keystone.token", "neutron.*"))}
    assert "keystone.token" not in names
    assert not any(name.startswith("neutron") for name in names)


def test_what_is_down_when_it_begins_is_asked_all_the_same(cloud, user):
    cloud.fault("http", path="/image/v2/images", status=503)
    assert "glance.images" in {way.target.id for way in found(user)}


def test_what_is_forbidden_is_not(cloud, user):
    cloud.fault("http", path="/image/v2/images", status=403)
    assert "glance.images" not in {way.target.id for way in found(user)}


def test_canaries_are_connected_to_or_pinged(user):
    kinds = {w.target.id: w.kind for w in found(user, canaries=("10.0.0.5:22", "10.0.0.6", "[fd00::1]:22"))}
    assert kinds["canary.10.0.0.5:22"] == "tcp"
    assert kinds["canary.10.0.0.6"] == "icmp"
    assert kinds["canary.[fd00::1]:22"] == "tcp"


def test_it_is_frozen(user, tmp_path):
    assert frozen(tmp_path) is None
    ways = found(user, canaries=("10.0.0.5:22",))
    freeze(tmp_path, ways)
    assert frozen(tmp_path) == ways
