"""Story 1: records of computes that are long gone pin the RPC version, though they are dead and disabled."""

from stairlift.sandbox.builders import cloud, with_program
from stairlift.sandbox.scenario import ProgramSpec

CAUGHT_BY = ("record.stale",)


def test_a_dead_and_disabled_record_refuses_the_plan_until_it_is_deleted(staged):
    gone = ProgramSpec("nova-compute", silent_for=3 * 3600, disabled="decommissioned")
    scenario = with_program(cloud(control=1, network=1, compute=3), "cmp3", gone)
    _, desk = staged(scenario)
    (found,) = desk.finds()["record.stale"]
    assert (found["severity"], found["subject"]) == ("error", "nova-compute@cmp3")
    assert "delet" in found["resolution"]
    assert "record.stale" in desk.refused()
    waived = desk.types("plan", "--from", "2025.1", "--to", "2025.2", "--waive", "record.stale:nova-compute@cmp3")
    assert waived.code == 0, waived.err
