"""Plans and looks at clouds that a server keeps, on both databases."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from stairlift.drive.begin import new_run
from stairlift.model.errors import UsageError
from stairlift.model.plan import Plan
from stairlift.model.plan_document import to_document
from stairlift.model.shelf import KeptPlan, Sighting
from stairlift.ports import Library
from stairlift.store.library import SqlLibrary
from stairlift.store.opening import ensure_shape, open_engine
from stairlift.store.sql import open_store
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_rollout

PLAN = a_rollout(2)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'journal.sqlite'}"
    return request.getfixturevalue("postgres").journal()


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    opened = open_engine(url)
    ensure_shape(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def library(engine: Engine) -> Library:
    return SqlLibrary(engine)


def a_kept(plan: Plan = PLAN, **given) -> KeptPlan:
    kept = KeptPlan(plan.hash, plan.cloud, str(plan.source), str(plan.target), len(plan.steps), NOON, "ada")
    return replace(kept, **given)


def a_sighting(number: int, cloud: str = "lab") -> Sighting:
    return Sighting(f"look-{number:03}", cloud, "2025.1", 3, 9, NOON + timedelta(seconds=number), "ada")


def keeps(library: Library, count: int) -> list[KeptPlan]:
    """So many plans, one each minute but for the first two, which have the same time."""
    made = [a_kept(hash=f"sha256:{n}", made_at=NOON + timedelta(minutes=max(n, 1))) for n in range(count)]
    for one in made:
        library.keep_plan(one, {**to_document(PLAN), "hash": one.hash})
    return made


def test_a_plan_comes_back_as_it_was_kept(library: Library) -> None:
    library.keep_plan(a_kept(), to_document(PLAN))
    assert library.plan(PLAN.hash) == (a_kept(), to_document(PLAN))
    assert library.kept(PLAN.hash) == a_kept()


def test_a_plan_stays_as_it_was_first_kept(library: Library) -> None:
    library.keep_plan(a_kept(), to_document(PLAN))
    library.keep_plan(a_kept(actor="grace"), {**to_document(PLAN), "findings": ["another"]})
    assert library.plan(PLAN.hash) == (a_kept(), to_document(PLAN))
    assert len(library.plans()) == 1


def test_a_plan_and_a_run_of_it_share_one_document(library: Library, url: str, tmp_path: Path) -> None:
    store = open_store(url, tmp_path / "locks")
    with store.hold(PLAN.cloud) as journal:
        run = new_run(journal, PLAN, to_document(PLAN), now=NOON, actor="ada")
    library.keep_plan(a_kept(), to_document(PLAN))
    assert library.plan(PLAN.hash)[1] == store.plan(run.id) == to_document(PLAN)
    store.close()


def test_plans_come_the_newest_first_and_page_by_page(library: Library) -> None:
    made = keeps(library, 5)
    newest = list(reversed(made))
    assert list(library.plans()) == newest
    found: list[KeptPlan] = []
    while page := library.plans(before=found[-1].hash if found else None, limit=2):
        found += page
    assert found == newest


def test_a_page_has_only_the_cloud_that_is_meant(library: Library) -> None:
    keeps(library, 2)
    library.keep_plan(a_kept(hash="sha256:other", cloud="other"), to_document(PLAN))
    assert {kept.cloud for kept in library.plans(cloud="lab")} == {"lab"}
    assert [kept.hash for kept in library.plans(cloud="other")] == ["sha256:other"]


@pytest.mark.parametrize("ask", [Library.plans, Library.sightings])
def test_a_marker_that_names_nothing_is_told(library: Library, ask) -> None:
    with pytest.raises(UsageError) as wrong:
        getattr(library, ask.__name__)(before="nothing")
    assert wrong.value.code == "page.unknown_marker"


def test_what_is_not_there_is_told(library: Library) -> None:
    with pytest.raises(UsageError) as no_plan:
        library.plan("sha256:nothing")
    with pytest.raises(UsageError, match="kept here"):
        library.kept("sha256:nothing")
    with pytest.raises(UsageError) as no_look:
        library.sighting("nothing")
    assert (no_plan.value.code, no_look.value.code) == ("plan.unknown", "observation.unknown")


def test_a_look_comes_back_as_it_was_kept(library: Library) -> None:
    library.keep_sighting(a_sighting(1), {"cloud": "lab", "hosts": [{"name": "ctl1é"}]})
    assert library.sighting("look-001") == (a_sighting(1), {"cloud": "lab", "hosts": [{"name": "ctl1é"}]})


def test_of_each_cloud_the_newest_hundred_looks_stay(library: Library) -> None:
    library.keep_sighting(a_sighting(0, "other"), {})
    for number in range(1, 103):
        library.keep_sighting(a_sighting(number), {})
    assert [look.id for look in library.sightings(cloud="lab", limit=1000)] == [
        f"look-{number:03}" for number in range(102, 2, -1)
    ]
    assert [look.id for look in library.sightings(cloud="other")] == ["look-000"]
    assert [look.id for look in library.sightings(before="look-101", limit=2)] == ["look-100", "look-099"]
