"""Which program a command line is."""

import pytest

from stairlift.inventory.host_programs import api_of, image_of, named, program_of, serves_apis
from stairlift.inventory.host_script import bare
from stairlift.knowledge.binaries import all_binaries


@pytest.mark.parametrize(
    ("command", "program"),
    [
        ("/usr/bin/python3 /usr/bin/nova-compute --config-file /etc/nova/nova.conf", "nova-compute"),
        ("/opt/venv/bin/python -I /x", None),
        ("/opt/2025.1/bin/python /opt/openstack/nova-conductor/bin/nova-conductor", "nova-conductor"),
        ("neutron-server: rpc worker (/v/bin/python /v/bin/neutron-rpc-server --config-file", "neutron-rpc-server"),
        ("neutron-dhcp-agent (/v/bin/python /v/bin/neutron-dhcp-agent)", "neutron-dhcp-agent"),
        ("/v/bin/python /v/bin/privsep-helper --privsep_context nova", None),
        ("/usr/sbin/mariadbd", "mariadb"),
        ("/usr/lib/erlang/erts-13/bin/beam.smp /usr/lib/rabbitmq/lib", "rabbitmq"),
        ("/usr/lib/erlang/erts-13/bin/beam.smp -noshell", None),
        ("/bin/sh /usr/lib/rabbitmq/bin/rabbitmq-server", None),
        ("ovsdb-server /etc/openvswitch/conf.db", "openvswitch"),
        ("ovsdb-server /var/lib/ovn/ovnnb_db.db", "ovn-nb-db"),
        ("ovsdb-server -vconsole:off /etc/ovn/ovnsb_db.db", "ovn-sb-db"),
        ("ovs-vswitchd unix:/run/openvswitch/db.sock", "openvswitch"),
        ("ovn-controller unix:/run/openvswitch/db.sock", "ovn-controller"),
        ("/usr/bin/ovn-northd -vconsole:emer", "ovn-northd"),
        ("less /usr/bin/nova-compute", None),
        ("tail -f /var/log/nova/nova-compute", None),
        ("", None),
    ],
)
def test_a_command_line_is_a_program(command, program):
    assert program_of(command.split()) == program


@pytest.mark.parametrize(
    ("text", "api"),
    [
        ("nova.wsgi.osapi_compute:application", "nova-api"),
        ("nova.wsgi.metadata:application", "nova-api-metadata"),
        ("/usr/bin/nova-metadata-wsgi", "nova-api-metadata"),
        ("keystone.wsgi.api:application", "keystone"),
        ("/usr/bin/keystone-wsgi-public", "keystone"),
        ("/var/www/cgi-bin/keystone/keystone", "keystone"),
        ("placement.wsgi.api:application", "placement-api"),
        ("glance.wsgi.api:application", "glance-api"),
        ("neutron.wsgi.api:application", "neutron-api"),
        ("cinder.wsgi.api:application", "cinder-api"),
        ("heat-wsgi-api-cfn", "heat-api-cfn"),
        ("heat.wsgi.api", "heat-api"),
        ("octavia.wsgi.api", "octavia-api"),
        ("barbican.wsgi.api", "barbican-api"),
        ("/usr/share/openstack-dashboard/openstack_dashboard/wsgi.py", "horizon"),
        ("wiki.wsgi:application", None),
    ],
)
def test_a_wsgi_module_is_an_api(text, api):
    assert api_of(text) == api


@pytest.mark.parametrize(
    ("unit", "program"),
    [
        ("nova-compute.service", "nova-compute"),
        ("openstack-nova-compute.service", "nova-compute"),
        ("kolla-nova_compute-container.service", "nova-compute"),
        ("neutron_l3_agent", "neutron-l3-agent"),
        ("ovn_sb_db", "ovn-sb-db"),
        ("mariadb.service", "mariadb"),
        ("sshd", None),
        ("cron", None),
    ],
)
def test_a_unit_is_called_after_its_program(unit, program):
    assert named(unit) == program


@pytest.mark.parametrize("name", [one.name for one in all_binaries()])
def test_every_program_that_is_known_is_known_by_its_script(name):
    expected = {"mariadb": None, "rabbitmq": None, "valkey": None, "openvswitch": None}
    if name not in expected:
        assert program_of(["/usr/bin/python3", f"/usr/bin/{name}"]) == name
    assert named(f"{name}.service") == name


@pytest.mark.parametrize(
    "words", ["/usr/bin/uwsgi-core --ini /e", "/v/bin/python /v/bin/uwsgi", "(wsgi:nova) -k start"]
)
def test_servers_of_applications_are_told_apart(words):
    assert serves_apis(words.split())
    assert not serves_apis(["/usr/bin/python3", "/usr/bin/nova-compute"])


def test_an_image_has_a_name_and_a_tag():
    assert image_of("images.example.com:443/openstack.kolla/nova-compute:2025.1-debian-bookworm") == (
        "nova-compute",
        "2025.1-debian-bookworm",
    )
    assert image_of("nova-compute@sha256:0123") == ("nova-compute", "")


@pytest.mark.parametrize(
    ("command", "kept"),
    [
        ("/usr/bin/nova-compute --config-file /etc/nova/nova.conf", "/usr/bin/nova-compute /etc/nova/nova.conf"),
        ("/usr/bin/uwsgi --ini=/etc/uwsgi/nova.ini", "/usr/bin/uwsgi --ini /etc/uwsgi/nova.ini"),
        ("x --password hunter2", "x"),
        ("x --password=hunter2", "x"),
        ("x --os-auth-token /abc/def", "x"),
        ("x -p hunter2 /etc/x.conf", "x /etc/x.conf"),
        ("x OS_PASSWORD=hunter2 y", "x OS_PASSWORD"),
        ("x --password two words", "x"),
        ("x --key one /two/words", "x"),
        ("gunicorn -b :5000 keystone.wsgi:app", "gunicorn keystone.wsgi:app"),
        ("ovsdb-server -vconsole:off relay:OVN_Southbound:tcp", "ovsdb-server relay:OVN_Southbound:tcp"),
        ("x mysql://nova:hunter2@db/nova", "x"),
        ("x --connection mysql://nova:hunter2@db/nova", "x"),
        ("x amqp://guest:hunter2@mq:5672//", "x"),
    ],
)
def test_what_may_be_a_secret_is_left_out_of_a_command_line(command, kept):
    assert bare(command) == kept
