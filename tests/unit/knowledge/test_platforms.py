"""What a release needs of machines, and what services log when releases do not fit together."""

import re

import pytest

from stairlift.knowledge.complaints import grave_complaints, grave_of
from stairlift.knowledge.document import Entry
from stairlift.knowledge.platforms import platform, platforms_of
from stairlift.knowledge.releases import all_series, parse_series
from stairlift.model.errors import StairliftError

KNOWN = [(one.release, platform(one.release)) for one in all_series() if platform(one.release)]


def test_the_numbers_of_nova_only_grow():
    """A floor is the number of a release before, and never above the release's own."""
    numbers = [(one.nova_floor, one.nova) for _, one in KNOWN]
    assert numbers == sorted(numbers)
    assert all(floor <= own for floor, own in numbers)


def test_every_release_of_the_last_years_is_there():
    assert {str(release) for release, _ in KNOWN} >= {"2023.1", "2024.1", "2025.1", "2025.2", "2026.1", "2026.2"}
    assert platform(parse_series("2016.1")) is None
    assert platform(None) is None


@pytest.mark.parametrize("python", [[11], [12, 10], []])
def test_pythons_are_a_range(python):
    entry = {
        "distributions": ["debian 12"],
        "python": python,
        "libvirt": "8",
        "qemu": "6",
        "nova": 1,
        "nova_floor": 1,
        "source": "x",
    }
    with pytest.raises(StairliftError):
        platforms_of(Entry({"sources": {"x": "y"}, "platforms": {"2025.1": entry}}, "test"))


@pytest.mark.parametrize(
    "line",
    [
        "oslo_messaging.rpc.client.RPCVersionCapError: Requested message version, 6.4 is incompatible.",
        "Endpoint does not support RPC version 1.4. Attempted method: report_state",
        "DBNonExistentTable: (1146, \"Table 'nova.share_mapping' doesn't exist\")",
        "pymysql.err.OperationalError: (1054, \"Unknown column 'x' in 'field list'\")",
    ],
)
def test_what_services_say_of_a_mixed_cloud_is_known(line):
    assert re.search(grave_complaints(), line)


def test_daily_noise_is_not():
    assert not re.search(grave_complaints(), "MessagingTimeout: Timed out waiting for a reply to message ID 1")


def test_a_word_that_is_no_expression_is_refused():
    with pytest.raises(StairliftError):
        grave_of(Entry({"sources": {"x": "y"}, "grave": [{"word": "(", "source": "x"}]}, "test"))
