"""Addresses below endpoints, in all the ways in which catalogs write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stairlift.openstack.endpoints import below, document_urls, redirected, version_entries, without_userinfo


@pytest.mark.parametrize(
    ("endpoint", "kind", "path", "url"),
    [
        ("http://n:8774/v2.1", "compute", "/os-services", "http://n:8774/v2.1/os-services"),
        ("http://n:8774/v2.1/", "compute", "/v2.1/os-services", "http://n:8774/v2.1/os-services"),
        ("http://n:8774/v2.1/abc", "compute", "/os-services", "http://n:8774/v2.1/abc/os-services"),
        ("http://n:8774", "compute", "/os-services", "http://n:8774/v2.1/os-services"),
        ("http://n/compute", "compute", "os-services?a=b/c", "http://n/compute/v2.1/os-services?a=b/c"),
        ("http://n:9696", "network", "/agents", "http://n:9696/v2.0/agents"),
        ("http://n:9696/", "network", "/v2.0/agents", "http://n:9696/v2.0/agents"),
        ("http://n:9696/v2.0", "network", "/v2.0/agents", "http://n:9696/v2.0/agents"),
        ("http://n:8776/v3/p", "volumev3", "/os-services", "http://n:8776/v3/p/os-services"),
        ("http://n:8776", "block-storage", "/os-services", "http://n:8776/v3/p/os-services"),
        ("http://n:8778", "placement", "/resource_providers", "http://n:8778/resource_providers"),
        ("http://[fd00::5]:8774/v2.1", "compute", "/os-services", "http://[fd00::5]:8774/v2.1/os-services"),
    ],
)
def test_a_path_means_the_same_in_every_catalog(endpoint, kind, path, url):
    assert below(endpoint, path, kind, "p") == url


@pytest.mark.parametrize(
    ("endpoint", "urls"),
    [
        ("http://n:8774/v2.1", ("http://n:8774/", "http://n:8774/v2.1/")),
        ("http://n/compute/v2.1/abc", ("http://n/compute/", "http://n/compute/v2.1/")),
        ("http://n:9696", ("http://n:9696/",)),
        ("http://n/volume/v3/abc?x=1", ("http://n/volume/", "http://n/volume/v3/")),
    ],
)
def test_where_a_version_document_may_lie(endpoint, urls):
    assert document_urls(endpoint) == urls


@pytest.mark.parametrize(
    "document",
    [
        {"versions": {"values": [{"id": "v3.14"}]}},
        {"versions": [{"id": "v3.14"}, "noise"]},
        {"version": {"id": "v3.14"}},
        {"version": {"id": "v3.14"}, "default_version": {"id": "v1"}},
    ],
)
def test_all_shapes_of_version_documents(document):
    assert version_entries(document) == [{"id": "v3.14"}]


@pytest.mark.parametrize("document", [None, [], {}, {"versions": 5}, {"versions": {"values": None}}, {"version": "3"}])
def test_what_is_no_version_document(document):
    assert version_entries(document) == []


@pytest.mark.parametrize(
    ("url", "location", "target"),
    [
        ("http://n:80/a", "/b", "http://n:80/b"),
        ("http://n:80/a", "https://n:80/a", "https://n:80/a"),
        ("https://n/a", "http://n/a", None),
        ("http://n/a", "http://n.evil/a", None),
        ("http://n:80/a", "http://n:81/a", None),
        ("http://n/a", "//evil/a", None),
        ("http://n/a", "http://n@evil/a", None),
        ("http://n/a", "http://[::1", None),
    ],
)
def test_redirects_stay_on_their_server(url, location, target):
    assert redirected(url, location) == target


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_location_breaks_a_redirect(path, location):
    target = redirected(f"http://n:8774/{path}", location)
    assert target is None or target.startswith(("http://n:8774", "https://n:8774"))


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("http://u:p@h/x", "http://h/x"),
        ("http://u:p@ss@h:1/x@y", "http://h:1/x@y"),
        ("http://h/x", "http://h/x"),
        ("words", "words"),
    ],
)
def test_urls_lose_their_passwords(url, clean):
    assert without_userinfo(url) == clean
