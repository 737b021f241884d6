"""Which release a version number speaks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stairlift.knowledge import versions
from stairlift.knowledge.document import Entry, read
from stairlift.knowledge.releases import all_series
from stairlift.model.errors import StairliftError
from stairlift.model.release import Release

R = Release.parse
PROJECTS = sorted(versions.versions_of(read("versions.yaml")).ranges)


def releases_of(project, version):
    return [str(release) for release in versions.releases_of_version(project, version)]


@pytest.mark.parametrize(
    ("project", "release", "version"),
    [
        ("nova", "2016.1", "13"),
        ("nova", "2023.1", "27"),
        ("nova", "2026.1", "33"),
        ("nova", "2026.2", "34"),
        ("neutron", "2017.1", "10"),
        ("neutron", "2025.1", "26"),
        ("keystone", "2025.2", "28"),
        ("glance", "2019.1", "18"),
        ("placement", "2019.1", "1"),
        ("placement", "2026.1", "15"),
        ("cinder", "2024.1", "24"),
        ("heat", "2018.2", "11"),
        ("octavia", "2025.1", "16"),
        ("ceilometer", "2018.1", "10"),
        ("barbican", "2023.2", "17"),
        ("kolla-ansible", "2025.1", "20"),
        ("openstack-ansible", "2026.1", "33"),
        ("ironic", "2024.1", "23.1"),
        ("horizon", "2025.1", "25.2"),
        ("swift", "2025.2", "2.36"),
    ],
)
def test_the_version_of_a_series(project, release, version):
    assert versions.project_version(project, R(release)) == version


@pytest.mark.parametrize(
    ("project", "release"),
    [
        ("nova", "2027.1"),
        ("octavia", "2016.1"),
        ("unheard-of", "2025.1"),
        ("freezer", "2024.1"),
        ("ironic-inspector", "2026.1"),
    ],
)
def test_what_is_not_known_is_none(project, release):
    assert versions.project_version(project, R(release)) is None


@pytest.mark.parametrize(
    ("project", "version", "release"),
    [
        ("nova", "3:29.2.0-0ubuntu1~cloud0", "2024.1"),
        ("nova", "1:29.2.0-1.el9s", "2024.1"),
        ("nova", "2:31.0.0-6", "2025.1"),
        ("nova", "32.0.0.0rc1", "2025.2"),
        ("nova", "2:33.0.0~rc2-1", "2026.1"),
        ("nova", "30.0.0.0b2.dev17", "2024.2"),
        ("nova", "v28.3.1", "2023.2"),
        ("nova", "13.1.4", "2016.1"),
        ("ironic", "23.0.1", "2023.2"),
        ("ironic", "23.1.0", "2024.1"),
        ("ironic", "26.1.3", "2024.2"),
        ("ironic", "39.0.0", "2026.2"),
        ("horizon", "24.0.1", "2024.1"),
        ("horizon", "4:25.1.2-0ubuntu2", "2024.2"),
        ("horizon", "25.3.0", "2025.1"),
        ("horizon", "25.7.1", "2026.1"),
        ("swift", "2.35.1", "2025.1"),
        ("swift", "2.9.0", None),
        ("ironic-python-agent", "9.11.0", "2024.1"),
        ("ironic-python-agent", "9.12.0", "2024.2"),
        ("ironic-inspector", "12.5.0", "2025.2"),
        ("ironic-inspector", "12.6.0", None),
        ("nova", "2025.1-ubuntu-noble", "2025.1"),
        ("nova", "zed-ubuntu-jammy", "2022.2"),
        ("nova", "master-rocky-9", None),
        ("nova", "2015.1.4", None),
        ("nova", "99.0.0", None),
        ("nova", "unknown", None),
        ("nova", "", None),
        ("unheard-of", "29.0.0", None),
    ],
)
def test_the_series_of_a_version(project, version, release):
    assert releases_of(project, version) == ([release] if release else [])


@given(st.sampled_from(PROJECTS), st.sampled_from([one.release for one in all_series()]), st.integers(0, 9))
def test_a_series_own_version_leads_back_to_it(project, release, patch):
    version = versions.project_version(project, release)
    if version is not None:
        dotted = version if "." in version else f"{version}.0"
        assert versions.releases_of_version(project, f"2:{dotted}.{patch}-1ubuntu1") == (release,)


@given(st.sampled_from(PROJECTS), st.integers(0, 60), st.integers(0, 60))
def test_no_version_belongs_to_two_series(project, major, minor):
    assert len(versions.releases_of_version(project, f"{major}.{minor}.0")) <= 1


@pytest.mark.parametrize(
    ("project", "last"),
    [
        ("senlin", "2023.2"),
        ("murano", "2023.2"),
        ("sahara", "2023.2"),
        ("vitrage", "2025.2"),
        ("ironic-inspector", "2025.2"),
    ],
)
def test_projects_that_ended(project, last):
    assert versions.last_release(project) == R(last)


def test_projects_that_go_on():
    assert versions.last_release("nova") is None


@pytest.mark.parametrize(
    ("maximum", "found"),
    [
        ("2.3", ["2015.1"]),
        ("2.12", ["2015.2"]),
        ("2.25", ["2016.1"]),
        ("2.38", ["2016.2"]),
        ("2.42", ["2017.1"]),
        ("2.53", ["2017.2"]),
        ("2.60", ["2018.1"]),
        ("2.65", ["2018.2"]),
        ("2.72", ["2019.1"]),
        ("2.79", ["2019.2"]),
        ("2.87", ["2020.1", "2020.2"]),
        ("2.88", ["2021.1"]),
        ("2.90", ["2021.2", "2022.1"]),
        ("2.93", ["2022.2"]),
        ("2.95", ["2023.1", "2023.2"]),
        ("2.96", ["2024.1", "2024.2"]),
        ("2.100", ["2025.1", "2025.2"]),
        ("2.103", ["2026.1"]),
        ("2.104", ["2026.2"]),
        ("2.10", []),
        ("2.97", []),
        ("2.999", []),
        ("", []),
    ],
)
def test_nova_releases_by_their_highest_microversion(maximum, found):
    assert [str(release) for release in versions.releases_of_microversion("compute", maximum)] == found


@pytest.mark.parametrize(
    ("service_type", "maximum", "found"),
    [
        ("sharev2", "2.91", ["2025.2"]),
        ("shared-file-system", "2.95", ["2026.1"]),
        ("shared-file-system", "2.90", []),
        ("baremetal", "1.96", ["2025.1"]),
        ("bare-metal", "1.101", ["2025.2"]),
        ("baremetal", "1.99", ["2025.2"]),
        ("baremetal", "1.112", ["2026.2"]),
        ("baremetal", "1.9", []),
        ("baremetal", "1.200", []),
        ("volumev3", "3.71", []),
        ("unheard-of", "1.0", []),
    ],
)
def test_other_services_by_their_highest_microversion(service_type, maximum, found):
    assert [str(release) for release in versions.releases_of_microversion(service_type, maximum)] == found


def test_only_three_services_may_contradict():
    assert all(versions.is_proof(name) for name in ("compute", "shared-file-system", "sharev2", "baremetal"))
    assert not any(versions.is_proof(name) for name in ("volumev3", "image", "identity", "network", "placement", "x"))


GOOD = {"sources": {"s": "somewhere"}, "through": "2026.1"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"regular": {"nova": {"major": 27}}}, "source"),
        ({"regular": {"nova": {"major": "27", "source": "s"}}}, "whole number"),
        ({"regular": {"nova": {"major": 27, "frist": "2023.1", "source": "s"}}}, "frist"),
        ({"irregular": {"x": {"starts": {"2023.1": "2.0", "2023.2": "1.0"}, "before": "3.0", "source": "s"}}}, "rise"),
        ({"irregular": {"x": {"starts": {"2023.1": "1.0"}, "before": "1.0", "source": "s"}}}, "rise"),
        ({"irregular": {"x": {"starts": {"2023.1": "one"}, "before": "2.0", "source": "s"}}}, "not a version"),
        ({"ended": {"x": {"source": "s"}}}, "last series"),
        ({"endend": {}}, "endend"),
    ],
)
def test_a_wrong_versions_file_does_not_load(more, said):
    with pytest.raises(StairliftError, match=said):
        versions.versions_of(Entry(GOOD | more, "versions.yaml"))


@pytest.mark.parametrize(
    "releases", [{"2024.1": "2.9", "2023.1": "2.5"}, {"2023.1": "2.100", "2024.1": "2.96"}, {"2023.1": "x"}]
)
def test_microversions_that_fall_do_not_load(releases):
    with pytest.raises(StairliftError):
        versions.maxima_of(Entry({"sources": {"s": "t"}, "maxima": {"x": {"releases": releases, "source": "s"}}}, "m"))
