"""The shipped contract on every built-in source, asked of a simulated cloud and of sample inventories."""

import json
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
import requests

from stairlift.drive.discover import observe_all
from stairlift.inventory.ansible import AnsibleInventory
from stairlift.inventory.cinder import CinderServiceInventory
from stairlift.inventory.context import SourceContext
from stairlift.inventory.host import HostInventory
from stairlift.inventory.keystone import KeystoneCatalogInventory
from stairlift.inventory.neutron import NeutronAgentInventory
from stairlift.inventory.nova import NovaHypervisorInventory, NovaServiceInventory
from stairlift.inventory.specs import EVERY_API, sources
from stairlift.inventory.tape import Tape, save
from stairlift.inventory.workload import WorkloadInventory
from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.openstack.client import SessionCloudClient
from stairlift.ports import Answer
from stairlift.sandbox.api.tokens import APPLICATION_CREDENTIAL
from stairlift.sandbox.server import Sandbox
from stairlift.testing.inventory_contract import InventoryContract, nothing_outside

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


class TestWorkload(OnEveryCloud):
    kind = WorkloadInventory


class OfEverything(InventoryContract):
    """A source that only a cloud with every service has something to ask of; one of `openstack`, by its SPEC."""

    spec = ""

    @pytest.fixture(autouse=True)
    def with_client(self, clouds, connect):
        self.client = connect(clouds("everything"))

    def manager(self):
        return sources([self.spec], SourceContext(client=lambda: self.client))[0].manager

    def test_it_has_something_to_say(self):
        assert self.manager().read(self.answer())


class TestHeat(OfEverything):
    spec = "heat"


class TestManila(OfEverything):
    spec = "manila"


class TestOctavia(OfEverything):
    spec = "octavia"


class TestIronic(OfEverything):
    spec = "ironic"


class TestDesignate(OfEverything):
    spec = "designate"


class TestMagnum(OfEverything):
    spec = "magnum"


class TestMasakari(OfEverything):
    spec = "masakari"


class TestWatcher(OfEverything):
    spec = "watcher"


class TestZun(OfEverything):
    spec = "zun"


class TestBlazar(OfEverything):
    spec = "blazar"


class TestHAProxy(InventoryContract):
    """By a file, by a stats page, with and without the versions of the backends."""

    @pytest.fixture(autouse=True, params=["{page}", "{page}?versions=no", "{file}"])
    def with_place(self, request, doors, tmp_path):
        (tmp_path / "stats.csv").write_text(requests.get(doors.haproxy.removeprefix("haproxy:"), timeout=9).text)
        self.spec = "haproxy:" + request.param.format(
            page=doors.haproxy.removeprefix("haproxy:"), file=tmp_path / "stats.csv"
        )

    def manager(self):
        return sources([self.spec], SourceContext(client=lambda: 1 / 0))[0].manager

    def test_a_reader_goes_nowhere_when_it_is_built(self):
        with nothing_outside():
            assert self.manager().name


@pytest.fixture(scope="module")
def doors():
    """A cloud in which every process of an API has its own address."""
    with Sandbox("half-upgraded", doors=True) as cloud:
        yield cloud


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


@pytest.fixture(scope="module")
def recording(clouds, tmp_path_factory):
    """What a cloud with every service answered."""
    folder = tmp_path_factory.mktemp("recorded")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("OS_CLIENT_CONFIG_FILE", str(clouds("everything").clouds_yaml(folder / "clouds.yaml")))
        tapes, observations = observe(SessionCloudClient.from_config("sandbox"))
    save(folder / "recording", "sandbox", tapes, observations)
    return folder / "recording"


class TestHosts(InventoryContract):
    """This machine itself, and what the hosts of a real OpenStack answered."""

    @pytest.fixture(autouse=True, params=["here", "testbed"])
    def with_answer(self, request, tmp_path):
        self.spec = str(tmp_path / "hosts.ini")
        Path(self.spec).write_text("[all]\nhere ansible_connection=local\n")
        self.kept = looked_at(self.spec) if request.param == "here" else answer_of_the_testbed()

    def manager(self):
        return HostInventory(self.spec)

    def answer(self):
        return self.kept


@cache
def looked_at(spec):
    return HostInventory(spec).fetch()


@cache
def answer_of_the_testbed():
    return Answer(json.loads((INVENTORIES.parent / "hosts" / "testbed.json").read_text()))


class TestRecording(InventoryContract):
    """Sources of each kind, out of a recording of a cloud."""

    @pytest.fixture(autouse=True, params=["nova", "hypervisors", "neutron", "keystone", "heat", "octavia", "masakari"])
    def with_recording(self, request, recording):
        self.number, self.folder = EVERY_API.index(request.param), recording

    def manager(self):
        return sources([f"recording:{self.folder}"], SourceContext(client=lambda: 1 / 0))[self.number].manager


class TestOnlyTheSelectedInterface:
    """What the load balancer saw, after every API was asked."""

    @pytest.mark.parametrize(("interface", "prefix"), [("internal", "/internal"), ("admin", "/admin")])
    def test_nothing_else_is_contacted(self, interface, prefix, connect):
        with Sandbox("everything") as cloud:
            _, observations = observe(connect(cloud, interface=interface))
            log = cloud.log()
        assert [o.trouble for o in observations] == [None] * len(EVERY_API)
        asked = [entry["path"] for entry in log if entry["method"] == "GET"]
        assert {path for path in asked if not path.startswith(f"{prefix}/")} == set()
        assert len(asked) > len(EVERY_API)
        assert [entry["path"] for entry in log if entry["method"] != "GET"] == ["/identity/v3/auth/tokens"]


class TestTroubles:
    """One source in trouble is told what it is; the others go on."""

    @pytest.fixture
    def troubles(self, clouds, connect):
        def met(**settings):
            _, observations = observe(connect(clouds("everything"), **settings))
            return {observation.source: observation.trouble for observation in observations}

        yield met
        clouds("everything").clear_faults()

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
        few_have = {
            "heat-services": "*/orchestration/*/services",
            "manila-services": "*/share/v2/services",
            "octavia-amphorae": "*/amphorae",
            "ironic-conductors": "*/conductors",
            "designate-services": "*/service_statuses",
            "magnum-services": "*/mservices",
            "masakari-hosts": "*/segments/*/hosts",
            "watcher-services": "*/infra-optim/*",
            "zun-services": "*/container/v1/services",
            "blazar-hosts": "*/os-hosts",
        }
        for hit in (*({source: path} for source, path in paths.items()), few_have):
            for path in hit.values():
                clouds("everything").fault("http", path=path, **fault)
            met = troubles()
            assert {met.pop(source) for source in hit} == {trouble}
            assert set(met.values()) == {None}
            clouds("everything").clear_faults()

    def test_a_reader_may_not_see_what_policy_keeps_for_administrators(self, troubles):
        met = troubles(user="reader")
        assert met.pop("neutron-agents") is Trouble.EMPTY
        assert met.pop("keystone-catalog") is None
        assert set(met.values()) == {Trouble.DENIED}

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
        assert {o.trouble for o in observations} == {None, Trouble.NOT_DEPLOYED}

    def test_what_the_catalog_does_not_have_is_not_asked_for(self, connect):
        with Sandbox("founding") as cloud:
            _, observations = observe(connect(cloud))
            log = cloud.log()
        absent = {o.source for o in observations if o.trouble}
        assert {o.trouble for o in observations} == {None, Trouble.NOT_DEPLOYED}
        assert len(absent) == len(EVERY_API) - 4
        known = ("/internal/identity", "/internal/compute", "/internal/network", "/internal/image", "/identity")
        assert [entry["path"] for entry in log if not entry["path"].startswith(known)] == []

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
