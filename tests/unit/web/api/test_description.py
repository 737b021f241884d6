"""The description of the API: the copy in the documentation is what the server gives, and says of everything what it is."""

import json
import os

import pytest

from houses import a_house, a_token, client
from pages import ROOT, in_code, read
from stairlift import __version__
from stairlift.web.access import cookies
from stairlift.web.api.description import described
from stairlift.web.app import the_app

COPY = ROOT / "docs" / "reference" / "openapi.json"
METHODS = {"get", "post", "delete"}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    return a_house(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def document(house):
    return described(the_app(house))


def operations(document):
    return [(path, method, one) for path, item in document["paths"].items() for method, one in item.items()]


def test_the_copy_is_what_the_code_says(document):
    """`UPDATE=1` writes it anew: what changed in the API is then seen in what is committed."""
    text = json.dumps({**document, "info": {**document["info"], "version": "1"}}, indent=1, sort_keys=True) + "\n"
    if os.environ.get("UPDATE"):
        COPY.write_text(text, encoding="utf-8")
    assert COPY.read_text(encoding="utf-8") == text


def test_the_server_gives_it_to_whoever_may_read(house, document):
    given = client(house, "read").get("/v1/openapi.json")
    assert given.json() == json.loads(json.dumps(document))
    assert given.json()["openapi"].startswith("3.1")
    assert given.json()["info"]["version"] == __version__


def test_it_says_nothing_of_where_the_server_is(document):
    assert "servers" not in document


def test_every_operation_has_a_name_of_its_own_a_tag_and_a_summary(document):
    names = [one["operationId"] for _, _, one in operations(document)]
    assert len(set(names)) == len(names)
    assert not [name for name in names if "__" in name]
    assert not [name for name in document["components"]["schemas"] if "__" in name]
    known = {tag["name"] for tag in document["tags"]}
    for path, method, one in operations(document):
        assert method in METHODS, path
        assert len(one.get("tags", ())) == 1, path
        assert set(one["tags"]) <= known, path
        assert one["summary"], path


def test_every_operation_tells_how_it_says_no(document):
    for path, _, one in operations(document):
        assert set(one["responses"]["default"]["content"]) == {"application/problem+json"}, path
        assert "422" not in one["responses"], path


def test_every_key_is_explained(document):
    """By the pages that a reader of JSON has beside the description."""
    pages = ("reference/json", "reference/api", "reference/events", "reference/notices", "how-to/steer-from-a-program")
    explained = in_code("\n".join(read(f"docs/{page}.md") for page in pages))
    shapes = document["components"]["schemas"].values()
    assert sorted({key for shape in shapes for key in shape.get("properties", ())} - explained) == []


def test_only_health_is_open(document, house):
    assert set(document["components"]["securitySchemes"]) == {"token", "session"}
    assert document["components"]["securitySchemes"]["session"]["name"] == cookies._NAME
    assert document["security"] == [{"token": []}, {"session": []}]
    assert {path for path, _, one in operations(document) if one.get("security") == []} == {"/healthz", "/readyz"}


def test_pages_are_no_part_of_it(document):
    assert not [path for path in document["paths"] if not path.startswith(("/v1", "/healthz", "/readyz", "/metrics"))][
        1:
    ]


def test_a_parameter_that_is_described_is_one_that_is_known(document, house):
    """As far as addresses go: whoever leaves out what is needed is told so, and never that it is unknown."""
    ada = client(house)
    for path, _, one in operations(document):
        for parameter in one.get("parameters", ()):
            if parameter["in"] == "query" and "get" in document["paths"][path]:
                answer = ada.get(path.replace("{", "").replace("}", ""), params={parameter["name"]: "x"})
                assert answer.json().get("code") != "request.unknown_parameter", (path, parameter["name"])
    assert a_token(house)
