"""Story 19: a hypervisor's OS was installed anew and its compute_id was gone; nova-compute did not start."""

import pytest

from stairlift.testing.clouds import CloudBuilder
from stories import checked, sections, sentences

CAUGHT_BY = ("nova.compute_id",)

KNOWN, OTHER = "6a1ba0d5-1b5e-4a1e-9a5e-0d7c1f0c2b11", "00000000-1b5e-4a1e-9a5e-0d7c1f0c2b11"
CLOUD = CloudBuilder().serving("identity", "compute", compute="2.100").compute("cmp1")
API = {
    "/os-hypervisors/detail": {
        "hypervisors": [{"id": KNOWN, "hypervisor_type": "QEMU", "service": {"host": "cmp1", "id": "1"}}]
    }
}


@pytest.mark.parametrize(("file", "word"), [("", "has no compute_id"), (OTHER, "compute_id of cmp1 is 00000000")])
def test_a_file_that_is_gone_or_another_refuses_before_anything_restarts(file, word):
    result = checked("nova.compute_id", CLOUD, {"cmp1": sections(compute_id=file)}, api=API)
    assert result.state == "failed"
    assert word in sentences(result)
    assert KNOWN in sentences(result)


def test_the_same_uuid_passes():
    assert checked("nova.compute_id", CLOUD, {"cmp1": sections(compute_id=KNOWN)}, api=API).state == "passed"
