"""Clouds are known from runs and from looks at them, whichever there are."""

from datetime import timedelta

import pytest

from houses import a_house, a_run
from stairlift.model.errors import UsageError
from stairlift.model.run import RunState
from stairlift.model.shelf import Sighting
from stairlift.report.clouds import known_document
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_plan, a_step
from stairlift.wiring import clouds
from stairlift.wiring.clouds import known_cloud, known_clouds


@pytest.fixture
def house(tmp_path):
    return a_house(tmp_path)


def looked(house, cloud: str, number: int) -> None:
    at = NOON + timedelta(minutes=number)
    house.library.keep_sighting(Sighting(f"look-{number}", cloud, "", 3, 9, at, "ada"), {})


def test_by_name_with_the_newest_look_and_runs(house, monkeypatch):
    monkeypatch.setattr(clouds, "_AT_ONCE", 2)
    for number, cloud in enumerate(("zoo", "lab", "zoo", "lab", "lab")):
        looked(house, cloud, number)
    old = a_run(house, a_plan(a_step("a"), cloud="lab")).does("a").rests(RunState.DONE).run
    new = a_run(house, a_plan(a_step("b"), cloud="lab"), at=NOON + timedelta(hours=1)).run
    only_run = a_run(house, a_plan(a_step("a"), cloud="beta")).does("a").rests(RunState.DONE).run
    beta, lab, zoo = known_clouds(house.office.store, house.library)
    assert [cloud.name for cloud in (beta, lab, zoo)] == ["beta", "lab", "zoo"]
    assert (beta.observation, beta.active, beta.newest.id) == (None, None, only_run.id)
    assert (lab.observation.id, lab.active.id, lab.newest.id) == ("look-4", new.id, new.id)
    assert old.id != new.id
    assert (zoo.observation.id, zoo.newest) == ("look-2", None)
    assert known_cloud("lab", house.office.store, house.library) == lab


def test_a_cloud_that_nobody_has_heard_of(house):
    with pytest.raises(UsageError) as unknown:
        known_cloud("nowhere", house.office.store, house.library)
    assert unknown.value.code == "cloud.unknown"


def test_what_nobody_knows_is_null(house):
    looked(house, "zoo", 1)
    [zoo] = known_clouds(house.office.store, house.library)
    document = known_document(zoo)
    assert document["observation"]["release"] is None
    assert document["active_run"] is document["newest_run"] is document["orchestrator"] is None
