"""Story 7: after the upgrade a console proxy still ran from the venv of the release before."""

from stairlift.check.gates.processes import judge_processes
from stairlift.model.observation import ProcessRecord
from stairlift.model.release import Release

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
