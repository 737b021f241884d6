"""What the lines of one host mean."""

from datetime import UTC, datetime, timedelta

import pytest

from stairlift.inventory.host_facts import facts
from stairlift.model.observation import DutyRecord, HostRecord, ProcessRecord, VersionRecord

BOOT = 1_790_000_000
STARTED = datetime.fromtimestamp(BOOT + 100, UTC)
VENV = "/opt/venv/lib/python3.12/site-packages"
OTHER = "/opt/other/lib/python3.12/site-packages"
DEBIAN = "/usr/lib/python3/dist-packages"
CONTAINER = "0123456789abcdef" * 4


def rows(*more, user="0"):
    return [["host", "cmp1"], ["name", "cmp1.lab"], ["user", user], ["time", "1", str(BOOT), "100"], *more]


def process(pid, command, group="", parent="1", ticks=10_000):
    return ["process", str(pid), parent, str(ticks), group, command]


def dist(place, folder, age=0):
    """A copy that was installed so many seconds before the host was booted; a negative age is later."""
    return ["dist", "mnt:[1]", place, folder, str(BOOT - age)]


def runs(pid, place, gone=""):
    return ["runs", str(pid), "mnt:[1]", place, gone]


def starts(pid, place):
    return ["starts", str(pid), "mnt:[1]", place]


def seen(*more, user="0"):
    return facts("cmp1", None, rows(*more, user=user))


def processes(*more, user="0"):
    return [fact for fact in seen(*more, user=user) if isinstance(fact, ProcessRecord)]


COMPUTE = process(7, "/opt/venv/bin/python /opt/link/bin/nova-compute", "/system.slice/nova-compute.service")


def test_a_host_tells_its_names():
    assert seen()[0] == HostRecord("cmp1", ("cmp1", "cmp1.lab"))
    assert seen(["name", "localhost.localdomain"])[0].names == ("cmp1", "cmp1.lab")
    assert seen(user="1000")[0].partial


def test_a_host_tells_who_leads_and_whether_it_is_a_gateway():
    found = seen(["duty", "ovn-sb-db", "leader"], ["duty", "ovn-controller", "gateway"], ["duty", "x", "boss"])
    assert found[1:] == (
        DutyRecord("ovn-controller", "cmp1", "gateway"),
        DutyRecord("ovn-sb-db", "cmp1", "leader"),
    )


def test_the_code_that_runs_is_the_one_that_is_mapped():
    found = seen(COMPUTE, runs(7, VENV), starts(7, VENV), dist(VENV, "nova-31.0.0.dist-info", 60))
    assert found[1:] == (
        ProcessRecord(
            "nova-compute", "cmp1", "systemd", "nova-compute.service", "up", "31.0.0", "process", "31.0.0", STARTED
        ),
        VersionRecord("nova-compute", "cmp1", "31.0.0", "process"),
    )


def test_a_link_that_was_switched_shows_what_a_restart_would_run():
    lines = (COMPUTE, runs(7, VENV), starts(7, OTHER))
    [one] = processes(*lines, dist(VENV, "nova-31.0.0.dist-info"), dist(OTHER, "nova-33.0.0.dist-info", -500))
    assert (one.version, one.installed, one.evidence, one.stale) == ("31.0.0", "33.0.0", "process", False)


def test_what_was_replaced_in_place_is_unknown_and_stale():
    found = seen(COMPUTE, runs(7, VENV), starts(7, VENV), dist(VENV, "nova-33.0.0.dist-info", -500))
    assert [f for f in found if isinstance(f, VersionRecord)] == []
    [one] = [f for f in found if isinstance(f, ProcessRecord)]
    assert (one.version, one.installed, one.stale) == (None, "33.0.0", True)


def test_a_package_is_as_old_as_its_installation_and_not_as_its_build():
    package = ["package", "python3-nova", "3:33.0.0-1", str(BOOT + 500)]
    lines = (COMPUTE, runs(7, DEBIAN), starts(7, DEBIAN), dist(DEBIAN, "nova-33.0.0.egg-info", 9_000))
    assert not processes(*lines)[0].stale
    assert processes(*lines, package)[0].stale


def test_code_that_is_gone_is_told():
    [one] = processes(COMPUTE, runs(7, VENV, "deleted"))
    assert (one.version, one.installed, one.stale) == (None, None, True)
    [one] = processes(COMPUTE, runs(7, VENV, "deleted"), starts(7, OTHER), dist(OTHER, "nova-33.0.0.dist-info"))
    assert (one.version, one.installed, one.stale) == (None, "33.0.0", True)


@pytest.mark.parametrize(("place", "evidence"), [(VENV, "venv"), (DEBIAN, "package")])
def test_without_root_it_is_what_is_installed(place, evidence):
    [one] = processes(COMPUTE, starts(7, place), dist(place, "nova-31.0.0-py3.12.egg-info", 60), user="1000")
    assert (one.version, one.evidence) == ("31.0.0", evidence)


def test_of_several_processes_the_oldest_code_counts():
    old = process(8, "/v/bin/python /v/bin/nova-compute", "/system.slice/nova-compute.service")
    lines = (COMPUTE, old, runs(7, OTHER), runs(8, VENV))
    [one] = processes(*lines, dist(VENV, "nova-31.0.0.dist-info"), dist(OTHER, "nova-33.0.0.dist-info"))
    assert one.version == "31.0.0"


def test_an_api_under_uwsgi_is_known_by_its_module():
    line = process(7, "/usr/bin/uwsgi-core --ini /etc/uwsgi/x.ini", "/system.slice/uwsgi.service")
    [one] = processes(line, ["wsgi", "7", "nova.wsgi.osapi_compute:application"])
    assert (one.binary, one.unit) == ("nova-api", "uwsgi.service")


def test_a_renamed_uwsgi_is_known_by_its_unit():
    [one] = processes(process(7, "uWSGI master", "/system.slice/keystone.service"))
    assert one.binary == "keystone"
    [one] = processes(process(7, "placement-api uWSGI master"))
    assert (one.binary, one.manager) == ("placement-api", "process")


def test_an_apache_may_serve_several():
    line = process(7, "/usr/sbin/apache2 -k start", "/system.slice/apache2.service")
    child = process(8, "(wsgi:keystone-public) -k start", "/system.slice/apache2.service", parent="7")
    modules = [["wsgi", "7", f"/usr/bin/{name}"] for name in ("keystone-wsgi-public", "placement-api")]
    found = processes(line, child, *modules, runs(8, DEBIAN), dist(DEBIAN, "keystone-27.0.0.egg-info", 60))
    assert [(p.binary, p.unit, p.version) for p in found] == [
        ("keystone", "apache2.service", "27.0.0"),
        ("placement-api", "apache2.service", None),
    ]


@pytest.mark.parametrize(
    ("engine", "scope"),
    [
        ("docker", "docker-{}.scope"),
        ("podman", "libpod-{}.scope"),
        ("podman", "kolla-nova_compute-container.service/libpod-payload-{}"),
    ],
)
def test_a_container_is_named_and_its_own_code_beats_its_tag(engine, scope):
    inside = [
        "process",
        "9",
        "1",
        "10000",
        f"/system.slice/{scope.format(CONTAINER)}",
        "/v/bin/python /v/bin/nova-compute",
    ]
    image = "images.example.com/openstack.kolla/nova-compute:2025.1-debian-bookworm"
    listed = ["container", engine, CONTAINER, "nova_compute", image, "running"]
    [one] = processes(inside, listed)
    assert (one.manager, one.unit, one.version, one.evidence) == (
        engine,
        "nova_compute",
        "2025.1-debian-bookworm",
        "image",
    )
    [one] = processes(inside, listed, runs(9, VENV), dist(VENV, "nova-31.0.1.dist-info", 60))
    assert (one.version, one.evidence) == ("31.0.1", "process")


def test_a_container_that_has_ended_is_down():
    listed = ["container", "docker", CONTAINER, "nova_compute", "kolla/nova-compute:2025.1-x", "exited"]
    found = seen(listed)
    assert [f for f in found if isinstance(f, VersionRecord)] == []
    [one] = [f for f in found if isinstance(f, ProcessRecord)]
    assert (one.state, one.version, one.installed) == ("down", None, "2025.1-x")


def test_a_tag_of_the_operator_s_own_tells_nothing():
    listed = ["container", "docker", CONTAINER, "nova_compute", "registry/nova-compute:latest", "running"]
    [one] = processes(listed)
    assert (one.state, one.version, one.evidence) == ("up", None, None)


@pytest.mark.parametrize(
    "group", ["/lxc.payload.ctl1_nova_container-1/system.slice/x.service", "/lxc/ctl1_nova_container-1"]
)
def test_a_container_of_lxc_is_named(group):
    [one] = processes(process(7, "/v/bin/python /v/bin/nova-scheduler", group))
    assert (one.manager, one.unit) == ("lxc", "ctl1_nova_container-1")


def test_a_supervised_program_may_be_a_wrapper_s_child():
    program = ["program", "rabbitmq", "RUNNING", "5"]
    beam = process(9, "/usr/lib/erlang/bin/beam.smp /usr/lib/rabbitmq/lib", parent="5")
    [one] = processes(program, beam)
    assert (one.binary, one.manager, one.unit) == ("rabbitmq", "supervisor", "rabbitmq")


def test_what_should_run_and_does_not_is_down():
    found = processes(
        ["program", "nova-scheduler", "FATAL", ""],
        ["program", "sshd", "FATAL", ""],
        ["unit", "nova-conductor.service", "failed", "failed", "enabled", "0", ""],
        ["unit", "neutron-l3-agent.service", "inactive", "dead", "enabled", "0", ""],
        ["unit", "neutron-dhcp-agent.service", "inactive", "dead", "disabled", "0", ""],
    )
    assert {(p.binary, p.manager, p.state) for p in found} == {
        ("nova-scheduler", "supervisor", "down"),
        ("nova-conductor", "systemd", "down"),
        ("neutron-l3-agent", "systemd", "down"),
    }


def test_ovn_and_its_databases_are_found():
    unit = "/system.slice/ovn-central.service"
    commands = {
        7: "ovsdb-server /var/lib/ovn/ovnnb_db.db",
        8: "ovsdb-server /var/lib/ovn/ovnsb_db.db",
        9: "ovn-northd",
    }
    found = processes(
        *(process(pid, line, unit) for pid, line in commands.items()), ["package", "ovn-central", "24.03.2-1", "1"]
    )
    assert [(p.binary, p.version, p.evidence) for p in found] == [
        ("ovn-nb-db", "24.03.2-1", "package"),
        ("ovn-northd", "24.03.2-1", "package"),
        ("ovn-sb-db", "24.03.2-1", "package"),
    ]


def test_databases_have_no_release():
    found = seen(process(7, "/usr/sbin/mariadbd"), ["package", "mariadb-server", "1:10.11.19-0", "1"])
    assert [type(f) for f in found] == [HostRecord, ProcessRecord]
    assert found[1].version == "1:10.11.19-0"


def test_a_start_within_seconds_of_the_installation_is_no_contradiction():
    lines = (COMPUTE, runs(7, VENV), ["dist", "mnt:[1]", VENV, "nova-33.0.0.dist-info", str(BOOT + 101)])
    assert not processes(*lines)[0].stale
    assert processes(*lines)[0].started_at == STARTED > STARTED - timedelta(seconds=1)
