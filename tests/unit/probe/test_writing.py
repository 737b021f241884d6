"""The write probe against a sandbox: what it makes it removes, and nothing that is not its own."""

import threading

import pytest

from operating import until
from stairlift.model.errors import SourceTrouble, Trouble, UsageError
from stairlift.openstack.client import SessionCloudClient
from stairlift.ports import Answer
from stairlift.probe.order import WriteSettings
from stairlift.probe.writing import BOOT, DELETE, PORT, WriteProbe, clean, demand_quota, tag_of
from stairlift.sandbox.server import Sandbox

TAG = tag_of("261123-abc123")


@pytest.fixture
def cloud():
    with Sandbox("demo") as it:
        yield it


@pytest.fixture
def client(cloud, tmp_path, monkeypatch) -> SessionCloudClient:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(cloud.clouds_yaml(tmp_path / "clouds.yaml", interface="public")))
    return SessionCloudClient.from_config("sandbox")


def tagged(client, tag: str = TAG) -> list:
    servers = client.get("compute", f"/servers?tags={tag}", "2.52").documents["body"]["servers"]
    return servers + client.get("network", f"/ports?name={tag}").documents["body"]["ports"]


def written(client, enough: int, **settings) -> dict[str, str]:
    """What became of the first so many things that the probe did, by target."""
    over, results = threading.Event(), []
    probe = WriteProbe(client, WriteSettings("sandbox", **settings), TAG)
    thread = threading.Thread(target=probe.until, args=(over, results.append))
    thread.start()
    until(lambda: len(results) >= enough or not thread.is_alive(), 60)
    over.set()
    thread.join(30)
    return {result.target: result.why or result.state for result in results}


def test_a_port_and_a_server_come_and_go(cloud, client):
    assert written(client, 3) == {PORT.id: "ok", BOOT.id: "ok", DELETE.id: "ok"}
    assert tagged(client) == []
    made = [entry["path"] for entry in cloud.log() if entry["method"] == "POST" and entry["status"] in (201, 202)]
    assert "/compute/v2.1/servers" in made
    assert "/network/v2.0/ports" in made


def test_a_server_that_nobody_can_boot_is_a_failure_and_is_removed(cloud, client):
    cloud.fault("http", path="/compute/v2.1/server[s]", method="POST", status=503)
    assert written(client, 2)[BOOT.id] == "HTTP 503"
    assert tagged(client) == []


def test_ports_alone_need_no_server(client):
    assert written(client, 1, server=False) == {PORT.id: "ok"}


def test_only_what_carries_the_tag_is_removed(client):
    network = client.get("network", "/networks").documents["body"]["networks"][0]["id"]
    before = client.get("network", "/ports").documents["body"]["ports"]
    for name in (TAG, tag_of("another"), "mine"):
        client.send("POST", "network", "/ports", {"port": {"network_id": network, "name": name}})
    assert clean(client, TAG) == 0
    left = client.get("network", "/ports").documents["body"]["ports"]
    assert sorted(p["name"] for p in left if p["id"] not in {one["id"] for one in before}) == [
        "mine",
        tag_of("another"),
    ]


def test_what_cannot_be_removed_now_is_counted(cloud, client):
    network = client.get("network", "/networks").documents["body"]["networks"][0]["id"]
    client.send("POST", "network", "/ports", {"port": {"network_id": network, "name": TAG}})
    cloud.fault("http", path="/network/v2.0/ports", method="DELETE", status=503)
    assert clean(client, TAG) == 1
    cloud.clear_faults()
    assert clean(client, TAG) == 0


class Limited:
    """A project with a quota; the sandbox and the testbed have the real ones."""

    def __init__(self, servers: int) -> None:
        self._servers = servers

    def get(self, *_) -> Answer:
        return Answer({"body": {"limits": {"absolute": {"maxTotalInstances": self._servers}}}})


@pytest.mark.parametrize("servers", [-1, 0, 6, 10, 1000])
def test_a_project_without_a_small_quota_is_refused(servers):
    """Ten are what Nova lets any project have: nobody gave that one a quota."""
    with pytest.raises(UsageError, match="servers"):
        demand_quota(Limited(servers))
    demand_quota(Limited(5))


def test_a_project_that_lacks_what_is_asked_for_is_told(client):
    with pytest.raises(UsageError, match="no such networks"):
        WriteProbe(client, WriteSettings("sandbox", network="nowhere"), TAG).until(threading.Event(), lambda _: None)


def test_without_an_answer_nothing_is_left_to_chance():
    class Silent:
        def get(self, *_):
            raise SourceTrouble(Trouble.TIMEOUT, "no answer")

    assert clean(Silent(), TAG) == 2


class Odd:
    """A cloud whose answers are documents of another kind; no real one is known to do that for long."""

    def get(self, service, path, microversion=None):
        found = {"networks": [{"id": "n"}]} if path == "/networks" else ["what?"]
        return Answer({"body": found})

    def send(self, method, service, path, body=None, microversion=None):
        return Answer({"body": {}})


def test_answers_that_make_no_sense_are_failures_and_do_not_end_the_probe():
    assert written(Odd(), 1, server=False) == {PORT.id: "its answer makes no sense"}
    assert clean(Odd(), TAG) == 2
