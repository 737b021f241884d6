"""The pages in a real browser: a whole run watched and steered, two people at once, a server that comes back."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

import houses
from browsers import ARGUMENTS, CHROMIUM, Complaints, served
from flights import a_flight
from servers import Served
from stairlift.model.run import RunState
from stairlift.web.app import the_app
from stairlift.wiring.clock import now
from stairlift.wiring.commissions import keep_plan

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no Chromium at {CHROMIUM}"),
    pytest.mark.timeout(600),
]
#: For a machine that is busy; milliseconds.
PATIENCE = 30_000
expect = playwright.expect
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def chromium() -> Iterator:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def house(tmp_path):
    return houses.a_house(tmp_path)


@pytest.fixture
def home(house) -> Iterator[str]:
    with served(the_app(house)) as address:
        yield address


class Person:
    """Somebody at a browser of their own, signed in; at the end it has not complained about anything."""

    def __init__(self, chromium, home: str, secret: str, **given) -> None:
        self.home = home
        self.context = chromium.new_context(**given)
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.complaints = Complaints(home)
        self.complaints.watch(self.page)
        self.page.goto(f"{home}/sign-in")
        self.page.get_by_label("Token or one-time code").fill(secret)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(f"{home}/")

    def sees(self, path: str):
        self.page.goto(self.home + path)
        return self.page

    def leaves(self) -> None:
        self.context.close()
        assert self.complaints.found == []


@pytest.fixture
def person(chromium, house, home) -> Iterator:
    """People who come in one after the other."""
    came = []

    def comes(*rights, name: str = "ada", **given) -> Person:
        came.append(Person(chromium, home, houses.a_token(house, *rights, name=name), **given))
        return came[-1]

    yield comes
    for one in came:
        one.leaves()


def ids(plan) -> list[str]:
    return [step.id for step in plan.steps]


# Watching


def test_a_run_is_watched_from_its_first_event_to_its_last(house, person):
    plan = a_flight(1)
    ledger = houses.a_run(house, plan, at=now())
    page = person().sees(f"/runs/{ledger.run.id}")
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    page.evaluate("window.kept = true")
    for number, step in enumerate(ids(plan), 1):
        ledger.starts(step)
        expect(page.locator("#flight")).to_contain_text(step)
        ledger.ends(step)
        expect(page.locator("#head")).to_contain_text(f"{number} of {len(plan.steps)} steps")
    ledger.rests(RunState.DONE)
    expect(page.locator("#head .state")).to_contain_text("done")
    expect(page.locator("#live")).to_have_attribute("data-state", "still")
    assert page.evaluate("window.kept"), "it was never loaded anew"
    assert page.locator("body").get_attribute("data-seq") == str(house.office.store.latest(ledger.run.id).seq)


def test_what_a_reader_has_open_typed_and_focused_survives_a_redraw(house, person):
    plan = a_flight(3)
    ledger = houses.a_run(house, plan, at=now()).fails(ids(plan)[0])
    page = person().sees(f"/runs/{ledger.run.id}")
    page.locator("#needs summary", has_text="Skip").click()
    field = page.locator("#needs").get_by_label("Reason")
    field.fill("half a sen")
    ledger.fails(ids(plan)[1])
    expect(page.locator("#needs")).to_contain_text(ids(plan)[1])
    expect(field.first).to_have_value("half a sen")
    expect(field.first).to_be_focused()


def test_names_with_markup_stay_text(house, person):
    evil = "<img src=x onerror=alert(1)>"
    ledger = houses.a_run(house, a_flight(1, cloud=evil), at=now())
    page = person().sees(f"/runs/{ledger.run.id}")
    expect(page.locator("h1")).to_contain_text(evil)
    ledger.starts(ids(a_flight(1))[0])
    expect(page.locator("#flight")).to_contain_text(ids(a_flight(1))[0])
    assert page.locator("img").count() == 0


# Steering


def test_two_people_cannot_act_on_one_sight_of_a_run(house, person):
    ledger = houses.a_run(house, a_flight(2), at=now())
    ada, bob = person(java_script_enabled=False), person(name="bob")
    mine, theirs = (one.sees(f"/runs/{ledger.run.id}") for one in (ada, bob))
    theirs.get_by_role("button", name="Pause", exact=True).click()
    expect(theirs.locator("#actions")).to_contain_text("Pause: told by bob")
    mine.get_by_role("button", name="Pause", exact=True).click()
    ada.complaints.found = [told for told in ada.complaints.found if "412" not in told]
    expect(mine.locator("#banner")).to_contain_text("bob told it to pause")
    expect(mine.locator("#actions")).to_contain_text("Pause: told by bob")
    assert [c.actor for c in house.office.store.commands(ledger.run.id)] == ["bob"]


def test_without_javascript_everything_can_be_read_and_told(house, person):
    plan = a_flight(2)
    keep_plan(house.library, plan, "ada")
    ledger = houses.a_run(house, plan, at=now()).does(*ids(plan)[:-1]).asks(ids(plan)[-1]).rests(RunState.WAITING)
    page = person(java_script_enabled=False).sees("/")
    page.get_by_role("link", name="waiting").click()
    page.locator("#needs").get_by_label("Reason (may be empty)").fill("read and understood")
    page.locator("#needs").get_by_role("button", name="Approve").click()
    expect(page.locator("#needs")).to_contain_text("approved by ada")
    page.get_by_role("link", name="Plan", exact=True).click()
    page.get_by_role("group").filter(has_text="compute:").locator("summary", has_text="compute:").click()
    expect(page.get_by_text("cordon nova-compute on 2 hosts").first).to_be_visible()
    page.get_by_role("link", name=re.compile("^compute")).click()
    expect(page.locator("#steps")).to_contain_text("1 to 8 of 8")
    page.get_by_role("link", name="Hosts").first.click()
    page.get_by_role("link", name="lab", exact=True).click()
    page.get_by_label("Name").fill("cmp001")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#table tbody tr")).to_have_count(1)
    (command,) = house.office.store.commands(ledger.run.id)
    assert command.reason == "read and understood"


def test_everything_is_reached_by_keys(house, person):
    plan = a_flight(2)
    ledger = houses.a_run(house, plan, at=now()).fails(ids(plan)[0]).rests(RunState.FAILED)
    page = person().sees(f"/runs/{ledger.run.id}")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    retry = page.get_by_role("button", name="Retry")
    for _ in range(8):
        if retry.evaluate("node => node === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(retry).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#needs")).to_contain_text("Retry: told by ada")
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("g")
    page.keyboard.press("r")
    page.wait_for_url("**/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_whole_upgrade_from_the_browser(operator, chromium):
    """Plan, begin, pause, resume, approve, retry: all by clicks, on a server as a process and a simulated cloud."""
    operator.write("fail", "upgrade cmp2\n")
    operator.write("slow", "cmp1")
    with Served(operator) as server, server.asks() as client:
        person = Person(chromium, server.url, client.headers["Authorization"].removeprefix("Bearer "))
        page = person.sees("/plans")
        page.get_by_label("To release").select_option("2025.2")
        page.get_by_text("More: another cloud").click()
        page.get_by_label(re.compile("^From release")).select_option("2025.1")
        page.get_by_role("button", name="Make a plan").click()
        page.wait_for_url("**/plans/sha256:*")
        page.get_by_label(re.compile("^Who approves types")).fill("sandbox")
        page.get_by_role("button", name="Begin", exact=True).click()
        page.wait_for_url("**/runs/*")
        expect(page.locator("#flight")).to_contain_text("cmp1")
        page.get_by_role("button", name="Pause", exact=True).click()
        (operator.folder / "slow").unlink()
        expect(page.locator("#head .state")).to_contain_text("paused")
        page.get_by_role("button", name="Resume", exact=True).click()
        expect(page.locator("#head .state")).to_contain_text("failed")
        expect(page.locator("#needs")).to_contain_text("no room on cmp2")
        (operator.folder / "fail").unlink()
        page.get_by_role("button", name="Retry", exact=True).click()
        approved_until_done(page)
        person.leaves()


def approved_until_done(page) -> None:
    """Approve what it asks; the server carries on by itself."""
    done = page.locator("#head .state", has_text="done")
    approve = page.locator("#needs").get_by_role("button", name="Approve", disabled=False)
    for _ in range(12):
        expect(done.or_(approve.first)).to_be_visible()
        if done.count():
            return
        approve.first.click()
        page.wait_for_load_state()
    raise AssertionError(page.locator("main").inner_text())


# Trouble


def test_a_server_that_is_gone_is_told_and_nothing_is_missing_once_it_is_back(house, chromium):
    plan = a_flight(1)
    ledger = houses.a_run(house, plan, at=now())
    with served(the_app(house)) as home:
        person = Person(chromium, home, houses.a_token(house))
        page = person.sees(f"/runs/{ledger.run.id}")
        expect(page.locator("#live")).to_have_attribute("data-state", "live")
    expect(page.locator("#live")).to_have_attribute("data-state", re.compile("reconnecting|stale"))
    ledger.does(*ids(plan)[:5])
    again = houses.a_house(house.settings.state_dir.parent)
    with served(the_app(again), int(home.rpartition(":")[2])):
        expect(page.locator("#live")).to_have_attribute("data-state", "live")
        expect(page.locator("#head")).to_contain_text(f"5 of {len(plan.steps)} steps")
        person.context.close()


# How it looks


def a_cloud_in_every_state(house) -> dict[str, str]:
    """Runs that wait, fail, go on and are done, and where their pages are."""
    plan, ago = a_flight(3), now() - timedelta(minutes=9)
    keep_plan(house.library, plan, "ada")
    going = houses.a_run(house, plan, at=ago).does(*ids(plan)[:9]).starts(ids(plan)[9])
    failed = houses.a_run(house, a_flight(3, cloud="east"), at=ago).does(*ids(plan)[:7]).fails(ids(plan)[7])
    failed.rests(RunState.FAILED)
    asks = houses.a_run(house, a_flight(1, cloud="stage"), at=ago).does(*ids(a_flight(1))[:-1])
    asks.asks("2026.1-nova-contract").rests(RunState.WAITING)
    return {
        "runs": "/",
        "going": f"/runs/{going.run.id}",
        "failed": f"/runs/{failed.run.id}",
        "asks": f"/runs/{asks.run.id}",
        "plan of a run": f"/runs/{going.run.id}/plan?hop=2026.1&stage=compute",
        "rollback": f"/runs/{going.run.id}/rollback",
        "plans": "/plans",
        "plan": f"/plans/{plan.hash}",
        "clouds": "/hosts",
        "hosts": "/clouds/lab/hosts",
    }


def unfolded(visitor: Person, path: str):
    """A page with everything on it open."""
    page = visitor.sees(path)
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.removeAttribute('name'); d.open = true })")
    return page


def test_no_page_scrolls_sideways_on_a_telephone(house, person):
    visitor = person(viewport={"width": 360, "height": 740})
    paths = a_cloud_in_every_state(house)
    widths = {
        name: unfolded(visitor, path).evaluate("document.documentElement.scrollWidth") for name, path in paths.items()
    }
    assert {name: width for name, width in widths.items() if width > 360} == {}


def test_the_page_of_a_run_needs_no_scrolling_on_a_desk(house, person):
    paths = a_cloud_in_every_state(house)
    visitor = person(viewport={"width": 1280, "height": 800})
    for name in ("going", "failed", "asks"):
        page = visitor.sees(paths[name])
        assert page.evaluate("document.documentElement.scrollHeight") <= 800, name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(house, person, scheme):
    from axe_playwright_python.sync_playwright import Axe

    paths = a_cloud_in_every_state(house)
    visitor = person(color_scheme=scheme, bypass_csp=True, viewport={"width": 1280, "height": 800})
    found = {name: grave(Axe().run(unfolded(visitor, path)).response["violations"]) for name, path in paths.items()}
    assert {name: told for name, told in found.items() if told} == {}


def grave(violations: list[dict]) -> dict[str, list[str]]:
    """What axe calls serious or critical, with the first few places."""
    bad = (one for one in violations if one["impact"] in {"serious", "critical"})
    return {one["id"]: [node["html"][:160] for node in one["nodes"]][:3] for one in bad}
