"""What a host's root and a client of the cloud get."""

import configparser
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tb import programs, render, topology
from tb.layout import BASE_RELEASE, TARGET_RELEASE

EVERY_HOST = pytest.mark.parametrize("host", topology.HOSTS, ids=lambda host: host.name)
HOSTS = {host.name: host for host in topology.HOSTS}


@pytest.fixture
def files(layout, keys):
    def of(name):
        return {file.path: file for file in render.host_files(layout, HOSTS[name], keys)}

    return of


def ini(text):
    """Strict, as oslo.config is not: a section or an option given twice is a mistake of the template."""
    parser = configparser.ConfigParser(interpolation=None, default_section="none")
    parser.read_string(text)
    return parser


@EVERY_HOST
def test_every_ini_file_is_well_formed(files, host):
    for path, file in files(host.name).items():
        if path.startswith(("/etc/nova", "/etc/neutron", "/etc/keystone/keystone", "/etc/uwsgi", "/etc/supervisor")):
            assert ini(file.text).sections(), path


@EVERY_HOST
def test_supervisord_keeps_exactly_the_programs_of_the_host(files, host):
    sections = ini(files(host.name)["/etc/supervisor/supervisord.conf"].text).sections()
    kept = {section.removeprefix("program:") for section in sections if section.startswith("program:")}
    assert kept == {program.name for program in programs.programs_of(host)}


@EVERY_HOST
def test_openstack_waits_to_be_started_and_the_rest_starts_by_itself(files, host):
    config = ini(files(host.name)["/etc/supervisor/supervisord.conf"].text)
    for program in programs.programs_of(host):
        section = config[f"program:{program.name}"]
        assert section.getboolean("autostart") is not section["command"].startswith(topology.PROGRAMS_DIR)


@pytest.mark.parametrize("name", ["ctl1", "cmp3"])
def test_heartbeats_are_quick(files, name):
    nova = ini(files(name)["/etc/nova/nova.conf"].text)["DEFAULT"]
    neutron = ini(files(name)["/etc/neutron/neutron.conf"].text)
    assert (nova["report_interval"], nova["service_down_time"]) == ("2", "8")
    assert (neutron["agent"]["report_interval"], neutron["DEFAULT"]["agent_down_time"]) == ("2", "8")


@pytest.mark.parametrize("path", ["/etc/nova/nova.conf", "/etc/neutron/neutron.conf"])
def test_compute_hosts_do_not_know_the_databases(files, path):
    assert "mysql" in files("ctl1")[path].text
    assert "mysql" not in files("cmp1")[path].text


def test_nova_api_has_one_thread_per_process(files):
    assert ini(files("ctl1")["/etc/uwsgi/nova-api.ini"].text)["uwsgi"]["threads"] == "1"


def test_each_agent_starts_the_helper_of_its_own_release(files):
    agents = {"ctl1": ("dhcp", "l3", "metadata"), "cmp1": ("openvswitch",)}
    for name, kinds in agents.items():
        for kind in kinds:
            config = ini(files(name)[f"/etc/neutron/{kind}_agent.ini"].text)
            helpers = {config[section]["helper_command"] for section in config if section.startswith("privsep")}
            assert helpers == {f"{topology.PROGRAMS_DIR}/neutron-{kind}-agent/bin/privsep-helper"}


def test_the_load_balancer_has_every_api_of_every_control_host(files):
    text = files("lb1")["/etc/haproxy/haproxy.cfg"].text
    for api in topology.APIS:
        block = text.split(f"listen {api.program}\n")[1].split("\nlisten ")[0]
        for host in topology.CONTROLS:
            assert f"  server {host.name} {host.address}:{api.port}\n" in block


def test_control_hosts_share_keystones_keys_and_nobody_else_reads_them(files):
    first, second = (files(name)["/etc/keystone/fernet-keys/1"] for name in ("ctl1", "ctl2"))
    assert first == second
    assert first.mode == 0o600


@EVERY_HOST
def test_every_openstack_program_has_its_own_link_to_the_base_release(layout, host):
    links = {link.path: link.target for link in render.host_links(layout, host)}
    for program in programs.openstack_programs(host):
        assert links[f"{topology.PROGRAMS_DIR}/{program.name}"] == str(layout.venvs / BASE_RELEASE)
        assert program.command.startswith(f"{topology.PROGRAMS_DIR}/{program.name}/bin/")


def test_a_host_is_written_below_its_upper_layer_only(layout, keys):
    render.write_host(layout, HOSTS["ctl1"], keys)
    upper = layout.host("ctl1") / "upper"
    assert (upper / "etc/nova/nova.conf").is_file()
    assert (upper / "opt/openstack/nova-api").readlink() == layout.venvs / BASE_RELEASE
    assert {path.name for path in layout.state.iterdir()} == {"hosts"}


@pytest.fixture
def client(layout):
    return {Path(file.path): file.text for file in render.client_files(layout)}


def test_clouds_yaml_names_the_load_balancer(client, layout):
    cloud = yaml.safe_load(client[layout.clouds_yaml])["clouds"][topology.CLOUD]
    assert cloud["auth"]["auth_url"] == f"http://{topology.LOADBALANCER.address}:5000/v3"


@pytest.fixture
def inventory(client, layout):
    """As Ansible itself reads it."""
    layout.inventory.parent.mkdir()
    layout.inventory.write_text(client[layout.inventory])
    tool = Path(sys.executable).with_name("ansible-inventory")
    listed = subprocess.run([tool, "-i", layout.inventory, "--list", "--export"], check=True, capture_output=True)
    assert b"WARNING" not in listed.stderr
    return json.loads(listed.stdout)


def test_the_inventory_has_a_group_per_service_and_the_topology(inventory):
    groups = {name: set(group.get("hosts", ())) for name, group in inventory.items()}
    assert groups["control"] == {"ctl1", "ctl2"}
    assert (
        groups["compute"] == groups["nova_compute"] == groups["neutron_openvswitch_agent"] == {"cmp1", "cmp2", "cmp3"}
    )
    for service in ("keystone", "placement_api", "glance_api", "nova_api", "neutron_api", "neutron_rpc_server"):
        assert groups[service] == groups["control"]
    in_openstack = {name for name, hosts in groups.items() if hosts & {"lb1", "infra1"}}
    assert in_openstack == {"loadbalancer", "mariadb", "rabbitmq", "memcached"}


def test_ansible_cfg_waits_without_burning_a_core(client, layout):
    config = ini(client[layout.ansible_cfg])
    assert config["defaults"]["internal_poll_interval"] == "0.05"
    assert config["ssh_connection"].getboolean("pipelining")


def test_the_target_is_another_release():
    assert BASE_RELEASE != TARGET_RELEASE
