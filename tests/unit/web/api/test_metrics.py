"""`/metrics` over a real journal: what promtool finds well made, cheap to ask for, and the same after a restart."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from houses import a_house, a_run, client
from meters import TARGETS, answers, session
from pages import in_code, read
from stairlift.model.availability import METER
from stairlift.model.errors import StairliftError
from stairlift.model.notice import Notice
from stairlift.model.run import Change, RunState
from stairlift.probe.order import SAMPLES, folder_of
from stairlift.probe.samples import SampleFile
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_rollout
from stairlift.wiring.clock import now
from stairlift.wiring.server.attendance import Attending

RULES = Path(__file__).parents[4] / "packaging" / "prometheus"
promtool = pytest.mark.skipif(
    not shutil.which("promtool"), reason="promtool of Debian's package prometheus is not here"
)


@pytest.fixture
def house(tmp_path):
    made = a_house(tmp_path)
    yield made
    made.close()


def scraped(house) -> str:
    answer = client(house, "read").get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")
    return answer.text


def value(text: str, name: str, **labels: str) -> float:
    """Of the one sample that has these labels, maybe among others."""
    found = [
        line
        for line in text.splitlines()
        if line.startswith((f"{name}{{", f"{name} ")) and all(f'{key}="{one}"' in line for key, one in labels.items())
    ]
    assert len(found) == 1, (name, labels, found)
    return float(found[0].rpartition(" ")[2])


def a_history(house):
    """A run that is done, one that goes on and was measured, and a notice that was sent."""
    done = a_run(house, a_rollout(3, actions=("upgrade",)))
    done.does("cmp1-upgrade", "cmp2-upgrade").fails("cmp3-upgrade").rests(RunState.CANCELLED)
    run = a_run(house, a_rollout(4, actions=("upgrade",)), at=now())
    measured = replace(run.run, options={**run.run.options, METER: {}})
    run.writes(Change("run.held", NOON, run=measured)).does("cmp1-upgrade", "cmp2-upgrade", "cmp3-upgrade")
    file = folder_of(house.office.state_dir, run.run.id) / SAMPLES
    file.parent.mkdir(parents=True, exist_ok=True)
    samples, at = SampleFile(file, TARGETS), now().timestamp()
    samples.begin(session(at - 2))
    samples.put(answers(at - 1), [])
    assert house.outbox.put("ops", (0, 1), run.run.id, [Notice(run.run.id, 1, "started", NOON)], NOON)
    claimed = house.outbox.claim("ops", NOON, NOON)
    house.outbox.settle(replace(claimed, state="sent", tries=1, sent_at=NOON))
    return run


def test_what_is_on_record_is_counted(house):
    a_history(house)
    text = scraped(house)
    assert value(text, "stairlift_run_state", cloud="lab", state="running") == 1
    assert value(text, "stairlift_run_steps", cloud="lab", state="done") == 3
    assert value(text, "stairlift_run_progress_ratio", cloud="lab") == 0.75
    assert value(text, "stairlift_step_attempts_total", service="nova-compute", outcome="done") == 5
    assert value(text, "stairlift_step_attempts_total", service="nova-compute", outcome="failed") == 1
    assert value(text, "stairlift_step_duration_seconds_bucket", outcome="done", le="15.0") == 5
    assert value(text, "stairlift_probe_up", service="nova") == 1
    assert value(text, "stairlift_notifications_total", channel="ops", outcome="sent") == 1
    assert value(text, "process_resident_memory_bytes") > 0


def test_when_it_ends_is_told_from_what_the_like_took(house):
    run = a_history(house)
    end = value(scraped(house), "stairlift_run_eta_timestamp_seconds", cloud="lab")
    assert 0 < end - now().timestamp() <= 10  # one step is left, and each of the others took ten seconds
    run.does("cmp4-upgrade").rests(RunState.DONE)
    assert "stairlift_run_eta_timestamp_seconds{" not in scraped(house)


def test_counters_are_the_same_for_a_server_that_was_started_again(house, tmp_path):
    a_history(house)
    again = a_house(tmp_path)
    counters = re.compile(r"^stairlift_\w+_(?:total|count|sum|bucket)\{.*$", re.MULTILINE)
    assert counters.findall(scraped(again)) == counters.findall(scraped(house))
    again.close()


def test_what_has_happened_since_is_in_the_next_scrape(house):
    run = a_history(house)
    scraped(house)
    run.fails("cmp4-upgrade")
    assert value(scraped(house), "stairlift_step_attempts_total", outcome="failed") == 2


def test_a_run_that_is_over_is_counted_once(house, monkeypatch):
    a_history(house)
    scraped(house)
    asked: list[str] = []
    real = type(house.office.store).ended
    monkeypatch.setattr(type(house.office.store), "ended", lambda store, run: asked.append(run) or real(store, run))
    scraped(house)
    assert asked == []


def test_a_server_that_cannot_carry_a_run_on_says_so(house):
    a_history(house)
    house.attendance.attending = Attending("nobody", StairliftError(code="state.unusable", brief="no room"))
    assert value(scraped(house), "stairlift_run_trouble", cloud="lab") == 1


def test_an_empty_journal_has_metrics_too(house):
    assert "# TYPE stairlift_run_state gauge" in scraped(house)


def test_open_metrics_for_who_asks_for_it(house):
    a_history(house)
    answer = client(house, "read").get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


@promtool
def test_promtool_finds_nothing_to_mend(house):
    a_history(house)
    checked = subprocess.run(
        ["promtool", "check", "metrics"], check=False, input=scraped(house), capture_output=True, text=True, timeout=60
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


@promtool
@pytest.mark.parametrize(
    "words",
    [
        ("check", "rules", "--lint=all", "--lint-fatal", "stairlift.rules.yml"),
        ("test", "rules", "stairlift.rules.test.yml"),
    ],
)
def test_the_alerts_go_off_when_they_should(words):
    done = subprocess.run(["promtool", *words], check=False, cwd=RULES, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_about_a_metric_that_there_is(house):
    a_history(house)
    named = set(re.findall(r"\bstairlift_\w+", re.sub(r"#.*", "", (RULES / "stairlift.rules.yml").read_text())))
    assert named
    assert {name for name in named if f"# TYPE {name} " not in scraped(house)} == set()


def test_every_metric_is_documented(house):
    a_history(house)
    there = set(re.findall(r"^# TYPE (\S+)", scraped(house), re.MULTILINE))
    assert there - in_code(read("docs/reference/metrics.md")) == set()


def test_every_alert_is_documented():
    alerts = set(re.findall(r"- alert: (\w+)", (RULES / "stairlift.rules.yml").read_text()))
    assert alerts - in_code(read("docs/how-to/alert-on-a-run.md")) == set()
