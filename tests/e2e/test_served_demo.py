"""`demo --serve` from its first word to its last, as a newcomer has it: a browser, the code of the terminal, and clicks."""

import re
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from browsers import WANTS_CHROMIUM, Person, approved_until_done, begun_from_the_page, expect
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
        person = Person(chromium, home, code)
        page = begun_from_the_page(person, "2026.1")
        other = person.looks_on(page.url)
        assert approved_until_done(page, 30, PATIENCE) > 0, "one-way steps ask"
        expect(other.locator("#head .state")).to_contain_text("done")
        expect(other.locator("#live")).to_have_attribute("data-state", "still")
        assert other.evaluate("window.kept"), "it was never loaded anew"
        expect(page.get_by_text("What users feel")).to_be_visible()
        page.get_by_role("link", name="Timeline").click()
        expect(page.locator('[data-key="api-nova"]')).to_be_visible()
        person.leaves()
        demo.send_signal(signal.SIGINT)
        assert demo.wait(60) == 0, log.read_text()
    assert "Traceback" not in log.read_text()
    assert not folder.exists()
    for line in of_the_tutorial():
        assert re.search(line, log.read_text(), re.MULTILINE), f"shown, but not said: {line}"


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
