"""The programs of a cloud, their life spans, and what inventories call them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stairlift.knowledge import binaries
from stairlift.knowledge.binaries import DIALECTS, all_binaries, binaries_of_group, binary, lives_in
from stairlift.knowledge.document import Entry, read
from stairlift.knowledge.releases import all_series
from stairlift.model.errors import StairliftError
from stairlift.model.release import Release

words = str.split

R = Release.parse
SERIES = [one.release for one in all_series()]

MITAKA = words("""nova-conductor nova-cert nova-scheduler nova-consoleauth nova-compute neutron-openvswitch-agent
neutron-metadata-agent neutron-dhcp-agent neutron-l3-agent""")


@pytest.mark.parametrize("name", MITAKA)
def test_what_a_mitaka_cloud_reports_lives_in_mitaka(name):
    assert lives_in(binary(name), R("2016.1"))


@pytest.mark.parametrize(
    ("name", "last", "first_without"),
    [
        ("nova-cert", "2017.1", "2017.2"),
        ("nova-consoleauth", "2019.1", "2019.2"),
        ("nova-cells", "2019.1", "2019.2"),
        ("nova-placement-api", "2019.1", "2019.2"),
        ("nova-network", "2019.2", "2020.1"),
        ("nova-xvpvncproxy", "2019.2", "2020.1"),
        ("neutron-vpn-agent", "2017.2", "2018.1"),
        ("neutron-lbaasv2-agent", "2019.1", "2019.2"),
        ("glance-registry", "2020.1", "2020.2"),
        ("designate-agent", "2023.2", "2024.1"),
        ("neutron-linuxbridge-agent", "2024.2", "2025.1"),
        ("nova-api", "2025.1", "2025.2"),
        ("nova-api-metadata", "2025.1", "2025.2"),
        ("neutron-server", "2025.1", "2025.2"),
        ("keystone", "2025.1", "2025.2"),
        ("heat-api", "2025.1", "2025.2"),
        ("neutron-api", "2025.2", "2026.1"),
        ("placement-api", "2025.2", "2026.1"),
        ("ironic-inspector", "2025.2", "2026.1"),
        ("barbican-api", "2026.1", "2026.2"),
    ],
)
def test_programs_that_ended(name, last, first_without):
    assert lives_in(binary(name), R(last))
    assert not lives_in(binary(name), R(first_without))


@pytest.mark.parametrize(
    ("name", "first", "last_without"),
    [
        ("neutron-api", "2017.2", "2017.1"),
        ("placement-api", "2019.1", "2018.2"),
        ("neutron-ovn-metadata-agent", "2020.1", "2019.2"),
        ("neutron-ovn-agent", "2023.2", "2023.1"),
        ("neutron-periodic-workers", "2024.2", "2024.1"),
        ("neutron-ovn-maintenance-worker", "2024.2", "2024.1"),
        ("neutron-ovn-vpn-agent", "2024.1", "2023.2"),
        ("designate-producer", "2016.2", "2016.1"),
    ],
)
def test_programs_that_began(name, first, last_without):
    assert lives_in(binary(name), R(first))
    assert not lives_in(binary(name), R(last_without))


@pytest.mark.parametrize("name", words("nova-conductor nova-scheduler nova-compute neutron-l3-agent cinder-volume"))
def test_programs_that_were_always_there(name):
    assert all(lives_in(binary(name), release) for release in SERIES)


@pytest.mark.parametrize("name", words("neutron-linuxbridge-agent nova-cert nova-network designate-agent"))
def test_nothing_replaces_these(name):
    assert binary(name).replaced_by == ()
    assert binary(name).note


@pytest.mark.parametrize("name", words("nova-api nova-api-metadata keystone placement-api heat-api neutron-api"))
def test_a_service_that_goes_on_as_a_wsgi_module_keeps_its_name(name):
    (new,) = binary(name).replaced_by
    assert new.service == name
    assert "WSGI module" in new.how
    assert not new.absorbed


def test_neutron_server_becomes_several_processes():
    new = {one.service: one.only_with for one in binary("neutron-server").replaced_by}
    assert new == {
        "neutron-api": "",
        "neutron-rpc-server": "",
        "neutron-periodic-workers": "",
        "neutron-ovn-maintenance-worker": "ovn",
    }


@pytest.mark.parametrize(
    ("name", "by"),
    [("nova-consoleauth", "nova-conductor"), ("nova-cells", "nova-conductor"), ("glance-registry", "glance-api")],
)
def test_what_is_absorbed_starts_nothing_new_where_it_ran(name, by):
    (new,) = binary(name).replaced_by
    assert (new.service, new.absorbed) == (by, True)


def test_planes_roles_and_registries():
    facts = {
        name: (binary(name).project, binary(name).plane, binary(name).role, binary(name).registry)
        for name in (
            "nova-compute",
            "cinder-volume",
            "neutron-l3-agent",
            "keystone",
            "ovn-northd",
            "horizon",
            "mariadb",
        )
    }
    assert facts == {
        "nova-compute": ("nova", "resource", "compute", "nova"),
        "cinder-volume": ("cinder", "control", "storage", "cinder"),
        "neutron-l3-agent": ("neutron", "resource", "network", "neutron"),
        "keystone": ("keystone", "control", "control", None),
        "ovn-northd": ("ovn", "control", "control", None),
        "horizon": ("horizon", "control", "control", None),
        "mariadb": ("infra", "infra", "control", None),
    }


def test_the_l2_agents():
    assert {one.name for one in all_binaries() if one.l2} == {
        "neutron-openvswitch-agent",
        "neutron-linuxbridge-agent",
        "neutron-sriov-nic-agent",
        "neutron-macvtap-agent",
    }
    assert all(one.follows_host and one.plane == "resource" for one in all_binaries() if one.l2)


@pytest.mark.parametrize(
    ("agent_type", "name"),
    [
        ("Open vSwitch agent", "neutron-openvswitch-agent"),
        ("Linux bridge agent", "neutron-linuxbridge-agent"),
        ("NIC Switch agent", "neutron-sriov-nic-agent"),
        ("DHCP agent", "neutron-dhcp-agent"),
        ("L3 agent", "neutron-l3-agent"),
        ("Metadata agent", "neutron-metadata-agent"),
        ("OVN Controller agent", "ovn-controller"),
        ("OVN Controller Gateway agent", "ovn-controller"),
        ("OVN Metadata agent", "neutron-ovn-metadata-agent"),
        ("OVN Neutron agent", "neutron-ovn-agent"),
        ("Weather agent", None),
    ],
)
def test_neutron_s_words_for_agents(agent_type, name):
    assert binaries.binary_of_agent_type(agent_type) == name


def test_every_binary_is_complete():
    for one in all_binaries():
        assert one.source, one.name
        assert one.first is None or one.last is None or one.first <= one.last, one.name
        assert one.plane != "infra" or one.registry is None, one.name
        for new in one.replaced_by:
            assert one.last, f"{one.name} is replaced and has no end"
            assert new.how, one.name
            successor = binary(new.service)
            assert successor is not None, new.service
            goes_on = new.service == one.name or any(
                lives_in(successor, release) for release in SERIES if release > one.last
            )
            assert goes_on, f"{new.service} ends no later than {one.name}"


def test_every_group_leads_to_known_binaries_that_name_it():
    for one in all_binaries():
        for dialect, groups in one.groups.items():
            for group in groups:
                assert one.name in binaries_of_group(group, dialect), (group, dialect)


@given(st.sampled_from(all_binaries()), st.sampled_from(DIALECTS), st.booleans(), st.booleans())
def test_a_binary_is_found_by_its_own_name_however_it_is_written(one, dialect, dashes, upper):
    if (one.name, dialect) == ("nova-console", "osa"):  # there the group stands for the proxies
        return
    name = one.name if dashes else one.name.replace("-", "_")
    assert one.name in binaries_of_group(name.upper() if upper else name, dialect)


KOLLA = words("""keystone horizon placement-api glance-api nova-api nova-metadata nova-conductor nova-super-conductor
nova-scheduler nova-novncproxy nova-spicehtml5proxy nova-serialproxy neutron-server
neutron-rpc-server neutron-periodic-worker neutron-ovn-maintenance-worker neutron-dhcp-agent neutron-l3-agent
neutron-metadata-agent neutron-ovn-metadata-agent neutron-ovn-agent neutron-bgp-dragent neutron-metering-agent
ironic-neutron-agent ovn-controller ovn-controller-compute ovn-controller-network ovn-northd ovn-nb-db ovn-sb-db
ovn-sb-db-relay cinder-api cinder-scheduler cinder-volume cinder-backup heat-api heat-api-cfn heat-engine ironic-api
ironic-conductor ironic-inspector manila-api manila-scheduler manila-share manila-data barbican-api
barbican-keystone-listener barbican-worker magnum-api magnum-conductor mistral-api mistral-executor mistral-engine
mistral-event-engine ceilometer-central ceilometer-notification ceilometer-compute ceilometer-ipmi aodh-api
aodh-evaluator aodh-listener aodh-notifier cyborg-api cyborg-agent cyborg-conductor gnocchi-api gnocchi-statsd
gnocchi-metricd trove-api trove-conductor trove-taskmanager watcher-api watcher-engine watcher-applier octavia-api
octavia-driver-agent octavia-health-manager octavia-housekeeping octavia-worker designate-api designate-central
designate-producer designate-mdns designate-worker designate-sink cloudkitty-api cloudkitty-processor zun-api
zun-wsproxy zun-compute zun-cni-daemon skyline-apiserver skyline-console tacker-server tacker-conductor blazar-api
blazar-manager masakari-api masakari-engine masakari-hostmonitor masakari-instancemonitor swift-proxy-server
swift-account-server swift-container-server swift-object-server compute mariadb rabbitmq memcached loadbalancer
openvswitch etcd iscsid""")

OSA = words("""keystone placement_api glance_api nova_api_os_compute nova_api_metadata nova_conductor nova_scheduler
nova_console nova_compute ironic_compute neutron_server neutron_openvswitch_agent neutron_dhcp_agent neutron_l3_agent
neutron_metadata_agent neutron_metering_agent neutron_sriov_nic_agent neutron_bgp_dragent neutron_linuxbridge_agent
neutron_ovn_controller neutron_ovn_gateway neutron_ovn_northd cinder_api cinder_scheduler cinder_volume cinder_backup
heat_api heat_api_cfn heat_engine horizon octavia_api octavia_worker octavia_housekeeping octavia_health_manager
ironic_api ironic_conductor ironic_inspector ceilometer_agent_central ceilometer_agent_notification
ceilometer_agent_compute masakari_api masakari_engine masakari_monitor swift_proxy swift_acc swift_cont swift_obj
galera rabbitmq memcached haproxy""")

PLAIN = words("""role_keystone role_nova_api role_nova_conductor role_neutron_server role_nova_compute role_ovs_agent
nova_compute nova-compute service_glance_api os_nova_scheduler horizon""")

NO_SERVICE = {
    "kolla": words("""control network storage monitoring deployment baremetal common nova neutron cinder heat glance
        nova-compute-ironic"""),
    "osa": words("""nova_all keystone_all compute_hosts compute-infra_hosts nova_api_container identity_containers lxc_hosts
        neutron_agents_container infra1-host_containers all_containers hosts compute nova_api_container"""),
    "plain": words("all ungrouped controllers computes compute control rack1 role_ role_printer"),
}


@pytest.mark.parametrize(
    ("dialect", "group"),
    [*(("kolla", g) for g in KOLLA), *(("osa", g) for g in OSA), *(("plain", g) for g in PLAIN)],
)
def test_groups_that_name_a_service(dialect, group):
    assert binaries_of_group(group, dialect)


@pytest.mark.parametrize(("dialect", "group"), [(d, g) for d, groups in NO_SERVICE.items() for g in groups])
def test_groups_that_name_none(dialect, group):
    assert binaries_of_group(group, dialect) == ()


@pytest.mark.parametrize(
    ("group", "dialect", "names"),
    [
        ("compute", "kolla", ("nova-compute",)),
        ("nova_compute", "osa", ("nova-compute",)),
        ("nova-metadata", "kolla", ("nova-api-metadata",)),
        ("nova-super-conductor", "kolla", ("nova-conductor",)),
        ("neutron-periodic-worker", "kolla", ("neutron-periodic-workers",)),
        ("nova_api_os_compute", "osa", ("nova-api",)),
        ("nova_console", "osa", ("nova-novncproxy",)),
        ("neutron_ovn_northd", "osa", ("ovn-nb-db", "ovn-sb-db", "ovn-northd")),
        ("neutron_ovn_controller", "osa", ("ovn-controller", "neutron-ovn-metadata-agent")),
        ("neutron_ovn_gateway", "osa", ("ovn-controller",)),
        ("role_ovs_agent", "plain", ("neutron-openvswitch-agent",)),
        ("loadbalancer", "kolla", ("proxysql", "haproxy", "keepalived")),
    ],
)
def test_what_some_groups_stand_for(group, dialect, names):
    assert binaries_of_group(group, dialect) == names


def with_binary(**content):
    one = {"plane": "control", "role": "control", "kind": "api", **content}
    return Entry(
        {"sources": {"s": "t"}, "projects": {"p": {"source": "s", "binaries": {"p-api": one}}}}, "binaries.yaml"
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"plane": "data"}, "data"),
        ({"role": "king"}, "king"),
        ({"kind": "thing"}, "thing"),
        ({"registry": "oslo"}, "oslo"),
        ({"first": "2020.1", "last": "2019.1"}, "later than the last"),
        ({"lats": "2019.1"}, "lats"),
        ({"source": "hearsay"}, "hearsay"),
        ({"needs": "magic"}, "needs unknown projects"),
        ({"groups": {"chef": ["x"]}}, "groups"),
        ({"groups": {"kolla": {"x": 1}}}, "groups"),
        ({"replaced_by": [{"service": "p-api"}]}, "how"),
        ({"replaced_by": [{"service": "q-api", "how": "magic"}]}, "q-api"),
        ({"replaced_by": [{"service": "p-api", "how": "x", "only_with": "luck"}]}, "luck"),
    ],
)
def test_a_wrong_binary_does_not_load(content, said):
    with pytest.raises(StairliftError, match=said) as refused:
        binaries.binaries_of(with_binary(**content))
    assert refused.value.code == "knowledge.invalid"


def test_a_binary_belongs_to_one_project():
    one = {"source": "s", "binaries": {"x": {"plane": "control", "role": "control", "kind": "api"}}}
    with pytest.raises(StairliftError, match="twice"):
        binaries.binaries_of(Entry({"sources": {"s": "t"}, "projects": {"p": one, "q": one}}, "b"))


def test_the_shipped_file_loads():
    assert len(binaries.binaries_of(read("binaries.yaml")).by_name) == len(all_binaries()) > 150
    assert len(set(all_binaries())) == len(all_binaries())
