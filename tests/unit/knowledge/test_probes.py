"""What a user's program asks: known services, and nothing that could change anything."""

import pytest

from stairlift.knowledge.document import Entry
from stairlift.knowledge.probes import all_probes, probes_of
from stairlift.knowledge.service_types import service_type
from stairlift.model.errors import StairliftError


def document(**probe) -> Entry:
    given = {"service": "compute", "paths": ["/servers"], "weight": 1, "source": "here"} | probe
    return Entry({"sources": {"here": "https://example.org"}, "probes": {"nova.servers": given}}, "probes.yaml")


def test_each_is_of_a_service_that_is_known():
    for probe in all_probes().values():
        known = service_type(probe.service)
        assert known is not None
        assert known.project == probe.api


def test_a_token_comes_less_often_than_the_others():
    weights = {probe.kind: probe.weight for probe in all_probes().values()}
    assert weights["token"] * 3 <= weights["get"]


def test_one_of_a_list_follows_its_list():
    names = list(all_probes())
    for probe in all_probes().values():
        if probe.of:
            assert names.index(probe.of) < names.index(probe.name)
            assert all_probes()[probe.of].lists
            assert all("{id}" in path for path in probe.paths)


@pytest.mark.parametrize("wrong", [{"weight": 0}, {"paths": []}, {"of": "nova.nothing"}, {"kind": "put"}])
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(StairliftError):
        probes_of(document(**wrong))
    assert set(probes_of(document())) == {"nova.servers"}
