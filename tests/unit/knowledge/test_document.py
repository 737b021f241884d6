"""Data files are read strictly."""

from importlib import resources

import pytest
import yaml

from stairlift.knowledge import document
from stairlift.model.errors import StairliftError

FILES = sorted(f.name for f in resources.files("stairlift.knowledge").iterdir() if f.name.endswith(".yaml"))


def text_of(name):
    return (resources.files("stairlift.knowledge") / name).read_text(encoding="utf-8")


def cited(node):
    match node:
        case dict():
            own = {node["source"]} if isinstance(node.get("source"), str) else set()
            return own.union(*(cited(value) for value in node.values()))
        case list():
            return set().union(*(cited(item) for item in node))
    return set()


def test_the_files_are_the_ones_that_the_loaders_read():
    assert FILES == [
        "binaries.yaml",
        "checks.yaml",
        "complaints.yaml",
        "draining.yaml",
        "microversions.yaml",
        "options.yaml",
        "order.yaml",
        "packages.yaml",
        "platforms.yaml",
        "probes.yaml",
        "procedures.yaml",
        "proxies.yaml",
        "releases.yaml",
        "service_types.yaml",
        "targets.yaml",
        "versions.yaml",
    ]


@pytest.mark.parametrize("name", FILES)
def test_every_file_says_of_when_it_is(name):
    assert "# State of knowledge: " in text_of(name).partition("\nsources:")[0]


@pytest.mark.parametrize("name", FILES)
def test_every_source_is_cited_and_every_citation_has_its_source(name):
    content = yaml.safe_load(text_of(name))
    assert set(content.pop("sources")) == cited(content)


@pytest.mark.parametrize("text", ["a: 1\na: 2\n", "x: {b: 1, c: 2, b: 3}\n"])
def test_a_key_given_twice_is_an_error(text):
    with pytest.raises(StairliftError, match="given twice"):
        document.parse(text)


def test_no_python_objects_are_made():
    with pytest.raises(yaml.YAMLError):
        document.parse("!!python/object/apply:os.system ['true']")


def test_what_nobody_asked_for_is_an_error():
    entry = document.Entry({"sources": {}, "known": "x", "unknown": "y"}, "here")
    assert entry.text("known") == "x"
    with pytest.raises(StairliftError, match="unknown"):
        entry.close()


@pytest.mark.parametrize(
    ("take", "value"),
    [
        ("text", 1),
        ("texts", [1]),
        ("texts", {"a": 1}),
        ("flag", "yes"),
        ("number", "1"),
        ("number", True),
        ("date", "2020-01-01"),
        ("release", 2025.1),
        ("mapping", []),
        ("entries", {}),
        ("children", []),
        ("child", "x"),
    ],
)
def test_the_wrong_kind_of_value_is_an_error(take, value):
    with pytest.raises(StairliftError) as refused:
        getattr(document.Entry({"sources": {}, "key": value}, "here"), take)("key")
    assert refused.value.code == "knowledge.invalid"
    assert "here" in refused.value.brief


def test_a_file_is_a_mapping():
    with pytest.raises(StairliftError, match="mapping"):
        document.Entry(["a"], "here")
