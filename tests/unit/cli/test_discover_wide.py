"""`stairlift discover -o wide`, on a recording of what the hosts of a real OpenStack answered."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTBED = Path(__file__).parents[2] / "data" / "hosts" / "testbed.json"
WHEN = "2026-11-22T12:00:00+00:00"


@pytest.fixture
def recording(tmp_path):
    answer = {"source": "hosts:lab", "asked_at": WHEN, "cloud_time": None, "trouble": None}
    answer["documents"] = json.loads(TESTBED.read_text())
    row = {"name": "hosts:lab", "spec": "hosts:lab", "file": "hosts.json", "asked_at": WHEN}
    (tmp_path / "hosts.json").write_text(json.dumps(answer))
    manifest = {"schema": "stairlift.recording/1", "cloud": "lab", "sources": [row]}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    return f"recording:{tmp_path}"


def discover(recording, form):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("OS_", "STAIRLIFT_"))}
    argv = [sys.executable, "-m", "stairlift", "discover", "-i", recording, "-o", form]
    return subprocess.run(argv, capture_output=True, text=True, env=clean, timeout=60, check=True).stdout


def test_each_service_has_a_row_with_its_version_and_what_told_it(recording):
    lines = [line.split() for line in discover(recording, "wide").splitlines()]
    assert ["HOST", "SERVICE", "STATE", "VERSION", "SEEN", "IN", "RELEASE", "SOURCES"] in lines
    assert ["ctl1", "nova-api", "up", "31.0.0", "process", "2025.1", "hosts:lab"] in lines
    assert ["lb1", "haproxy", "up", "2.6.12-1+deb12u4", "package", "hosts:lab"] in lines


def test_the_table_of_usual_width_stays_as_it_is(recording):
    assert "SEEN IN" not in discover(recording, "table")
    told = json.loads(discover(recording, "json"))
    assert {(s["version_from"], tuple(s["releases"])) for s in told["services"]} == {("process", ("2025.1",))}
