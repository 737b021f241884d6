import pytest

from stairlift.inventory.keystone import KeystoneCatalogInventory
from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.model.observation import ApiVersion, EndpointRecord
from stairlift.ports import Answer
from unit.inventory.answers import NOVA_VERSIONS, GivenCloud


def read(**documents):
    return KeystoneCatalogInventory(GivenCloud()).read(Answer({"catalog": [], "versions": {}, **documents}))


def test_endpoints_of_all_interfaces_under_the_official_name():
    source = KeystoneCatalogInventory(GivenCloud(versions={}))
    assert source.read(source.fetch()) == (
        EndpointRecord("block-storage", "public", "https://api.example.com:8776/v3/p", "RegionOne"),
        EndpointRecord("block-storage", "internal", "http://192.0.2.5:8776/v3/p", "RegionOne"),
        EndpointRecord("compute", "internal", "http://[fd00::5]:8774/v2.1", None),
    )


def test_a_version_document_that_fails_is_told_and_not_fatal():
    answer = KeystoneCatalogInventory(GivenCloud()).fetch()
    assert answer.documents["versions"] == {"compute": NOVA_VERSIONS}
    (note,) = answer.documents["notes"]
    assert "block-storage" in note
    assert "did not answer in time" in note


def test_object_storage_is_not_asked():
    cloud = GivenCloud(catalog=[{"type": "object-store", "endpoints": []}], versions={})
    assert KeystoneCatalogInventory(cloud).fetch().documents["notes"] == []


@pytest.mark.parametrize(
    ("kind", "entries", "maximum"),
    [
        ("compute", NOVA_VERSIONS, "2.100"),
        ("placement", [{"id": "v1.0", "max_version": "1.39", "min_version": "1.0"}], "1.39"),
        ("identity", [{"id": "v3.14", "status": "stable"}], "3.14"),
        ("image", [{"id": "v2.9", "status": "SUPPORTED"}, {"id": "v2.17", "status": "CURRENT"}], "2.17"),
        ("image", [{"id": "v2.17", "status": "CURRENT"}, {"id": "v2.18", "status": "EXPERIMENTAL"}], "2.17"),
        ("block-storage", [{"id": "v2.0", "status": "DEPRECATED"}, {"id": "v3.0", "version": "3.71"}], "3.71"),
        ("load-balancer", [{"id": f"v2.{n}"} for n in range(31)], "2.30"),
        ("baremetal", [{"id": "v1", "version": "1.101"}], "1.101"),
    ],
)
def test_the_highest_version_that_is_offered(kind, entries, maximum):
    assert read(versions={kind: entries}) == (ApiVersion(kind, maximum, ""),)


def test_versions_without_a_number_say_nothing():
    assert read(versions={"metric": [{"id": "latest"}]}) == ()


def test_where_a_version_says_it_is():
    links = [{"rel": "collection", "href": "x"}, {"rel": "self", "href": "http://n/v2.1/"}]
    assert read(versions={"compute": [{"id": "v2.1", "links": links}]})[0].url == "http://n/v2.1/"


@pytest.mark.parametrize(
    "documents",
    [
        {"catalog": {}},
        {"catalog": [{"type": "compute", "endpoints": [{"url": "http://n"}]}]},
        {"versions": []},
        {"versions": {"compute": [{}]}},
        {"versions": {"compute": 5}},
    ],
)
def test_what_makes_no_sense_is_malformed(documents):
    with pytest.raises(SourceTrouble) as caught:
        read(**documents)
    assert caught.value.trouble is Trouble.MALFORMED
