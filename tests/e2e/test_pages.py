"""The pages in a real browser: a whole run watched and steered, two people at once, a server that comes back."""

import re
from collections.abc import Iterator

import pytest

import houses
from browsers import MARKS, Person, approved_until_done, begun_from_the_page, expect, served
from flights import a_flight
from servers import Served
from stairlift.model.run import RunState
from stairlift.web.app import the_app
from stairlift.wiring.clock import now
from stairlift.wiring.server.commissions import keep_plan

pytestmark = MARKS


@pytest.fixture
def house(tmp_path):
    return houses.a_house(tmp_path)


@pytest.fixture
def home(house) -> Iterator[str]:
    with served(the_app(house)) as address:
        yield address


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
    ada.complaints.expect("412")
    mine, theirs = (one.sees(f"/runs/{ledger.run.id}") for one in (ada, bob))
    theirs.get_by_role("button", name="Pause", exact=True).click()
    expect(theirs.locator("#actions")).to_contain_text("Pause: told by bob")
    mine.get_by_role("button", name="Pause", exact=True).click()
    expect(mine.locator("#banner")).to_contain_text("bob told it to pause")
    expect(mine.locator("#actions")).to_contain_text("Pause: told by bob")
    assert [c.actor for c in house.office.store.commands(ledger.run.id)] == ["bob"]


def test_a_page_that_told_nothing_goes_on_living(house, person):
    """It answers a form, so its address is none that can be looked at again; here somebody else had been faster."""
    plan = a_flight(2)
    ledger, ada = houses.a_run(house, plan, at=now()), person()
    ada.complaints.expect("412")
    page = ada.sees(f"/runs/{ledger.run.id}")
    page.locator("#actions [name=match]").evaluate_all("all => all.forEach((one) => (one.value = 'older'))")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.locator("#banner")).to_contain_text("Not done")
    page.wait_for_url(f"**/runs/{ledger.run.id}")
    ledger.starts(ids(plan)[0])
    expect(page.locator("#flight")).to_contain_text(ids(plan)[0])


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
    page.wait_for_load_state()
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("g")
    page.keyboard.press("r")
    page.wait_for_url("**/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_whole_upgrade_from_the_browser(operator, chromium):
    """Plan, begin, pause, resume, approve, retry: all by clicks, on a server as a process and a simulated cloud.

    Somebody else watches from the first event to the last, without ever drawing the page anew.
    """
    operator.write("fail", "upgrade cmp2\n")
    operator.write("slow", "cmp1")
    with Served(operator) as server, server.asks() as client:
        person, watcher = (Person(chromium, server.url, a_secret(client, name)) for name in ("cleo", "walt"))
        page = begun_from_the_page(person)
        other = watcher.sees(page.url.removeprefix(server.url))
        other.evaluate("window.kept = true")
        expect(page.locator("#flight")).to_contain_text("cmp1")
        page.get_by_role("button", name="Pause", exact=True).click()
        for one in (page, other):
            expect(one.locator("#head")).to_contain_text("pausing, as cleo said")
        (operator.folder / "slow").unlink()
        for one in (page, other):
            expect(one.locator("#head .state")).to_contain_text("paused")
        page.get_by_role("button", name="Resume", exact=True).click()
        expect(page.locator("#head .state")).to_contain_text("failed")
        expect(other.locator("#needs")).to_contain_text("no room on cmp2")
        (operator.folder / "fail").unlink()
        page.get_by_role("button", name="Retry", exact=True).click()
        approved_until_done(page)
        expect(other.locator("#head .state")).to_contain_text("done")
        assert other.evaluate("window.kept"), "it was never loaded anew"
        for one in (person, watcher):
            one.leaves()


def a_secret(client, name: str) -> str:
    """A token of somebody who may do everything."""
    answer = client.post("/v1/tokens", json={"name": name, "rights": ["read", "operate", "approve"]})
    assert answer.status_code == 201, answer.text
    return answer.json()["token"]


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


def test_a_server_that_is_killed_and_comes_back_is_caught_up_with(operator, chromium):
    """What went on without it is told, who was signed in still is, and the page acts on the run as before."""
    operator.write("slow", "cmp1")
    first = Served(operator, name="first")
    with first.asks() as client:
        person = Person(chromium, first.url, a_secret(client, "cleo"))
    person.complaints.expect("ERR_", "Failed to load resource")
    page = begun_from_the_page(person)
    page.evaluate("window.kept = true")
    expect(page.locator("#flight")).to_contain_text("cmp1")
    first.dies()
    expect(page.locator("#live")).to_have_attribute("data-state", re.compile("reconnecting|stale"))
    (operator.folder / "slow").unlink()
    with Served(operator, "--port", first.url.rpartition(":")[2], name="second"):
        expect(page.locator("#needs").get_by_role("button", name="Approve")).to_be_visible()
        expect(page.locator("#live")).to_have_attribute("data-state", "live")
        assert page.evaluate("window.kept"), "the page caught up by itself"
        approved_until_done(page)
        person.leaves()
    assert len(operator.calls) == len(set(operator.calls)) > 0, "and nothing was done twice"
