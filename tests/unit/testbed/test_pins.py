"""The two releases: exact versions, each with its hash, from no particular place."""

import re

import pytest

from tb import venvs
from tb.layout import RELEASES

# Of the series: nova, keystone, placement, neutron, glance.
VERSIONS = {"2025.1": (31, 27, 13, 26, 30), "2026.1": (33, 29, 15, 28, 32)}
PROJECTS = ("nova", "keystone", "openstack-placement", "neutron", "glance")


def requirements(release):
    text = venvs.pins(release).read_text()
    return [line for line in text.replace("\\\n", " ").splitlines() if not line.lstrip().startswith("#")]


@pytest.mark.parametrize("release", RELEASES)
def test_every_pin_is_exact_and_hashed(release):
    assert len(requirements(release)) > 150
    for line in requirements(release):
        assert re.fullmatch(r"[a-z0-9-]+==\S+( +--hash=sha256:[0-9a-f]{64})+ *", line), line


@pytest.mark.parametrize("release", RELEASES)
def test_pins_name_no_index(release):
    text = venvs.pins(release).read_text()
    assert "://" not in text
    assert "index" not in text


@pytest.mark.parametrize("release", RELEASES)
def test_the_projects_are_of_the_release(release):
    pinned = dict(line.split()[0].split("==") for line in requirements(release))
    majors = tuple(int(pinned[project].split(".")[0]) for project in PROJECTS)
    assert majors == VERSIONS[release]
