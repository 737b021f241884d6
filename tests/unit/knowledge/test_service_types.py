"""What a catalog calls its services, and who answers for them."""

import pytest

from stairlift.knowledge import service_types
from stairlift.knowledge.binaries import apis_of, binary
from stairlift.knowledge.document import Entry
from stairlift.model.errors import StairliftError


@pytest.mark.parametrize(
    ("name", "official", "project"),
    [
        ("volumev3", "block-storage", "cinder"),
        ("block-store", "block-storage", "cinder"),
        ("sharev2", "shared-file-system", "manila"),
        ("Compute", "compute", "nova"),
        ("container-infra", "container-infrastructure-management", "magnum"),
        ("container_infra", "container-infrastructure-management", "magnum"),
        ("infra-optim", "resource-optimization", "watcher"),
    ],
)
def test_aliases_fold(name, official, project):
    assert service_types.canonical(name) == official
    assert service_types.service_type(name).project == project


def test_an_unknown_type_stays_as_it_is():
    assert service_types.canonical("weather") == "weather"
    assert service_types.service_type("weather") is None
    assert apis_of("weather") == ()


@pytest.mark.parametrize(
    ("name", "apis"),
    [
        ("identity", ("keystone",)),
        ("compute", ("nova-api",)),
        ("network", ("neutron-server", "neutron-api")),
        ("volumev2", ("cinder-api",)),
        ("placement", ("nova-placement-api", "placement-api")),
        ("object-store", ("swift-proxy-server",)),
    ],
)
def test_who_answers(name, apis):
    assert apis_of(name) == apis


def test_every_api_of_the_catalog_is_a_control_service_with_a_source():
    for one in service_types.all_service_types():
        assert one.source
        assert one.apis
        for api in one.apis:
            assert binary(api) is not None, api
            assert binary(api).plane == "control"
            assert binary(api).registry is None


@pytest.mark.parametrize("alias", ["image", "picture"])
def test_a_name_means_one_thing(alias):
    types = {
        "image": {"project": "glance", "aliases": ["picture"], "source": "s"},
        "print": {"project": "press", "aliases": [alias], "source": "s"},
    }
    with pytest.raises(StairliftError, match="twice"):
        service_types.service_types_of(Entry({"sources": {"s": "t"}, "types": types}, "t"))
