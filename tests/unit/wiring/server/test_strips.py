"""Strips are made from what was added to a meter's file since the last look, and are what a first look would show."""

from dataclasses import replace

import pytest

from meters import NOVA, TARGETS, failure, seconds, session
from stairlift.model.run import RunState
from stairlift.probe.order import SAMPLES, folder_of
from stairlift.probe.samples import SampleFile, SampleReader
from stairlift.testing.clouds import NOON
from stairlift.wiring.server.strips import Strips
from standings import a_run

RUN = replace(a_run(RunState.DONE), ended_at=NOON)


@pytest.fixture
def file(tmp_path):
    folder = folder_of(tmp_path, RUN.id)
    folder.mkdir(parents=True)
    found = SampleFile(folder / SAMPLES, TARGETS)
    found.begin(session())
    return found


def write(file, *buckets) -> None:
    for bucket in buckets:
        file.put(bucket, [])


def states(strips, tmp_path, **given):
    strip = strips.strip_of(RUN, tmp_path, bins=4, **given)
    return {lane.api: [one.state for one in lane.bins] for lane in strip.lanes}


def test_only_what_is_new_is_read(file, tmp_path, monkeypatch):
    kept, pieces = Strips(), []
    plain = SampleReader.pieces

    def counted(reader):
        found = list(plain(reader))
        pieces.append(len(found))
        return iter(found)

    monkeypatch.setattr(SampleReader, "pieces", counted)
    write(file, *seconds(0, 8))
    assert set(states(kept, tmp_path)["nova"]) == {"ok"}
    write(file, failure(8.0)[1], *seconds(9, 16))
    assert states(kept, tmp_path)["nova"] == ["ok", "ok", "failed", "ok"]
    assert states(kept, tmp_path) == states(Strips(), tmp_path)
    assert pieces[:3] == [9, 8, 0]


def test_where_nobody_measured_there_is_none(tmp_path):
    assert Strips().strip_of(RUN, tmp_path) is None


def test_a_file_that_was_replaced_is_read_from_its_beginning(file, tmp_path):
    kept = Strips()
    write(file, *seconds(0, 8))
    states(kept, tmp_path)
    path = folder_of(tmp_path, RUN.id) / SAMPLES
    path.rename(path.with_name("old"))
    other = SampleFile(path, TARGETS)
    other.begin(session())
    write(other, failure(0.0)[1], failure(1.0)[1])
    strip = kept.strip_of(RUN, tmp_path, bins=2)
    assert sum(one.failed for one in next(lane for lane in strip.lanes if lane.api == NOVA.api).bins) == 2


def test_a_run_that_goes_on_without_its_meter_has_no_data(file, tmp_path):
    write(file, *seconds(0, 8))
    strip = Strips().strip_of(a_run(RunState.RUNNING), tmp_path, bins=10)
    assert {lane.bins[-1].state for lane in strip.lanes} == {"no-data"}
