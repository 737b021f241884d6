"""What the write probe leaves behind is taken away while the run rests, whether its meter lives or not."""

import fcntl
import os
import threading

import pytest

from operating import until
from stairlift.model.effect import Effect
from stairlift.openstack.client import SessionCloudClient
from stairlift.probe.leftovers import Leftovers
from stairlift.probe.order import LOCK, QUIET, STILL
from stairlift.sandbox.server import Sandbox
from stairlift.testing.clouds import NOON

TAG = "stairlift-probe-r1"
EFFECT = Effect("probe:x", "probe", "x", "", "meter", "intended", NOON, {"tag": TAG, "cloud": "sandbox"})


@pytest.fixture
def cloud():
    with Sandbox("demo") as it:
        yield it


@pytest.fixture
def client(cloud, tmp_path, monkeypatch) -> SessionCloudClient:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(cloud.clouds_yaml(tmp_path / "clouds.yaml", interface="public")))
    return SessionCloudClient.from_config("sandbox")


def ports(client) -> list:
    return client.get("network", f"/ports?name={TAG}").documents["body"]["ports"]


def a_port(client) -> None:
    network = client.get("network", "/networks").documents["body"]["networks"][0]["id"]
    client.send("POST", "network", "/ports", {"port": {"network_id": network, "name": TAG}})


def test_without_a_meter_it_is_removed_at_once(client, tmp_path):
    a_port(client)
    assert Leftovers(tmp_path / "gone", SessionCloudClient.from_config).restore(EFFECT) == ""
    assert ports(client) == []


def test_a_meter_at_work_is_asked_to_leave_off_first(client, tmp_path):
    lock = os.open(tmp_path / LOCK, os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    a_port(client)
    said = []
    leftovers = Leftovers(tmp_path, SessionCloudClient.from_config)
    thread = threading.Thread(target=lambda: said.append(leftovers.restore(EFFECT)))
    thread.start()
    until((tmp_path / QUIET).exists)
    assert ports(client), "not before it has left off: it might make another one"
    (tmp_path / STILL).touch()
    thread.join(30)
    os.close(lock)
    assert (said, ports(client)) == ([""], [])


def test_what_cannot_be_removed_is_told(cloud, client, tmp_path):
    a_port(client)
    cloud.fault("http", path="/network/v2.0/ports", method="DELETE", status=503)
    said = Leftovers(tmp_path, SessionCloudClient.from_config).restore(EFFECT)
    assert said == f"1 of what carries the tag {TAG} could not be removed"
