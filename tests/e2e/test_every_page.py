"""Every page there is, in a real browser: on a telephone, by day and night, without scripts, and what its buttons say."""

import os
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

import houses
from browsers import MARKS, Person, expect, grave, served
from flights import a_flight
from meters import failure, seconds, session
from pages import ROOT
from stairlift.model.availability import METER
from stairlift.model.errors import Refusal
from stairlift.model.finding import Finding
from stairlift.model.run import RunState
from stairlift.model.shelf import Sighting
from stairlift.probe.order import SAMPLES, MeterSettings, folder_of
from stairlift.probe.samples import SampleFile
from stairlift.web.app import the_app
from stairlift.wiring.clock import now
from stairlift.wiring.server.commissions import keep_plan
from stairlift.wiring.server.jobs import Job

pytestmark = MARKS
PICTURES = ROOT / "docs" / "img"
LONG = "a-very-long-name-that-an-operator-gave-to-a-host-in-a-hurry.rack-17.region-north.cloud.example.org"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    return houses.a_house(tmp_path_factory.mktemp("house"), jobs=houses.AtOnce({"j1": a_failed_job()}))


@pytest.fixture(scope="module")
def home(house) -> Iterator[str]:
    with served(the_app(house)) as address:
        yield address


def a_failed_job() -> Job:
    """Of a plan that could not be made."""
    finding = Finding("host.down", "error", LONG, f"nova-compute of {LONG} is down", f"start it on {LONG}")
    told = "--from 2025.1 or --from 2025.2, as the hosts have it installed"
    error = Refusal(code="release.ambiguous", brief="two are possible", resolution=told, findings=[finding])
    return Job("j1", "plan", "ada", now(), state="failed", ended_at=now(), notes=("asks openstack",), error=error)


@pytest.fixture(scope="module")
def paths(house) -> dict[str, str]:
    """Runs that wait, fail, go on and are done, in clouds that were looked at; and where all their pages are."""
    plan, ago = a_flight(3), now() - timedelta(minutes=9)
    steps = [step.id for step in plan.steps]
    keep_plan(house.library, plan, "ada")
    going = houses.a_run(house, plan, at=ago, options={METER: MeterSettings().document()}).does(*steps[:9])
    going.starts(steps[9]).prints(steps[9], f"moves {LONG}\n" * 9)
    measured(house, going.run, going.run.created_at.timestamp())
    troubled = houses.a_run(house, a_flight(3, cloud="west"), at=ago).does(*steps[:9]).starts(steps[9])
    troubled.fails(steps[10], f"no route to {LONG}")
    failed = houses.a_run(house, a_flight(3, cloud="east"), at=ago).does(*steps[:7]).fails(steps[7])
    failed.rests(RunState.FAILED)
    asks = houses.a_run(house, a_flight(1, cloud="stage"), at=ago)
    asks.does(*[step.id for step in a_flight(1).steps][:-1]).asks("2026.1-nova-contract").rests(RunState.WAITING)
    looked_at(house, "lab", 120)
    run = f"/runs/{going.run.id}"
    return {
        "runs": "/",
        "runs that need somebody": "/?needs=true",
        "going": run,
        "failed": f"/runs/{failed.run.id}",
        "asks": f"/runs/{asks.run.id}",
        "troubled": f"/runs/{troubled.run.id}",
        "timeline": f"{run}/timeline",
        "timeline of services": f"{run}/timeline?rows=services&zoom=4",
        "timeline as a table": f"{run}/timeline?as=table",
        "plan of a run": f"{run}/plan?hop=2026.1&stage=compute",
        "log": f"{run}/log",
        "search in the log": f"{run}/log?search=moves",
        "step at work": f"{run}/steps/{steps[9]}",
        "step that failed": f"/runs/{troubled.run.id}/steps/{steps[10]}",
        "report": f"{run}/report",
        "announcement": f"{run}/announcement",
        "rollback": f"{run}/rollback",
        "plans": "/plans",
        "plan": f"/plans/{plan.hash}",
        "report before": f"/plans/{plan.hash}/report",
        "clouds": "/hosts",
        "hosts": "/clouds/lab/hosts",
        "job": "/jobs/j1?to=2026.1",
        "error": "/runs/nothing",
    }


def measured(house, run, began: float) -> None:
    """What a meter has written of this run until now: somebody was turned away."""
    folder = folder_of(house.settings.state_dir, run.id)
    folder.mkdir(parents=True)
    begun = session(began)
    file = SampleFile(folder / SAMPLES, begun.targets)
    file.begin(begun)
    one, turned_away = failure(began + 200)
    for bucket in seconds(int(began), int(now().timestamp())):
        file.put(bucket, [])
        if bucket.at == int(began) + 200:
            file.put(turned_away, [one])


def looked_at(house, cloud: str, computes: int) -> None:
    """A cloud that was looked at: hosts of three zones, one of which is not well."""
    names = [f"cmp{n:03}" for n in range(1, computes)] + [LONG]
    document = {
        "release": {"series": "2025.1"},
        "hosts": [{"name": name, "roles": ["compute"], "zone": f"az{n % 3 + 1}"} for n, name in enumerate(names)],
        "services": [
            {
                "host": name,
                "binary": "nova-compute",
                "state": "down" if name == LONG else "up",
                "status": "enabled",
                "version": None,
                "releases": [],
            }
            for name in names
        ],
    }
    house.library.keep_sighting(Sighting(cloud, cloud, "2025.1", computes, computes, now(), "ada"), document)


def unfolded(page):
    """The page with everything on it open."""
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.removeAttribute('name'); d.open = true })")
    return page


def at_each(visitor: Person, paths: dict[str, str]) -> Iterator[tuple[str, object]]:
    """Go to one page after the other."""
    visitor.complaints.expect("404")
    for name, path in paths.items():
        yield name, unfolded(visitor.sees(path))


WIDTH = "document.documentElement.scrollWidth"


def test_none_scrolls_sideways_on_a_telephone(paths, person, chromium, home):
    visitor = person(viewport={"width": 360, "height": 740})
    widths = {name: page.evaluate(WIDTH) for name, page in at_each(visitor, paths)}
    visitor.context.clear_cookies()
    widths["sign-in"] = visitor.sees("/sign-in").evaluate(WIDTH)
    assert {name: width for name, width in widths.items() if width > 360} == {}


def test_the_page_of_a_run_needs_no_scrolling_on_a_desk(paths, person):
    visitor = person(viewport={"width": 1280, "height": 800})
    heights = {
        name: visitor.sees(paths[name]).evaluate("document.documentElement.scrollHeight")
        for name in ("going", "failed", "asks")
    }
    assert {name: height for name, height in heights.items() if height > 800} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any(paths, person, scheme):
    visitor = person(color_scheme=scheme, bypass_csp=True, viewport={"width": 1280, "height": 800})
    found = {name: grave(page) for name, page in at_each(visitor, paths)}
    visitor.context.clear_cookies()
    found["sign-in"] = grave(visitor.sees("/sign-in"))
    assert {name: told for name, told in found.items() if told} == {}


#: What leads on from a page: links to others of its kind, and forms.
_WAYS = """[...document.querySelectorAll('main nav a, main form, .top a')]
    .map(one => one.getAttribute('href') ?? one.getAttribute('action')).sort()"""


def test_without_scripts_each_is_as_whole_as_with_them(paths, person):
    with_them, without = person(), person(name="bob", java_script_enabled=False)
    ways = {name: page.evaluate(_WAYS) for name, page in at_each(with_them, paths)}
    without.complaints.expect("404")
    for name, path in paths.items():
        page = without.sees(path)
        expect(page.locator("h1").first).to_be_visible()
        expect(page.locator(".script:visible")).to_have_count(0)
        assert page.evaluate(_WAYS) == ways[name], name


#: Buttons that cannot be pressed and do not say why, to those who see and to those who hear.
_SILENT = """[...document.querySelectorAll('button:disabled')]
    .filter(one => !document.getElementById(one.getAttribute('aria-describedby'))?.textContent.trim())
    .map(one => one.textContent)"""


def test_a_printer_leaves_out_what_is_pressed(paths, person):
    page = person().sees(paths["going"])
    page.emulate_media(media="print")
    expect(page.locator("#flight")).to_be_visible()
    for pressed in ("nav", "button", "form"):
        assert not [one for one in page.locator(pressed).all() if one.is_visible()], pressed


def test_a_change_board_gets_a_sheet_or_two_of_paper(paths, person):
    """The page by itself, as `stairlift report` writes it; a sheet has two sides."""
    visitor = person()
    page = visitor.context.new_page()
    page.set_content(page.request.get(f"{visitor.home}/v1{paths['plan']}/report?format=html").text())
    expect(page.locator("h1")).to_contain_text("Upgrade of lab")
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) <= 4


def test_buttons_that_cannot_be_pressed_say_why(house, paths, person):
    """To somebody who may only read that is all of them."""
    for visitor in (person(), person("read", name="eve")):
        silent = {name: page.evaluate(_SILENT) for name, page in at_each(visitor, paths)}
        assert {name: told for name, told in silent.items() if told} == {}
    disabled = visitor.sees(paths["failed"]).locator("button:disabled")
    assert disabled.count() >= 5, "whoever may only read presses nothing"


#: What has the colour of a state and says nothing besides, to those who see and to those who hear.
_COLOUR_ALONE = """[...document.querySelectorAll('main :is(.good, .bad, .ask, .busy, .rest, .idle)')]
    .filter(one => !(one.textContent + (one.getAttribute('aria-label') ?? '')).trim())
    .map(one => one.outerHTML.slice(0, 160))"""


def test_no_state_is_told_by_its_colour_alone(paths, person):
    found = {name: page.evaluate(_COLOUR_ALONE) for name, page in at_each(person(), paths)}
    assert {name: told for name, told in found.items() if told} == {}


def test_two_thousand_hosts_are_a_map_that_one_can_read(house, paths, person):
    looked_at(house, "large", 2000)
    visitor = person(viewport={"width": 1280, "height": 800})
    page = visitor.sees("/clouds/large/hosts")
    squares = page.locator(".squares i")
    expect(squares).to_have_count(2000)
    least = page.evaluate("Math.min(...[...document.querySelectorAll('.squares i')].map(i => i.offsetWidth))")
    assert least >= 12, "large enough to be pointed at"
    assert page.locator("#map").bounding_box()["height"] <= 1000, "and all of them on little more than a screen"
    assert squares.locator("visible=true").evaluate_all("all => all.filter(i => i.className == 'bad').length") == 1
    page.get_by_label("State").select_option("service down")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#table tbody tr")).to_have_count(1)
    expect(page.locator("#table tbody tr")).to_contain_text(LONG)
    page.set_viewport_size({"width": 360, "height": 740})
    assert visitor.sees("/clouds/large/hosts").evaluate(WIDTH) <= 360


def test_the_pictures_of_the_docs_are_small_and_there(house, paths, person):
    """`UPDATE=1` takes them anew."""
    if os.environ.get("UPDATE"):
        with house.office.store.hold("lab"):
            taken_anew(person(viewport={"width": 1280, "height": 800}), paths)
    taken = sorted(PICTURES.glob("*.png"))
    assert len(taken) >= 3
    assert [file.name for file in taken if file.stat().st_size > 150_000] == []
    told = "".join(file.read_text() for file in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")))
    assert [file.name for file in taken if f"img/{file.name}" not in told] == []


def taken_anew(visitor: Person, paths: dict[str, str]) -> None:
    """Pictures of pages that are live, while somebody carries their run on."""
    for name in ("runs", "going", "timeline", "hosts"):
        page = visitor.sees(paths[name])
        expect(page.locator("#live")).to_have_attribute("data-state", "live")
        page.screenshot(path=PICTURES / f"{name.replace('going', 'run')}.png")
