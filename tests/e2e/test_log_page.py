"""Logs in a real browser: followed while they are written, searched while they are, and safe to look at."""

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
    ledger = houses.a_run(house, a_rollout(3, actions=("upgrade",)), at=now())
    return ledger.starts("cmp1-upgrade").prints("cmp1-upgrade", "".join(f"line {n}\n" for n in range(1200)))


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


def shown(page) -> list[str]:
    return page.locator("#lines .line").evaluate_all("all => all.map(one => one.textContent.slice(1))")


def test_followed_each_line_comes_once(visit, ledger):
    page = visit(f"/runs/{ledger.run.id}/log")
    expect(page.locator("#lines")).to_have_attribute("aria-live", "off")
    ledger.prints("cmp1-upgrade", "fresh 1\n")  # between the page and the first look
    page.get_by_role("button", name="Follow").click()
    expect(page.locator("#lines")).to_have_attribute("aria-live", "polite")
    expect(page.locator("#following")).to_have_text("new lines come by themselves")
    expect(page.get_by_text("fresh 1")).to_be_visible()
    for number in range(2, 6):
        ledger.prints("cmp1-upgrade", f"fresh {number}\n")
    ledger.starts("cmp2-upgrade").prints("cmp2-upgrade", "of another\n")
    expect(page.get_by_text("of another")).to_be_visible()
    expect(page.get_by_text("fresh 5")).to_be_visible()
    found = shown(page)
    assert [line for line in found if line.startswith("fresh")] == [f"fresh {n}" for n in range(1, 6)]
    assert [line for line in found if line.startswith("line")] == [f"line {n}" for n in range(200, 1200)]


def test_following_goes_on_after_a_reload_and_stops_when_told(visit, ledger):
    page = visit(f"/runs/{ledger.run.id}/log")
    page.get_by_role("button", name="Follow").click()
    page.reload()
    expect(page.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "true")
    ledger.prints("cmp1-upgrade", "after the reload\n")
    expect(page.get_by_text("after the reload")).to_be_visible()
    page.get_by_role("button", name="Follow").click()
    expect(page.locator("#lines")).to_have_attribute("aria-live", "off")


def test_a_search_while_it_is_written_leads_to_the_line(visit, ledger):
    ledger.prints("cmp1-upgrade", "fatal: no space left\n" + "later\n" * 1500)
    page = visit(f"/runs/{ledger.run.id}/log")
    page.get_by_label("Search").fill("NO SPACE")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".hit")).to_have_count(1)
    page.get_by_role("link", name="in its place").click()
    expect(page.locator(".line:target")).to_contain_text("fatal: no space left")
    expect(page.locator(".line:target")).to_be_in_viewport()


def test_without_scripts_pages_lead_through_all_of_it(visit, ledger):
    page = visit(f"/runs/{ledger.run.id}/log", java_script_enabled=False)
    expect(page.get_by_role("button", name="Follow")).to_be_hidden()
    last = page.locator("#lines .line").count()
    page.get_by_role("link", name="earlier").first.click()
    page.wait_for_url("**before=**")
    assert last + page.locator("#lines .line").count() == 1200


def test_what_programs_print_does_nothing_here(visit, ledger):
    ledger.prints("cmp1-upgrade", "<img src=x onerror=alert(1)><script>window.owned = true</script>\n")
    page = visit(f"/runs/{ledger.run.id}/log")
    expect(page.get_by_text("window.owned = true")).to_be_visible()
    assert page.evaluate("window.owned") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["log", "log?search=line+11", "steps/cmp1-upgrade"])
def test_nothing_serious_is_found(visit, ledger, scheme, path):
    assert grave(visit(f"/runs/{ledger.run.id}/{path}", color_scheme=scheme)) == {}


@pytest.mark.parametrize("path", ["log", "log?search=line", "steps/cmp1-upgrade"])
def test_a_telephone_shows_it_without_scrolling_sideways(visit, ledger, path):
    page = visit(f"/runs/{ledger.run.id}/{path}", viewport={"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
