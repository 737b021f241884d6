"""Story 7: after the upgrade a console proxy still ran from the venv of the release before."""

from stairlift.check.gates.processes import judge_processes
from stairlift.model.observation import ProcessRecord
from stairlift.model.release import Release
from stairlift.testing.clouds import a_cloud
from stories import checked

CAUGHT_BY = ("process.current", "release.mixed")


def test_a_process_whose_files_were_replaced_under_it_is_named():
    old = ProcessRecord("nova-novncproxy", "ctl1", "systemd", "nova-novncproxy.service", "up", "31.0.0", stale=True)
    missing, _ = judge_processes("ctl1", ["nova-novncproxy"], [old], Release(2026, 1))
    assert missing == [
        "nova-novncproxy on ctl1 runs files that have been replaced since it started: nova-novncproxy.service"
    ]


def test_so_is_one_that_runs_from_the_old_venv_beside_the_new_one():
    old = ProcessRecord("nova-novncproxy", "ctl1", "process", "/venvs/31/bin/nova-novncproxy", "up", "31.1.0", "venv")
    missing, _ = judge_processes("ctl1", ["nova-novncproxy"], [old], Release(2026, 1))
    assert "runs 31.1.0 (2025.1), which is not of 2026.1" in missing[0]


def test_who_cannot_be_seen_is_no_success_but_unknown():
    missing, unknown = judge_processes("ctl1", ["nova-novncproxy"], [], Release(2026, 1))
    assert missing == []
    assert "nova-novncproxy on ctl1" in unknown[0]


def test_at_the_end_of_a_hop_nothing_of_another_release_may_run():
    built = a_cloud(control=1, network=0, compute=2)
    for host, version in (("cmp1", "32.0.0"), ("cmp2", "31.0.0")):
        seen = ProcessRecord("nova-compute", host, "systemd", "nova-compute.service", "up", version, "process")
        built = built.saying("hosts:inventory", seen)
    result = checked("release.mixed", built, {}, phase="end")
    assert result.state == "failed"
    (found,) = result.findings
    assert (found.subject, found.severity) == ("nova-compute@cmp2", "error")
