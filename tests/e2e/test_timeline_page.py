"""The timeline in a real browser: names and bars stay together, what happens is drawn, nothing is told by colour alone."""

from datetime import timedelta

import pytest

import houses
from browsers import MARKS, PATIENCE, Complaints, expect, grave, served
from stairlift.testing.plans import a_rollout
from stairlift.web.app import the_app
from stairlift.wiring.clock import now

pytestmark = MARKS


@pytest.fixture
def house(tmp_path):
    return houses.a_house(tmp_path)


@pytest.fixture
def ledger(house):
    plan = a_rollout(30, actions=("drain", "upgrade"), window=3)
    ledger = houses.a_run(house, plan, at=now() - timedelta(minutes=4))
    ledger.does("cmp1-drain", "cmp1-upgrade").fails("cmp2-drain").starts("cmp3-drain")
    return ledger


@pytest.fixture
def visit(chromium, house):
    """Opens pages in browsers of their own, shown a token; none of them complains."""
    with served(the_app(house)) as home:
        complaints, opened = Complaints(home), []

        def go(path: str, **given):
            shown = {"Authorization": f"Bearer {houses.a_token(house)}"}
            context = chromium.new_context(extra_http_headers=shown, **given)
            context.set_default_timeout(PATIENCE)
            page = context.new_page()
            complaints.watch(page)
            page.goto(home + path)
            opened.append(context)
            return page

        yield go
        for context in opened:
            context.close()
    assert complaints.found == []


def test_names_and_bars_stay_together_whichever_way_one_scrolls(visit, ledger):
    page = visit(f"/runs/{ledger.run.id}/timeline?zoom=8", viewport={"width": 1000, "height": 600})
    before = page.locator("tr[data-key=row-cmp1] th").bounding_box()
    page.locator("#scroller").evaluate("one => { one.scrollLeft = 2000; one.scrollTop = 300 }")
    row = page.locator("tr[data-key=row-cmp12]")
    name, bars = row.locator("th").bounding_box(), row.locator("td").bounding_box()
    assert name["x"] == before["x"], "names stay where they are"
    assert (name["y"], name["height"]) == (bars["y"], bars["height"])
    assert bars["x"] < -1000, "and bars do not"
    head = page.locator(".lanes thead th").bounding_box()
    assert abs(head["y"] - page.locator("#scroller").bounding_box()["y"]) < 3, "times are always above them"


def test_what_happens_is_drawn_while_somebody_looks_and_scrolling_is_kept(visit, ledger):
    page = visit(f"/runs/{ledger.run.id}/timeline", viewport={"width": 1000, "height": 600})
    expect(page.locator("tr[data-key=row-cmp4] .l-running")).to_have_count(0)
    page.locator("#scroller").evaluate("one => { one.scrollTop = 77 }")
    ledger.at = now()
    ledger.starts("cmp4-drain")
    expect(page.locator("tr[data-key=row-cmp4] .l-running")).to_have_count(1)
    assert page.locator("#scroller").evaluate("one => one.scrollTop") == 77


def test_a_bar_is_reached_by_keyboard_has_a_name_and_leads_to_its_log(visit, ledger):
    page = visit(f"/runs/{ledger.run.id}/timeline")
    bar = page.locator("tr[data-key=row-cmp2] a.l-failed").first
    assert "cmp2-drain: failed (exit status 3)" in bar.locator("title").first.inner_html()
    bar.focus()
    assert page.evaluate("document.activeElement.closest('tr').dataset.key") == "row-cmp2"
    page.keyboard.press("Enter")
    page.wait_for_url("**/log?step=cmp2-drain&attempt=1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("query", ["", "?rows=stages", "?as=table"])
def test_nothing_serious_is_found(visit, ledger, scheme, query):
    assert grave(visit(f"/runs/{ledger.run.id}/timeline{query}", color_scheme=scheme)) == {}


def test_a_telephone_shows_it_without_scrolling_the_page_sideways(visit, ledger):
    page = visit(f"/runs/{ledger.run.id}/timeline", viewport={"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    expect(page.locator("tr[data-key=row-cmp1] th")).to_be_visible()


def test_without_scripts_it_is_whole(visit, ledger):
    page = visit(f"/runs/{ledger.run.id}/timeline", java_script_enabled=False)
    page.get_by_role("textbox", name="Host").fill("cmp2")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**host=cmp2**")
    expect(page.locator("tr[data-key^=row-]")).to_have_count(1)
    page.get_by_role("link", name="as a table").click()
    expect(page.get_by_role("cell", name="cmp2-drain: failed (exit status 3)")).to_be_visible()
