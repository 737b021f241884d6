"""`demo --serve` from its first word to its last, as a newcomer's browser asks for it: forms, a cookie, no token."""

import re
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from operating import COMMAND, Operator, until

pytestmark = pytest.mark.timeout(580)
#: Real Ansible works on every host of the demo.
PATIENCE = 500.0


class Visitor:
    """Somebody with a browser: it keeps a cookie and sends the forms of pages."""

    def __init__(self, address: str) -> None:
        self.client = httpx2.Client(
            base_url=address, timeout=60, headers={"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
        )

    def sees(self, path: str) -> str:
        page = self.client.get(path)
        assert page.status_code == 200, page.text
        return page.text

    def sends(self, page: str, path: str, **fields: object) -> str:
        """Fill a form of a page in, and send it; where it leads."""
        [csrf, *_] = re.findall(r'name="csrf" value="(\w+)"', self.sees(page))
        answer = self.client.post(path, data={"csrf": csrf, **fields})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"].partition("?")[0]

    def knows(self, path: str) -> dict:
        answer = self.client.get(path, headers={"Accept": "application/json"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def waits_for(self, job: str) -> dict:
        found = until(lambda: (seen := self.knows(f"/v1{job}"))["state"] != "running" and seen, PATIENCE)
        assert found["state"] == "done", found
        return found["result"]

    def approves_until_done(self, run: str) -> int:
        """Approve by the page's forms whatever asks; how often that was."""
        approved, end = 0, time.monotonic() + PATIENCE
        while (state := self.knows(f"/v1/runs/{run}/status")["state"]) != "done":
            assert time.monotonic() < end, state
            assert state in {"pending", "running", "waiting"}
            if state == "waiting":
                approved += self._approves(run)
            time.sleep(0.5)
        return approved

    def _approves(self, run: str) -> int:
        """Send the first form of the page that approves a step; there is none while the last answer is being heard."""
        page = self.sees(f"/runs/{run}")
        forms = re.findall(rf'<form[^>]*action="/runs/{run}/approvals".*?</form>', page, re.DOTALL)
        for form in forms[:1]:
            fields = dict(re.findall(r'name="(csrf|match|step)" value="([^"]*)"', form))
            assert self.client.post(f"/runs/{run}/approvals", data=fields).status_code in {200, 303}
        return len(forms[:1])


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


def test_a_newcomer_runs_the_whole_upgrade_from_a_browser(tmp_path):
    with a_demo(Operator(tmp_path)) as (demo, log):
        code = until(lambda: re.search(r"with the code (\S+),", log.read_text()), 120)[1]
        visitor = Visitor(re.search(r"open (http://\S+) in", log.read_text())[1])
        folder = Path(re.search(r"in (/\S+stairlift-demo-\S+)", log.read_text())[1])
        assert visitor.client.post("/sign-in", data={"secret": code}).status_code == 303
        assert httpx2.post(f"{visitor.client.base_url}/sign-in", data={"secret": code}).status_code == 401

        plan = visitor.waits_for(visitor.sends("/plans", "/plans", to="2026.1", source="2025.1"))["hash"]
        begun = visitor.sends(f"/plans/{plan}", f"/plans/{plan}/runs", approve="plan", cloud="sandbox")
        run = visitor.waits_for(begun)["run"]
        assert visitor.approves_until_done(run) > 0  # one-way steps ask
        assert "done" in visitor.sees(f"/runs/{run}")
        assert "What users feel" in visitor.sees(f"/runs/{run}")
        assert 'data-key="api-nova"' in visitor.sees(f"/runs/{run}/timeline"), "what they felt is on the same axis"

        demo.send_signal(signal.SIGINT)
        assert demo.wait(60) == 0, log.read_text()
    last = log.read_text().splitlines()[-1]
    assert re.search(r"in the simulated cloud itself: \d+ programs of 2026.1 are running$", last)
    assert "Traceback" not in log.read_text()
    assert not folder.exists()
