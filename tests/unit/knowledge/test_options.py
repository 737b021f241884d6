import pytest

from stairlift.knowledge.document import Entry
from stairlift.knowledge.options import options, options_of
from stairlift.knowledge.procedures import procedure
from stairlift.model.errors import StairliftError

SOURCES = {"samples": "the samples"}


def test_every_project_is_one_that_can_be_upgraded():
    assert [name for name in options().projects if procedure(name) is None] == []


def test_a_project_is_asked_by_its_own_names_first():
    found = options().namespaces("nova")
    assert found[0] == "nova.conf"
    assert "oslo.messaging" in found
    assert len(found) == len(set(found))


def test_files_are_patterns_that_a_shell_takes_as_they_are():
    """They are set before a script, with blanks between them."""
    words = [word for one in options().projects.values() for word in (*one.namespaces, *one.files)]
    assert [word for word in words if set(word) & set(" '\"$`\\;|&<>") or word.startswith("/")] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"projects": {"nova": {"namespaces": ["nova.conf"], "source": "samples"}}},
        {"projects": {"nova": {"files": ["nova.conf"], "source": "samples"}}},
        {"projects": {"nova": {"files": ["nova.conf"], "namespaces": ["nova.conf"]}}},
        {"demands": [{"project": "heat", "section": "DEFAULT", "option": "x", "by": ["heat-engine"], "source": "samples"}]},
        {"projects": {"heat": {"files": ["heat.conf"], "namespaces": ["heat"], "source": "samples"}},
         "demands": [{"project": "heat", "section": "DEFAULT", "option": "x", "by": ["nova-api"], "lengths": [32],
                      "helps": "y", "source": "samples"}]},
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_refused(wrong):
    with pytest.raises(StairliftError):
        options_of(Entry({"sources": SOURCES, **wrong}, "options.yaml"))
