"""What the testbed believes about itself: its lock, its hosts, its records, the releases of its processes."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tb import bed, cloud, hosts, topology, venvs
from tb.errors import TestbedError as Refused
from tb.inside import processes
from tb.layout import HERE, Layout

CTL1 = topology.host_named("ctl1")


def test_a_second_command_is_refused_while_the_first_is_at_work(layout):
    with bed.locked(layout), pytest.raises(Refused, match="another command"), bed.locked(layout):
        pass
    with bed.locked(layout):
        pass


def test_the_state_directory_can_be_chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("STAIRLIFT_TESTBED_DIR", str(tmp_path))
    assert Layout.from_environment().clouds_yaml.parent == tmp_path


def test_other_pins_need_another_dump(monkeypatch, layout, tmp_path):
    before = layout.dump
    for source in ("pins", "tb"):
        (tmp_path / source).symlink_to(HERE / source)
    monkeypatch.setattr("tb.layout.HERE", tmp_path)
    assert layout.dump == before
    (tmp_path / "pins").unlink()
    (tmp_path / "pins").mkdir()
    (tmp_path / "pins/2025.1.txt").write_bytes(venvs.pins("2025.1").read_bytes() + b"\n")
    assert layout.dump != before


def test_a_host_is_on_while_its_first_process_lives(layout):
    assert hosts.pid_of(layout, CTL1) is None
    layout.run.mkdir()
    started_at = Path(f"/proc/{os.getpid()}/stat").read_text().rpartition(")")[2].split()[19]
    layout.pid_file("ctl1").write_text(f"{os.getpid()} {started_at}\n")
    assert hosts.pid_of(layout, CTL1) == os.getpid()


def test_a_process_that_got_the_number_later_is_not_the_host(layout):
    layout.run.mkdir()
    layout.pid_file("ctl1").write_text(f"{os.getpid()} 1\n")
    assert hosts.pid_of(layout, CTL1) is None


@pytest.mark.parametrize(("state", "age", "fresh"), [("up", 8.0, True), ("up", 8.1, False), ("down", 1.0, False)])
def test_fresh_is_a_heartbeat_that_is_not_older_than_the_down_time(state, age, fresh):
    assert cloud.Record("nova-compute", "cmp1", state, age).fresh is fresh


@pytest.mark.parametrize("stamp", ["2026-04-01T12:00:00.000000", "2026-04-01 12:00:00"])
def test_nova_and_neutron_write_utc(stamp):
    assert cloud.age_of(stamp, datetime(2026, 4, 1, 12, 0, 5, tzinfo=UTC)) == 5


def test_a_service_that_never_reported_is_not_fresh():
    assert cloud.age_of(None, datetime.now(UTC)) == float("inf")


def test_everything_that_reports_at_the_base_release_is_waited_for():
    expected = cloud.expected()
    assert ("nova-compute", "cmp3") in expected
    assert ("neutron-openvswitch-agent", "cmp1") in expected
    assert {binary for binary, host in expected if host == "ctl2"} == {
        "nova-conductor",
        "nova-scheduler",
        "neutron-dhcp-agent",
        "neutron-l3-agent",
    }


def test_the_release_of_a_process_is_read_from_what_it_has_mapped():
    folder = Path(sys.executable).parent.parent
    import yaml._yaml

    assert yaml._yaml.__file__.startswith(str(folder))
    assert processes.mapped_releases(os.getpid(), str(folder.parent)) == {folder.name}
    assert processes.mapped_releases(os.getpid(), "/nowhere") == set()
