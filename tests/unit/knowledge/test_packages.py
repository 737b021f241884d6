"""What distributions call OpenStack."""

import pytest

from stairlift.knowledge import packages
from stairlift.knowledge.binaries import all_binaries
from stairlift.knowledge.document import Entry
from stairlift.knowledge.packages import packaged, packaged_project
from stairlift.knowledge.versions import version_range
from stairlift.model.errors import StairliftError
from stairlift.model.release import Release


def test_a_program_is_in_a_package_of_its_own_name_unless_the_file_says_otherwise():
    compute = packaged("nova-compute")
    assert (compute.packages, compute.units, compute.otherwise) == (("nova-compute",), ("nova-compute",), ())
    proxy = packaged("nova-novncproxy")
    assert proxy.packages == ("nova-novncproxy", "nova-consoleproxy")
    assert proxy.units == ("nova-novncproxy",)


def test_wsgi_services_run_under_apache_where_they_have_no_unit():
    assert packaged("keystone").units == ("keystone",)
    assert packaged("keystone").otherwise == ("apache2",)


def test_a_neutron_server_is_several_units_in_debian():
    assert packaged("neutron-server").units[1:] == (
        "neutron-api",
        "neutron-rpc-server",
        "neutron-periodic-workers",
        "neutron-ovn-maintenance-worker",
    )


@pytest.mark.parametrize("name", ["mariadb", "ovn-controller", "no-such-program"])
def test_what_plans_leave_to_others_has_no_package_here(name):
    assert packaged(name) is None


def test_database_commands_run_as_the_service_with_its_configuration():
    neutron = packaged_project("neutron")
    assert neutron.user == "neutron"
    assert "--config-file=/etc/neutron/plugins/ml2/ml2_conf.ini" in neutron.arguments["neutron-db-manage"]
    assert packaged_project("horizon").user == "www-data"
    assert packaged_project("glance").user == "glance"


def test_every_project_with_programs_of_its_own_package_is_a_source_package():
    file = packages._packages()
    known = {one.project for one in all_binaries() if packaged(one.name)}
    # those that neither Debian nor Ubuntu packages, or no longer
    never = {"panko", "venus", "skyline", "murano", "ec2-api", "ovn-bgp-agent"}
    assert known - never <= set(file.source_packages)


def test_a_program_of_another_project_is_refused():
    content = {"nova": {"source": "s", "binaries": {"keystone": {}}}}
    with pytest.raises(StairliftError, match="keystone is no program of nova"):
        packages.packages_of(Entry({"sources": {"s": "t"}, "projects": content}, "packages.yaml"))


def test_the_versions_of_a_release():
    assert version_range("nova", Release(2026, 1)) == ((33, 0), (34, 0))
    assert version_range("horizon", Release(2025, 1)) == ((25, 2), (25, 4))
    assert version_range("no-such-project", Release(2026, 1)) is None
