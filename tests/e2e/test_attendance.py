"""Runs that a server carries out in threads: taken up, left to the next one, and never given up for a while's trouble."""

import logging
import threading
import uuid
from contextlib import ExitStack

import pytest

from operating import Operator, until
from stairlift.drive.commands import tell
from stairlift.model.errors import Refusal, UsageError
from stairlift.model.run import Command, RunState
from stairlift.wiring.clock import now
from stairlift.wiring.config.settings import read_settings
from stairlift.wiring.files import read_plan
from stairlift.wiring.office import open_office
from stairlift.wiring.orders import Orders
from stairlift.wiring.running import record_only, resume
from stairlift.wiring.server import attendance as attendance_module
from stairlift.wiring.server import shifts
from stairlift.wiring.server.attendance import Attendance

pytestmark = pytest.mark.timeout(300)


class Post:
    """A run on record in the folder of an operator, and servers that look after it, one after the other."""

    def __init__(self, operator: Operator, stack: ExitStack) -> None:
        self.operator = operator
        self.settings = read_settings(operator.environment(), operator.folder)
        self.office = open_office(self.settings)
        self.stack = stack
        stack.callback(self.office.store.close)
        operator.plans()
        self.plan = read_plan(operator.folder / "plan.json")

    def recorded(self, *, approve_all: bool = False) -> str:
        orders = Orders("ada", approve_all=approve_all, on_event=lambda _: None)
        self.id = record_only(self.plan, self.office, self.settings, orders).run.id
        return self.id

    def serves(self) -> Attendance:
        office = open_office(self.settings)
        attendance = Attendance(office, "a server")
        self.stack.callback(office.store.close)
        self.stack.callback(attendance.close)
        attendance.begin()
        return attendance

    @property
    def run(self):
        return self.office.store.run(self.id)

    def comes_to(self, state: RunState):
        return until(lambda: self.run.state is state, 60)

    def events(self, kind: str):
        return [event for event in self.office.store.events(self.id) if event.kind == kind]

    def tells(self, kind: str, step: str = "", actor: str = "bob") -> None:
        tell(self.office.store, self.plan, Command(uuid.uuid4().hex, self.id, kind, step, actor, "so", now()))

    def begins_slowly(self) -> Attendance:
        """A server is at work, and the script on cmp1 lasts as long as the file `slow` is there."""
        self.operator.write("slow", "cmp1")
        self.recorded()
        attendance = self.serves()
        attendance.take_up(self.id, "bob", approve_all=True)
        until(lambda: any("cmp1" in call for call in self.operator.calls), 60)
        return attendance


@pytest.fixture
def post(operator: Operator, monkeypatch):
    for name, value in operator.environ.items():
        monkeypatch.setenv(name, value)
    with ExitStack() as stack:
        yield Post(operator, stack)


def test_a_run_goes_to_its_end_in_a_thread(post):
    post.recorded()
    attendance = post.serves()
    attendance.take_up(post.id, "bob", approve_all=True)
    assert attendance.of(post.run).by == "here"
    post.comes_to(RunState.DONE)
    assert post.events("run.started")[0].data["actor"] == "bob"
    assert len(post.operator.calls) == len(set(post.operator.calls))
    until(lambda: attendance.of(post.run).by == "nobody")
    attendance.take_up(post.id, "bob")  # of one that is over nothing becomes
    assert attendance.of(post.run).by == "nobody"


def test_what_one_server_leaves_the_next_one_adopts(post):
    attendance = post.begins_slowly()
    assert attendance.close()
    assert (post.run.state, len(post.events("run.detached"))) == (RunState.RUNNING, 1)
    assert post.office.store.orchestrator(post.run.cloud) is None
    post.serves()
    until(lambda: post.events("run.resumed"))
    (post.operator.folder / "slow").unlink()
    post.comes_to(RunState.DONE)
    assert post.events("run.resumed")[0].data["actor"] == "a server"
    assert len(post.operator.calls) == len(set(post.operator.calls))


def test_nobody_takes_up_what_another_process_has(post):
    attendance = post.begins_slowly()
    other = post.serves()
    with pytest.raises(Refusal) as refused:
        other.take_up(post.id, "eve")
    assert refused.value.code == "run.cloud_busy"
    assert (attendance.of(post.run).by, other.of(post.run).by) == ("here", "elsewhere")
    attendance.take_up(post.id, "eve")  # it is at work on it
    with pytest.raises(Refusal):
        attendance.take_up(post.id, "eve", approve_all=True)
    (post.operator.folder / "slow").unlink()
    post.comes_to(RunState.DONE)


def test_a_pause_that_nobody_heard_is_seen_to_and_only_a_person_goes_on(post):
    post.begins_slowly().close()
    post.tells("pause")
    attendance = post.serves()
    until(lambda: post.office.store.orchestrator(post.run.cloud))
    (post.operator.folder / "slow").unlink()
    post.comes_to(RunState.PAUSED)
    until(lambda: attendance.of(post.run).by == "nobody")
    done = len(post.operator.calls)
    attendance.nudge(post.id)
    attendance._look()
    assert attendance.of(post.run).by == "nobody"
    assert len(post.operator.calls) == done
    attendance.take_up(post.id, "bob")
    post.comes_to(RunState.DONE)


def test_an_answer_to_a_failed_run_sets_it_going_again(post):
    post.operator.write("fail", "upgrade cmp1")
    post.recorded()
    attendance = post.serves()
    attendance.take_up(post.id, "ada", approve_all=True)
    post.comes_to(RunState.FAILED)
    (post.operator.folder / "fail").unlink()
    (failed,) = [status.id for status in post.office.store.steps(post.id) if status.state == "failed"]
    post.tells("retry", failed)
    attendance.nudge(post.id)
    post.comes_to(RunState.DONE)
    assert post.events("run.resumed")[-1].data["actor"] == "bob"


def test_who_goes_on_while_the_last_orchestrator_leaves_is_heard(post, monkeypatch):
    """It has put on record that the run rests, and is still on its way out."""
    leaves = threading.Event()

    def lingers(*given):
        result = resume(*given)
        leaves.wait(60)
        return result

    monkeypatch.setattr(shifts, "resume", lingers)
    post.operator.write("fail", "upgrade cmp1")
    post.recorded()
    attendance = post.serves()
    attendance.take_up(post.id, "ada", approve_all=True)
    post.comes_to(RunState.FAILED)
    until(lambda: post.office.store.orchestrator(post.run.cloud) is None)
    assert attendance.of(post.run).by == "here"
    attendance.take_up(post.id, "bob")
    leaves.set()
    until(lambda: [event.data["actor"] for event in post.events("run.resumed")] == ["bob"])


def test_a_cloud_that_does_not_answer_is_trouble_and_is_tried_again(post):
    post.recorded()
    clouds = post.operator.folder / "clouds.yaml"
    kept = clouds.read_text()
    clouds.unlink()
    attendance = post.serves()
    attendance.take_up(post.id, "bob", approve_all=True)
    seen = until(lambda: (found := attendance.of(post.run)).trouble and found)
    assert seen.by == "nobody"
    assert seen.again_at is None or seen.again_at > now()
    clouds.write_text(kept)
    attendance.nudge(post.id)
    post.comes_to(RunState.DONE)
    assert post.run.approve_all  # as it was begun to be
    assert attendance.of(post.run).trouble is None


def test_it_is_tried_ever_more_seldom(post, monkeypatch):
    monkeypatch.setattr(attendance_module, "_PATIENCE_PENDING", 0.0)
    monkeypatch.setattr(attendance_module, "_AGAIN", 0.05)
    post.recorded()
    (post.operator.folder / "clouds.yaml").unlink()
    attendance = post.serves()
    until(lambda: (found := attendance._setbacks.get(post.id)) and found.times >= 3)
    assert attendance.of(post.run).trouble is not None


def test_a_defect_is_reported_and_takes_nobody_with_it(post, monkeypatch, caplog):
    def broken(*_):
        raise ZeroDivisionError("a defect of a test")

    post.recorded()
    attendance = post.serves()
    monkeypatch.setattr(shifts, "resume", broken)
    with caplog.at_level(logging.ERROR):
        attendance.take_up(post.id, "bob")
        trouble = until(lambda: attendance.of(post.run).trouble)
    assert (trouble.code, "ZeroDivisionError" in trouble.brief) == ("bug", True)
    assert "a defect of Stairlift, unexpected ZeroDivisionError; its traceback is in" in caplog.text
    assert "a defect of a test" not in trouble.brief + trouble.details + caplog.text, "its words may hold a secret"
    assert "Traceback" not in caplog.text
    monkeypatch.undo()
    attendance.nudge(post.id)
    until(lambda: (found := attendance.of(post.run).trouble) is None or found.code != "bug")


def test_a_defect_that_is_met_at_every_look_is_reported_once(post, monkeypatch, tmp_path):
    looks = []

    def broken():
        looks.append(1)
        raise ZeroDivisionError

    (tmp_path / "reports").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "reports"))
    monkeypatch.setattr(attendance_module, "_LOOK", 0.01)
    attendance = post.serves()
    monkeypatch.setattr(attendance._office.store, "unfinished", broken)
    until(lambda: len(looks) > 5)
    assert len(list((tmp_path / "reports").iterdir())) == 1


def test_a_run_that_is_not_there_is_unknown(post):
    with pytest.raises(UsageError) as refused:
        post.serves().take_up("no-such", "bob")
    assert refused.value.code == "run.unknown"
