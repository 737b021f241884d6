"""Notices of runs as people carry them out: while it goes, over kill -9, with receivers that are not well."""

import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from houses import settings_in
from journals import Ledger
from operating import until
from receivers import receiving
from stairlift.model.run import Change, RunState
from stairlift.testing.plans import a_plan, a_step
from stairlift.wiring.clock import now
from stairlift.wiring.config.notify import read_channels
from stairlift.wiring.notifying import deliveries_of, told_elsewhere
from stairlift.wiring.office import open_office

CHANNEL = """\
[[notify]]
name = "ops"
use = "webhook"
url = "{url}"
secret_file = "secret"
timeout = 2
"""
#: Sends until it is killed, whatever it finds in a journal; claims last a second, so that the next one need not wait.
SENDER = """\
import sys, threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from stairlift.drive import notices
from stairlift.wiring.config.notify import read_channels
from stairlift.wiring.notifying import Notifying
from stairlift.wiring.office import open_office
from stairlift.wiring.config.settings import Settings
notices.CLAIM, notices.LOOK = timedelta(seconds=1), 0.01
state, url = Path(sys.argv[1]), sys.argv[2]
settings = Settings(state_dir=state, database_url=f"sqlite:///{state / 'stairlift.sqlite'}")
(state / "t.toml").write_text("[[notify]]\\n")
table = {"name": "ops", "use": "webhook", "url": url, "timeout": 1}
settings = replace(settings, notify=read_channels(state / "t.toml", [table]))
sender = Notifying.of(settings, open_office(settings).store, lambda note: None)
sender.begin()
print("sends", flush=True)
sender.run(threading.Event())
"""


@pytest.fixture
def receiver():
    with receiving() as one:
        yield one


@pytest.fixture
def told(operator, receiver):
    """An operator with a channel to the receiver, and a plan of two hypervisors."""
    operator.write("secret", "s3cret\n")
    with (operator.folder / "stairlift.toml").open("a") as settings:
        settings.write(CHANNEL.format(url=receiver.url))
    operator.plans("--stage", "compute")
    return operator


def test_a_whole_run_is_told_and_signed(told, receiver):
    answer = told.types_to_a_process("run", "plan.json", "--yes")
    assert answer.code == 0, answer.err
    assert receiver.kinds() == ["started", "finished"]
    assert all("Stairlift-Signature" in one.headers for one in receiver.taken)
    log = told.types("notices", "-o", "json").document
    assert log["schema"] == "stairlift.notices/1"
    assert [(n["kind"], n["state"]) for n in log["notices"]] == [("finished", "sent"), ("started", "sent")]
    table = told.types("notices").out
    assert "finished" in table
    assert "HTTP 204" in table
    assert receiver.url not in table
    everything = "".join(p.read_text(errors="replace") for p in (told.folder / "state").rglob("*") if p.is_file())
    assert "s3cret" not in everything
    assert "T0P-SECRET" not in everything


def test_a_run_that_fails_and_is_paused_from_elsewhere(told, receiver):
    told.write("fail", "upgrade cmp1")
    assert told.types_to_a_process("run", "plan.json", "--yes").code == 5
    assert receiver.kinds() == ["started", "step_failed", "failed"]
    failed = receiver.taken[1].json["data"]
    assert failed["steps"][0]["hosts"] == ["cmp1"]
    assert failed["commands"] == [f"stairlift logs {failed['run']} --step {failed['steps'][0]['id']}"]
    assert told.types("cancel").code == 0
    assert receiver.kinds()[3:] == ["cancelled"], "whoever carries the word out sends it"


def test_a_receiver_that_hangs_delays_no_step(told, receiver):
    """Without a receiver, and with one that takes every request and answers none."""
    began = time.monotonic()
    assert (
        told.types_to_a_process("run", "plan.json", "--yes", STAIRLIFT_STATE_DIR=str(told.folder / "other")).code == 0
    )
    usual = time.monotonic() - began
    receiver.hangs = True
    answer = told.types_to_a_process("run", "plan.json", "--yes", "--again")
    assert answer.code == 0, answer.err
    ended = told.status()
    took = _seconds(ended["ended_at"]) - _seconds(ended["started_at"])
    assert took < usual + 2, "the run itself is not held up"
    assert "not taken yet (ops): the next run or server sends them" in answer.err


def _seconds(stamp: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(stamp).timestamp()


def test_an_orchestrator_that_is_killed_and_taken_up(told, receiver):
    told.write("slow", "cmp1")
    process = told.begins("run", "plan.json", "--yes")
    until(lambda: told.calls)
    process.kill()
    process.wait()
    (told.folder / "slow").unlink()
    assert told.types_to_a_process("resume", "--yes").code == 0
    ids = [(one.json["source"], one.json["id"]) for one in receiver.taken]
    assert list(dict.fromkeys(receiver.kinds())) == ["started", "resumed", "finished"]
    assert len(set(ids)) == 3


def test_a_try(told, receiver):
    answer = told.types("notices", "--test", "ops")
    assert (answer.code, answer.err) == (0, "channel ops: HTTP 204\n")
    receiver.status = 403
    refused = told.types("notices", "--test", "ops")
    assert refused.code == 1
    assert "HTTP 403" in refused.err
    assert told.types("notices", "--test", "nobody").code == 2


def test_no_notice_is_lost_whenever_the_sender_is_killed(tmp_path, receiver):
    """Senders are killed again and again while a run goes on; in the end everything has arrived, in its order."""
    settings = settings_in(tmp_path)
    chance = random.Random(7)
    ledger = Ledger.begun(open_office(settings), a_plan(a_step("s1")), now())
    for _ in range(8):
        sender = _sender(settings.state_dir, receiver.url)
        for _ in range(5):
            ledger.at = now()
            ledger.writes(Change("run.resumed", now()))
            time.sleep(chance.uniform(0, 0.05))
        sender.kill()
        sender.wait()
    ledger.at = now()
    ledger.rests(RunState.FAILED, "enough")
    (tmp_path / "t.toml").write_text("[[notify]]\n")
    table = {"name": "ops", "use": "webhook", "url": receiver.url}
    settings = replace(settings, notify=read_channels(tmp_path / "t.toml", [table]))
    with told_elsewhere(settings, open_office(settings).store, pytest.fail):
        until(lambda: receiver.kinds()[-1:] == ["failed"], 60)
    arrived = [int(one.json["id"]) for one in receiver.taken]
    wanted = [d.notice.seq for d in reversed(deliveries_of(settings, ledger.run.id, 999))]
    assert len(wanted) == 42 - _before_the_channel(ledger, wanted)
    assert list(dict.fromkeys(arrived)) == wanted, "none is missing, and each came first in its turn"
    assert len(arrived) - len(wanted) <= 8, "only what a dying sender had in its hands comes twice"


def _before_the_channel(ledger, wanted) -> int:
    """The run began before anybody was to be told."""
    begun = next(e for e in ledger.office.store.events(ledger.run.id) if e.kind == "run.started")
    return int(begun.seq not in wanted)


def _sender(state: Path, url: str) -> "subprocess.Popen[str]":
    words = [sys.executable, "-c", SENDER, str(state), url]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    assert process.stdout.readline() == "sends\n"
    return process
