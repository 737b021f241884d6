"""`run --stage`: prepare in working hours without approval, rest, and go on once the plan is approved."""

import pytest

from operating import STEP, Terminal

TOML = """\
[[strategy]]
match = { stage = "prepare" }
use = "command"
argv = ["./step", "{action}", "{service}", "{host}", "{from}", "{to}"]

[[strategy]]
match = {}
use = "command"
argv = ["./step", "{action}", "{service}", "{host}", "{from}", "{to}"]
"""


@pytest.fixture
def preparing(operator):
    """Somebody whose stairlift.toml has a stage `prepare`."""
    operator.write("stairlift.toml", TOML)
    operator.write("step", STEP).chmod(0o755)
    return operator


def prepared(operator):
    operator.plans()
    answer = operator.types("run", "plan.json", "--stage", "prepare")
    assert answer.code == 6, answer.err
    return answer


def actions(operator) -> set[str]:
    return {call.split()[0] for call in operator.calls}


def test_prepare_needs_no_approval_and_nothing_else_starts(preparing):
    answer = prepared(preparing)
    assert "safe in working hours" in answer.err
    assert actions(preparing) == {"prepare"}
    status = preparing.status()
    assert status["state"] == "waiting"
    (waits,) = status["waiting_for"]
    assert (waits["what"], waits["step"]) == ("plan", status["plan"])
    assert waits["command"] in preparing.types("status").out


def test_without_approval_it_goes_no_further(preparing):
    prepared(preparing)
    assert preparing.types("resume").code == 6
    assert actions(preparing) == {"prepare"}


@pytest.mark.parametrize("how", ["yes", "approve", "command"])
def test_it_goes_on_once_the_plan_is_approved(preparing, how):
    prepared(preparing)
    status = preparing.status()
    before = len(preparing.calls)
    if how == "command":
        assert preparing.types("approve", status["run"], status["plan"], "--reason", "read it").code == 0
        assert preparing.status()["waiting_for"][0]["told"] == "approve"
    words = {"yes": ["--yes"], "approve": ["--approve", status["plan"]], "command": []}[how]
    answer = preparing.types("resume", *words)
    assert answer.code == (0 if how == "yes" else 6), answer.err
    later = preparing.status()
    assert [w["what"] for w in later["waiting_for"]] == ([] if how == "yes" else ["approval"])  # the one-way step asks
    assert "upgrade" in actions(preparing)
    assert not any(call.startswith("prepare") for call in preparing.calls[before:])


def test_another_hash_is_no_approval(preparing):
    prepared(preparing)
    answer = preparing.types("resume", "--approve", "sha256:0")
    assert answer.code == 4
    assert "[plan.other_hash]" in answer.err
    answer = preparing.types("approve", preparing.status()["run"], "sha256:0")
    assert answer.code == 4
    assert "[plan.other_hash]" in answer.err
    assert actions(preparing) == {"prepare"}


def test_at_a_terminal_it_rests_without_a_question_and_then_the_prompt_approves_it(preparing):
    preparing.plans()
    assert Terminal(preparing, "run", "plan.json", "--stage", "prepare").leaves() == 6
    terminal = Terminal(preparing, "resume")
    terminal.until("to approve it:").types("sandbox\n").until("[y/N]").types("n\n")
    assert terminal.leaves() == 6
    assert "upgrade" in actions(preparing)


def test_an_approved_run_is_paused_behind_its_stage(preparing):
    preparing.plans()
    assert preparing.types("run", "plan.json", "--stage", "prepare", "--stage", "control", "--yes").code == 7
    assert not any(" cmp1 " in call for call in preparing.calls if not call.startswith("prepare"))
    assert any(call.startswith("upgrade") for call in preparing.calls)
    assert "no more was asked for" in preparing.status()["reason"]
    assert preparing.types("resume").code == 0


def test_another_stage_than_prepare_wants_the_plan_approved(preparing):
    preparing.plans()
    assert preparing.types("run", "plan.json", "--stage", "control").code == 6
    assert preparing.calls == []


def test_a_plan_without_such_a_stage(operator):
    operator.plans()
    answer = operator.types("run", "plan.json", "--stage", "prepare")
    assert answer.code == 0
    assert "the plan has no steps of stage prepare" in answer.err


def test_a_stage_that_nobody_knows(preparing):
    preparing.plans()
    answer = preparing.types("run", "plan.json", "--stage", "prepair")
    assert answer.code == 2
    assert "[plan.unknown_stage]" in answer.err
