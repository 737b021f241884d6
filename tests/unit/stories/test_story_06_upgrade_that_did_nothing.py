"""Story 6: new packages came from another vendor, were skipped, and the step "passed"; it failed much later."""

from stairlift.check.gates.processes import judge_processes
from stairlift.model.observation import ProcessRecord
from stairlift.model.release import Release
from stairlift.testing.clouds import a_cloud
from stories import checked, sections, sentences

CAUGHT_BY = ("packages.candidate", "packages.held", "process.current")

COMPUTE = a_cloud(control=1, network=0, compute=1)


def test_a_repository_that_offers_no_new_packages_refuses_before_anything_is_done():
    hosts = sections(packages="python3-nova 3:31.0.0-0ubuntu1", candidates="python3-nova 3:31.0.0-0ubuntu1")
    result = checked("packages.candidate", COMPUTE, {"": hosts})
    assert result.state == "failed"
    assert "31.0.0" in sentences(result)


def test_packages_that_are_held_back_are_named():
    ours, theirs = "python3-nova 3:31.0.0-0ubuntu1", "python3-nova 3:32.0.0-0ubuntu1"
    hosts = sections(packages=ours, candidates=theirs, held="nova-compute", simulated="")
    result = checked("packages.held", COMPUTE, {"": hosts})
    assert result.state == "failed"
    assert "nova-compute" in sentences(result)


def test_a_process_that_still_runs_the_old_code_keeps_its_step_from_being_done():
    same = ProcessRecord("nova-compute", "cmp1", "systemd", "nova-compute.service", "up", "31.0.0", "package", "31.0.0")
    missing, _ = judge_processes("cmp1", ["nova-compute"], [same], Release(2026, 1))
    assert missing == ["nova-compute on cmp1 runs 31.0.0 (2025.1), which is not of 2026.1"]


def test_and_one_of_the_target_lets_it_go_on():
    new = ProcessRecord("nova-compute", "cmp1", "systemd", "nova-compute.service", "up", "33.0.0", "package", "33.0.0")
    assert judge_processes("cmp1", ["nova-compute"], [new], Release(2026, 1)) == ([], [])
