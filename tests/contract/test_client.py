"""A server's journal read through the client is the journal itself: every question of the port, asked of both.

The answers of the journal are kept honest by the stores' own contract (test_stores.py).
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from browsers import served as serving
from houses import a_run, a_token
from served import Served, served
from stairlift.client import connection
from stairlift.client.address import Address
from stairlift.client.connection import Connection
from stairlift.client.store import ServerStore
from stairlift.model.errors import Refusal, StairliftError, UsageError
from stairlift.model.run import AttemptId, Command, RunState, StepState
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_rollout
from stairlift.web.app import the_app

#: Each takes the records and the scene.
QUESTIONS = {
    "who orchestrates": lambda r, s: r.orchestrator(s.plan.cloud),
    "who orchestrates what nobody knows": lambda r, _: r.orchestrator("no/where"),
    "runs": lambda r, _: r.runs(),
    "runs of a cloud": lambda r, s: r.runs(s.plan.cloud),
    "runs of no cloud": lambda r, _: r.runs("nowhere"),
    "runs in a state": lambda r, _: r.runs(states=[RunState.RUNNING]),
    "runs in states": lambda r, _: r.runs(states=[RunState.RUNNING, RunState.FAILED, RunState.DONE], most=2),
    "runs behind one": lambda r, _: r.runs(behind=r.runs()[0].id, most=1),
    "runs behind none": lambda r, _: r.runs(behind="nobody"),
    "unfinished": lambda r, _: r.unfinished(),
    "active": lambda r, _: r.active(),
    "active of a cloud": lambda r, s: r.active(s.plan.cloud),
    "active of no cloud": lambda r, _: r.active("nowhere"),
    "newest": lambda r, _: r.newest(),
    "newest of no cloud": lambda r, _: r.newest("nowhere"),
    "a run": lambda r, s: r.run(s.run),
    "a run, twice": lambda r, s: (r.run(s.run), r.run(s.run)),
    "no run": lambda r, _: r.run("nobody"),
    "a run without a name": lambda r, _: r.run(""),
    "a way out": lambda r, _: r.run("../tokens"),
    "plan": lambda r, s: r.plan(s.run),
    "head of a plan": lambda r, s: r.plan_head(s.run),
    "steps of a plan": lambda r, s: r.plan_steps(s.run, [s.pending, s.done, "nothing"]),
    "steps of a plan, one by one": lambda r, s: list(r.each_plan_step(s.run)),
    "no steps of a plan": lambda r, s: r.plan_steps(s.run, []),
    "counts": lambda r, s: r.counts(s.run),
    "steps": lambda r, s: r.steps(s.run),
    "some steps": lambda r, s: r.steps(s.run, [s.failed, s.done]),
    "no steps": lambda r, s: r.steps(s.run, []),
    "steps in a state": lambda r, s: r.steps(s.run, states=[StepState.PENDING], most=3),
    "steps in states": lambda r, s: r.steps(s.run, states=[StepState.FAILED, StepState.DONE]),
    "a page of steps": lambda r, s: r.step_page(s.run, most=3),
    "the next page": lambda r, s: r.step_page(s.run, behind=s.failed, most=2),
    "steps on a host": lambda r, s: r.step_page(s.run, host="cmp1", states=[StepState.PENDING]),
    "steps of a stage": lambda r, s: r.step_page(s.run, stage="control"),
    "took": lambda r, s: r.took(s.run, s.pending, 5),
    "lengths": lambda r, s: r.lengths(s.plan.cloud, 5),
    "lengths of before": lambda r, s: r.lengths(s.plan.cloud, 5, NOON),
    "lengths of then": lambda r, s: r.lengths(s.plan.cloud, 5, NOON + timedelta(days=9)),
    "ended": lambda r, s: sorted(map(str, r.ended(s.run))),
    "attempts": lambda r, s: r.attempts(s.run),
    "attempts at a step": lambda r, s: r.attempts(s.run, s.failed),
    "attempts that failed": lambda r, s: r.attempts(s.run, results=["failed"]),
    "the newest attempt": lambda r, s: r.attempts(s.run, newest_first=True, most=1),
    "attempts behind one": lambda r, s: r.attempts(s.run, behind=AttemptId(s.run, s.done, 1)),
    "attempts at steps": lambda r, s: r.attempts_of(s.run, [s.failed]),
    "events": lambda r, s: r.events(s.run),
    "events behind one": lambda r, s: r.events(s.run, 3, 2),
    "events of a step": lambda r, s: r.events(s.run, step=s.failed),
    "events of a kind": lambda r, s: r.events(s.run, kinds=["step.done"], limit=1),
    "the newest event": lambda r, s: r.latest(s.run),
    "commands": lambda r, s: r.commands(s.run),
    "commands nobody has acted on": lambda r, s: r.commands(s.run, unsettled=True),
}


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> Served:
    """Beside its run an older one of another cloud, and one that is done."""
    found = served(tmp_path_factory.mktemp("house"))
    other = replace(a_rollout(2), cloud="other")
    a_run(found.house, other, at=NOON - timedelta(days=1)).does(other.steps[0].id).rests(RunState.PAUSED, "enough")
    third = replace(a_rollout(1), cloud="third")
    a_run(found.house, third).does(*(step.id for step in third.steps)).rests(RunState.DONE)
    return found


@pytest.fixture(scope="module")
def url(scene):
    with serving(the_app(scene.house)) as address:
        yield address


@pytest.fixture
def records(scene, url):
    store = ServerStore(Connection(Address(url, a_token(scene.house))))
    yield store
    store.close()


def answer(ask, records, scene):
    try:
        return ask(records, scene)
    except StairliftError as wrong:
        return type(wrong), wrong.code, wrong.brief, wrong.resolution, wrong.exit_code


@pytest.mark.parametrize("page", [1000, 2])
@pytest.mark.parametrize("question", QUESTIONS)
def test_it_is_answered_as_by_the_journal(scene, records, question, page, monkeypatch):
    monkeypatch.setattr(connection, "_PAGE", page)
    ask = QUESTIONS[question]
    assert answer(ask, records, scene) == answer(ask, scene.house.office.store, scene)


def test_the_ledger_is_told_without_what_it_takes_to_put_it_back(scene, records):
    def told(found):
        return [replace(effect, binding="", details={}) for effect in found]

    journal = scene.house.office.store
    assert told(journal.effects(scene.run))
    assert list(records.effects(scene.run)) == told(journal.effects(scene.run))
    assert list(records.effects(cloud=scene.plan.cloud)) == told(journal.effects(cloud=scene.plan.cloud))


def test_what_changes_meanwhile_is_seen(scene, records):
    before = records.run(scene.run)
    scene.ledger.rests(RunState.FAILED, "a step has failed")
    after = records.run(scene.run)
    assert (before.state, after.state, after.reason) == (RunState.RUNNING, RunState.FAILED, "a step has failed")


def test_a_word_goes_on_record_once_and_under_the_name_of_the_token(scene, records):
    command = Command("key-1", scene.run, "retry", scene.failed, "somebody", "mended", NOON)
    told, again = records.tell(command), records.tell(command)
    assert told == again
    assert (told.kind, told.step, told.reason) == ("retry", scene.failed, "mended")
    assert told.actor.startswith("ada")
    assert [c for c in scene.house.office.store.commands(scene.run) if c.id == told.id] == [told]


def test_who_was_quicker_is_told_of(scene, records, monkeypatch):
    """Between the look and the word somebody else says something."""
    look = records.connection.tagged

    def interrupted(path):
        seen = look(path)
        scene.house.office.store.tell(
            Command("q", scene.run, "cancel", "", "bob", "I was first", NOON + timedelta(days=9999))
        )
        return seen

    monkeypatch.setattr(records.connection, "tagged", interrupted)
    with pytest.raises(Refusal, match="no longer as it was") as stale:
        records.tell(Command("key-2", scene.run, "retry", scene.failed, "ada", "late", NOON))
    assert (stale.value.code, stale.value.exit_code) == ("request.stale", 4)
    assert "bob told it to cancel" in stale.value.details


def test_nobody_writes_by_it(scene, records):
    with pytest.raises(StairliftError, match="by the server alone"):
        records.hold(scene.plan.cloud)


def test_whose_token_holds_no_longer_is_not_let_in(scene, url):
    with pytest.raises(UsageError) as unknown:
        ServerStore(Connection(Address(url, "stl_gone"))).runs()
    assert unknown.value.code == "access.unknown"
