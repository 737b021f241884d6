"""`demo --serve` from its first word to its last, as a newcomer has it: a browser, the code of the terminal, and clicks."""

import re
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from browsers import WANTS_CHROMIUM, Person, approved_until_done, expect
from operating import COMMAND, Operator, until
from pages import OMISSION, blocks, read

pytestmark = [WANTS_CHROMIUM, pytest.mark.timeout(900)]
#: Real Ansible works on every host of the demo until somebody is asked; milliseconds.
PATIENCE = 600_000


@contextmanager
def a_demo(operator: Operator):
    log = operator.folder / "demo.log"
    with log.open("wb") as out:
        demo = subprocess.Popen(
            [*COMMAND, "demo", "--serve"],
            cwd=operator.folder,
            env=operator.environment(),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        yield demo, log
    finally:
        if demo.poll() is None:
            demo.terminate()
            demo.wait(60)


def test_a_newcomer_runs_the_whole_upgrade_from_a_browser(tmp_path, chromium):
    """In one window by clicks; in another one the run is watched to its end, and that is never loaded anew."""
    with a_demo(Operator(tmp_path)) as (demo, log):
        code = until(lambda: re.search(r"with the code (\S+),", log.read_text()))[1]
        home = re.search(r"open (http://\S+) in", log.read_text())[1]
        folder = Path(re.search(r"in (/\S+stairlift-demo-\S+)", log.read_text())[1])
        newcomer = Person(chromium, home, code)
        assert httpx2.post(f"{home}/sign-in", data={"secret": code}).status_code == 401, "a code works once"
        page = newcomer.page
        makes_a_plan(page)
        begins_it(page)
        other = newcomer.looks_on(page.url)
        halts_and_goes_on(page)
        assert approved_until_done(page, 30, PATIENCE) > 0, "one-way steps ask"
        expect(other.locator("#head .state")).to_contain_text("done")
        expect(other.locator("#live")).to_have_attribute("data-state", "still")
        assert other.evaluate("window.kept"), "it was never loaded anew"
        looks_back(page)
        newcomer.leaves()
        demo.send_signal(signal.SIGINT)
        assert demo.wait(60) == 0, log.read_text()
    assert "Traceback" not in log.read_text()
    assert not folder.exists()
    for line in of_the_tutorial():
        assert re.search(line, log.read_text(), re.MULTILINE), f"shown, but not said: {line}"


def makes_a_plan(page) -> None:
    """From the empty page of runs; the cloud does not tell whether it runs 2025.1 or 2025.2."""
    expect(page.locator("main")).to_contain_text("No run yet")
    page.get_by_role("link", name="Plan an upgrade").click()
    page.get_by_label("To release").select_option("2026.1")
    page.get_by_role("button", name="Make a plan").click()
    page.get_by_role("button", name="Start from 2025.1").click()
    page.wait_for_url("**/plans/sha256:*")


def begins_it(page) -> None:
    """Read what is approved, by its hash, and what nothing leads back from; then type the cloud's name."""
    expect(page.locator(".hash")).to_have_text(page.url.rpartition("/")[2])
    page.get_by_text("finish: 8 steps").click()
    expect(page.get_by_text("db-contract of keystone on ctl1")).to_be_visible()
    page.get_by_label(re.compile("^Whoever approves types the cloud's name")).fill("sandbox")
    page.get_by_role("button", name="Begin", exact=True).click()
    page.wait_for_url("**/runs/*")


def halts_and_goes_on(page) -> None:
    """Pause once something is at work; what is in flight comes to its end, and a click takes the run up again."""
    expect(page.locator("#flight tbody tr")).not_to_have_count(0)
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.locator("#head .state")).to_contain_text("paused")
    page.get_by_role("button", name="Resume", exact=True).click()
    expect(page.locator("#head .state")).to_contain_text("running")


def looks_back(page) -> None:
    """The log has what Ansible printed, the timeline what users felt, the report all of it."""
    ways = page.get_by_role("navigation", name="Of this run")
    expect(page.locator("#strip")).to_contain_text("What users feel")
    ways.get_by_role("link", name="Log").click()
    expect(page.locator("#lines")).to_contain_text("PLAY RECAP")
    ways.get_by_role("link", name="Timeline").click()
    expect(page.locator('[data-key="api-nova"]')).to_be_visible()
    ways.get_by_role("link", name="Now").click()
    page.get_by_role("link", name="Read the report").click()
    expect(page.locator("main")).to_contain_text("It is done.")
    expect(page.locator("main")).to_contain_text("Who approved what")


def of_the_tutorial() -> list[str]:
    """Patterns of what the tutorial says that the terminal shows; the port is the reader's own."""
    lines = [
        line
        for block in blocks(read("docs/tutorial/in-a-browser.md"))
        if block.language == "text"
        for line in block.text.splitlines()
    ]
    assert len(lines) >= 4
    return [f"^{re.escape(line).replace(re.escape(OMISSION), '.*').replace('8778', '[0-9]+')}$" for line in lines]
