"""The shipped contract on every built-in source, asked of a simulated cloud and of sample inventories."""

import json
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from stairlift.drive.discover import observe_all
from stairlift.inventory.ansible import AnsibleInventory
from stairlift.inventory.cinder import CinderServiceInventory
from stairlift.inventory.context import SourceContext
from stairlift.inventory.keystone import KeystoneCatalogInventory
from stairlift.inventory.neutron import NeutronAgentInventory
from stairlift.inventory.nova import NovaHypervisorInventory, NovaServiceInventory
from stairlift.inventory.specs import sources
from stairlift.inventory.tape import Tape, save
from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.openstack.client import SessionCloudClient
from stairlift.sandbox.api.tokens import APPLICATION_CREDENTIAL
from stairlift.sandbox.server import Sandbox
from stairlift.testing.inventory_contract import InventoryContract

INVENTORIES = Path(__file__).parents[1] / "data" / "inventories"


@pytest.fixture(scope="module")
def clouds():
    """Simulated clouds by scenario, each started when it is first asked for."""
    with ExitStack() as running:
        yield cache(lambda scenario: running.enter_context(Sandbox(scenario)))


@pytest.fixture
def connect(tmp_path, monkeypatch):
    """A client of a simulated cloud."""

    def connected(cloud, **settings):
        monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(cloud.clouds_yaml(tmp_path / "clouds.yaml", **settings)))
        return SessionCloudClient.from_config("sandbox")

    return connected


def observe(client, *specs):
    found = sources(specs or ["openstack"], SourceContext(client=lambda: client))
    tapes = [Tape(source) for source in found]
    return tapes, observe_all(tapes, lambda: datetime.now(UTC))


class OnEveryCloud(InventoryContract):
    """A source that a client is enough for."""

    kind = None

    @pytest.fixture(autouse=True, params=["founding", "ovn", "sick", "cinder", "half-upgraded"])
    def with_client(self, request, clouds, connect):
        self.client = connect(clouds(request.param))

    def manager(self):
        return self.kind(self.client)


class TestNovaServices(OnEveryCloud):
    kind = NovaServiceInventory


class TestNovaHypervisors(OnEveryCloud):
    kind = NovaHypervisorInventory


class TestNeutronAgents(OnEveryCloud):
    @staticmethod
    def kind(client):
        return NeutronAgentInventory(client, pause=0.0)


class TestKeystoneCatalog(OnEveryCloud):
    kind = KeystoneCatalogInventory


class TestCinderServices(InventoryContract):
    @pytest.fixture(autouse=True)
    def with_client(self, clouds, connect):
        self.client = connect(clouds("cinder"))

    def manager(self):
        return CinderServiceInventory(self.client)


class TestAnsible(InventoryContract):
    @pytest.fixture(autouse=True, params=["plain/hosts.yml", "kolla/multinode", "osa/inventory.py"])
    def with_path(self, request):
        self.path = str(INVENTORIES / request.param)

    def manager(self):
        return AnsibleInventory(self.path)

    def answer(self):
        return listed(self.path)


@cache
def listed(path):
    return AnsibleInventory(path).fetch()


class TestRecording(InventoryContract):
    """Every source of a cloud, out of a recording of it."""

    @pytest.fixture(autouse=True, params=range(5))
    def with_recording(self, request, clouds, connect, tmp_path):
        tapes, observations = observe(connect(clouds("cinder")))
        save(tmp_path / "recording", "sandbox", tapes, observations)
        self.number, self.folder = request.param, tmp_path / "recording"

    def manager(self):
        return sources([f"recording:{self.folder}"], SourceContext(client=lambda: 1 / 0))[self.number].manager


class TestOnlyTheSelectedInterface:
    """What the load balancer saw, after every API was asked."""

    @pytest.mark.parametrize(("interface", "prefix"), [("internal", "/internal"), ("admin", "/admin")])
    def test_nothing_else_is_contacted(self, interface, prefix, connect):
        with Sandbox("cinder") as cloud:
            _, observations = observe(connect(cloud, interface=interface))
            log = cloud.log()
        assert [o.trouble for o in observations] == [None] * 5
        asked = [entry["path"] for entry in log if entry["method"] == "GET"]
        assert {path for path in asked if not path.startswith(f"{prefix}/")} == set()
        assert len(asked) > 5
        assert [entry["path"] for entry in log if entry["method"] != "GET"] == ["/identity/v3/auth/tokens"]


class TestTroubles:
    """One source in trouble is told what it is; the others go on."""

    @pytest.fixture
    def troubles(self, clouds, connect):
        def met(**settings):
            _, observations = observe(connect(clouds("cinder"), **settings))
            return {observation.source: observation.trouble for observation in observations}

        yield met
        clouds("cinder").clear_faults()

    @pytest.mark.parametrize(
        ("fault", "trouble"),
        [
            ({"status": 403}, Trouble.DENIED),
            ({"status": 500}, Trouble.SERVER_ERROR),
            ({"status": 503}, Trouble.SERVER_ERROR),
            ({"damage": "truncate"}, Trouble.MALFORMED),
            ({"damage": "reset"}, Trouble.UNREACHABLE),
        ],
    )
    def test_of_each_source(self, clouds, troubles, fault, trouble):
        paths = {
            "nova-services": "*/compute/v2.1/os-services",
            "nova-hypervisors": "*/os-hypervisors/*",
            "neutron-agents": "*/agents",
            "cinder-services": "*/volume/v3/*/os-services",
        }
        for source, path in paths.items():
            clouds("cinder").fault("http", path=path, **fault)
            met = troubles()
            assert met.pop(source) is trouble
            assert set(met.values()) == {None}
            clouds("cinder").clear_faults()

    def test_a_reader_may_not_see_what_policy_keeps_for_administrators(self, troubles):
        assert troubles(user="reader") == {
            "nova-services": Trouble.DENIED,
            "nova-hypervisors": Trouble.DENIED,
            "neutron-agents": Trouble.EMPTY,
            "cinder-services": Trouble.DENIED,
            "keystone-catalog": None,
        }

    def test_tokens_may_expire_on_the_way(self, clouds, connect):
        source = NovaServiceInventory(connect(clouds("cinder")))
        before = source.read(source.fetch())
        clouds("cinder").expire_tokens()
        after = source.read(source.fetch())
        assert [(f.binary, f.host) for f in before] == [(f.binary, f.host) for f in after]

    def test_an_application_credential_is_as_good(self, clouds, connect, monkeypatch, tmp_path):
        auth = dict(
            zip(("application_credential_id", "application_credential_secret"), APPLICATION_CREDENTIAL, strict=True)
        )
        settings = {"auth_type": "v3applicationcredential", "interface": "internal", "region_name": "RegionOne"}
        cloud = {**settings, "auth": {**auth, "auth_url": clouds("cinder").auth_url}}
        (tmp_path / "clouds.yaml").write_text(json.dumps({"clouds": {"sandbox": cloud}}))
        monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
        _, observations = observe(SessionCloudClient.from_config("sandbox"))
        assert [o.trouble for o in observations] == [None] * 5

    def test_no_block_storage_is_not_deployed(self, clouds, connect):
        with pytest.raises(SourceTrouble) as caught:
            CinderServiceInventory(connect(clouds("founding"))).fetch()
        assert caught.value.trouble is Trouble.NOT_DEPLOYED


def test_an_unreachable_cell_s_rows_are_unknown(clouds, connect):
    source = NovaServiceInventory(connect(clouds("sick")))
    rows = {fact.host: fact for fact in source.read(source.fetch()) if fact.binary == "nova-compute"}
    assert (rows["cmp8"].status, rows["cmp8"].state) == ("unknown", "unknown")
    assert (rows["cmp2"].state, rows["cmp4"].forced_down) == ("down", True)
    assert rows["cmp3"].disabled_reason == "broken memory"


def test_the_founding_cloud_is_found(clouds, connect):
    _, (nova, neutron, hypervisors) = observe(connect(clouds("founding")), "nova", "neutron", "hypervisors")
    hosts = [f"devstack-{n}.coreitpro.com" for n in (1, 2, 3)]
    assert {(f.binary, f.host, f.zone) for f in nova.facts} == {
        *((b, hosts[0], "internal") for b in ("nova-conductor", "nova-cert", "nova-scheduler", "nova-consoleauth")),
        *(("nova-compute", host, "nova") for host in hosts),
    }
    assert {(f.binary, f.host) for f in neutron.facts} == {
        *(("neutron-openvswitch-agent", host) for host in hosts),
        *((f"neutron-{kind}-agent", hosts[0]) for kind in ("metadata", "dhcp", "l3")),
    }
    assert {(f.name, f.service_host, f.state) for f in hypervisors.facts} == {(host, host, "up") for host in hosts}
    assert {(f.status, f.state) for f in (*nova.facts, *neutron.facts)} == {("enabled", "up")}
