import pytest

from stairlift.knowledge.binaries import binary
from stairlift.knowledge.document import Entry
from stairlift.knowledge.proxies import _proxies, binary_of_port, binary_of_proxy, proxies_of
from stairlift.model.errors import StairliftError

NAMED = {
    "nova_api": "nova-api",
    "nova_api_external_front": "nova-api",  # kolla-ansible
    "keystone_internal_back": "keystone",
    "nova_metadata": "nova-api-metadata",
    "swift_api": "swift-proxy-server",
    "nova_api_os_compute-back": "nova-api",  # openstack-ansible
    "keystone_service-back": "keystone",
    "placement-back": "placement-api",
    "galera-back": "mariadb",
    "neutron_server": "neutron-server",
    "neutron-api": "neutron-api",  # as the program is called
    "HEAT-API": "heat-api",
    "identity": "keystone",  # as people call it
    "compute_public": "nova-api",
}


@pytest.mark.parametrize(("name", "program"), NAMED.items())
def test_the_names_of_the_dialects(name, program):
    assert binary_of_proxy(name) == program


@pytest.mark.parametrize("name", ["grafana", "opensearch_dashboards", "stats", "_back", "", "back"])
def test_what_nobody_knows_is_nothing(name):
    assert binary_of_proxy(name) is None


def test_ports_are_the_last_hint():
    assert binary_of_port(8774) == "nova-api"
    assert binary_of_port(4711) is None


def test_every_name_leads_to_a_program_that_is_known():
    known = _proxies()
    assert all(binary(name) for name in (*known.by_name.values(), *known.by_port.values()))


@pytest.mark.parametrize(
    "proxies",
    [
        {"keystone": {"plain": ["identity"], "source": "s"}, "nova-api": {"plain": ["identity"], "source": "s"}},
        {"keystone": {"port": 1, "source": "s"}, "nova-api": {"port": 1, "source": "s"}},
        {"no-such-program": {"source": "s"}},
        {"keystone": {"names": ["x"], "source": "s"}},
        {"keystone": {"port": "x", "source": "s"}},
        {"keystone": {}},
    ],
)
def test_a_wrong_file_is_refused(proxies):
    with pytest.raises(StairliftError) as refused:
        proxies_of(Entry({"sources": {"s": "a page"}, "proxies": proxies}, "x.yaml"))
    assert refused.value.code == "knowledge.invalid"
