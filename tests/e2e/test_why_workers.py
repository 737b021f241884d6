"""Why it does not move where workers carry it out: the real command beside a run whose queue nobody takes from."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crews import Crew, crew_database, until
from postgres import Server

STEP = "cmp1-upgrade"
pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def crew(postgres: Server, tmp_path: Path) -> Iterator[Crew]:
    made = Crew(crew_database(postgres), tmp_path, ttl=3.0)
    yield made
    made.end()


def _typed(crew: Crew, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "stairlift", *words],
        env=crew.environment("orchestrator"),
        cwd=crew.folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def _holds_it_up(crew: Crew) -> list[dict]:
    try:
        return json.loads(_typed(crew, "status", "--why", STEP, "-o", "json"))["why"]
    except subprocess.CalledProcessError:  # there is no run yet
        return []


def test_a_queue_that_nobody_takes_from_says_so_and_what_to_type(crew: Crew) -> None:
    argv = [sys.executable, str(Path(__file__).with_name("orchestrate_crew.py")), str(crew.folder), "1", "1", "0.1"]
    orchestrator = subprocess.Popen(
        argv, env=crew.environment("orchestrator"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        until(lambda: [h["kind"] for h in _holds_it_up(crew)] == ["queue"])
        [queue] = _holds_it_up(crew)
        assert queue["who"] == "operator"
        assert queue["commands"] == [f"stairlift worker --queue {queue['key']}"]
        assert "has ever been heard of" in queue["said"]
        assert f"waits for a worker, no worker of queue {queue['key']}" in _typed(crew, "status")
        crew.worker("w1")
        out, errors = orchestrator.communicate(timeout=120)
    finally:
        orchestrator.kill()
    assert (out.split()[-1:], errors) == (["done"], "")
    assert _holds_it_up(crew) == []
