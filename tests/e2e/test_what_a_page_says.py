"""What a page says beside what is seen: to whoever listens, by clocks that are off, and where no stream comes through."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

import houses
from browsers import MARKS, expect, served
from flights import a_flight
from stairlift.web.app import the_app
from stairlift.wiring.clock import now

pytestmark = MARKS
PLAN = a_flight(2)
FIRST, SECOND = (step.id for step in PLAN.steps[:2])


@pytest.fixture
def house(tmp_path):
    return houses.a_house(tmp_path)


@pytest.fixture
def home(house) -> Iterator[str]:
    with served(the_app(house)) as address:
        yield address


def test_who_listens_hears_what_it_does_and_at_once_what_needs_somebody(house, person):
    ledger = houses.a_run(house, PLAN, at=now())
    page = person().sees(f"/runs/{ledger.run.id}")
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    ledger.starts(FIRST)
    said, alarm = page.locator("#said[role=status]"), page.locator("#alarm[role=alert]")
    expect(said).to_have_text(re.compile(r"\w"))
    expect(alarm).to_be_empty()
    ledger.ends(FIRST).fails(SECOND)
    expect(alarm).to_have_text(re.compile(r"\w"))
    for one in (said, alarm):
        assert one.evaluate("node => node.checkVisibility({visibilityProperty: true})"), (
            "nobody reads out what is hidden"
        )


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_clock_that_is_off_changes_no_length_of_time(house, person, hours):
    ledger = houses.a_run(house, PLAN, at=now() - timedelta(minutes=9)).starts(FIRST)
    visitor = person()
    visitor.page.clock.install(time=now() + timedelta(hours=hours))
    page = visitor.sees(f"/runs/{ledger.run.id}")
    since = page.locator("#head time[data-since]").first
    told = since.inner_text()
    expect(since).not_to_have_text(told)  # it goes on
    expect(since).to_have_text(re.compile(r"^\d+m \d\ds$"))


def test_where_no_stream_comes_through_the_page_asks_now_and_then(house, person):
    ledger = houses.a_run(house, PLAN, at=now())
    visitor = person()
    visitor.complaints.expect("ERR_FAILED", "Failed to load resource")
    visitor.page.route("**/bell?*", lambda route: route.abort())
    page = visitor.sees(f"/runs/{ledger.run.id}")
    expect(page.locator("#live")).to_have_attribute("data-state", "reconnecting")
    ledger.starts(FIRST)
    expect(page.locator("#flight")).to_contain_text(FIRST)
