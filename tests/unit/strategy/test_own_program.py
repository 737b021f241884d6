"""Programs of ours: what they are sent for comes back as it went, and how they end is told."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stairlift.model.effect import Effect
from stairlift.model.errors import Refusal, SourceTrouble, StairliftError, Trouble
from stairlift.model.work import Assignment, Outcome, Verdict
from stairlift.strategy.own_job import judge_own
from stairlift.strategy.own_program import REQUEST, Errand, OwnProgram, carry_out
from stairlift.testing.plans import a_step

PROGRAM = OwnProgram(
    name="gate",
    module="stairlift.strategy.gate",
    kinds={"cordon": "shut", "drain": "shut", "uncordon": "open"},
    back={"shut": "open", "open": "shut"},
)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
effects = st.builds(
    Effect, names, names, names, names, names, st.sampled_from(["intended", "made"]), st.just(NOON),
    st.dictionaries(names, names),
)  # fmt: skip
hosts = st.lists(names, min_size=1).map(tuple)
errands = st.builds(
    Errand, names, hosts, hosts, st.lists(effects).map(tuple), st.booleans(), st.dictionaries(names, names)
)


@given(errands)
def test_an_errand_comes_back_as_it_went(errand):
    assert Errand.of(json.loads(json.dumps(errand.document()))) == errand


def at(action: str, *, undo: bool = False) -> Assignment:
    step = a_step(f"{action}-cmp1", action=action, services=["nova-compute"], hosts=["cmp1"])
    return Assignment("r1", step, 1, Path("/a/1"), undo)


@pytest.mark.parametrize(
    ("action", "kind", "taken_back"), [("cordon", "shut", "open"), ("drain", "shut", "open"), ("uncordon", "open", "shut")]
)  # fmt: skip
def test_what_is_taken_back_is_done_the_other_way_round(action, kind, taken_back):
    assert PROGRAM.kind_of(at(action)) == kind
    assert PROGRAM.kind_of(at(action, undo=True)) == taken_back


@pytest.mark.parametrize("undo", [False, True])
def test_what_is_the_work_of_others_is_refused(undo):
    with pytest.raises(Refusal, match="strategy 'gate' does cordon, drain and uncordon, not upgrade"):
        PROGRAM.job(at("upgrade", undo=undo), {})


def test_a_job_is_the_program_and_a_file_of_its_attempt():
    job = PROGRAM.job(at("drain"), {"within": 3})
    assert job.argv[1:] == ("-m", "stairlift.strategy.gate", "/a/1/request.json")
    errand = Errand.of(json.loads(job.files[REQUEST]))
    assert errand == Errand("shut", ("cmp1",), ("nova-compute",), options={"within": 3})


@pytest.fixture
def ended(monkeypatch, tmp_path):
    """How the program of an errand ends that comes to this, as its strategy judges it."""

    def of(errand: Errand, trouble: StairliftError | None) -> Verdict:
        def do(given, notes, before):
            assert given == errand
            notes.fact("seen", "the gate")
            if trouble is not None:
                raise trouble

        (tmp_path / REQUEST).write_text(json.dumps(errand.document()))
        monkeypatch.setattr("sys.argv", ["gate", str(tmp_path / REQUEST)])
        monkeypatch.setenv("STAIRLIFT_PROGRESS", str(tmp_path / "progress"))
        code = carry_out(do)
        return judge_own(Outcome(code, (tmp_path / "progress").read_text()))

    return of


SHUT = Errand("shut", ("cmp1",))
LENIENT = Errand("shut", ("cmp1",), lenient=True)
STUCK = StairliftError(code="gate.stuck", brief="the gate is stuck", resolution="Oil it.")
AWAY = SourceTrouble(Trouble.TIMEOUT, "nobody is at the gate")


@pytest.mark.parametrize(
    ("errand", "trouble", "verdict"),
    [
        (SHUT, None, ("done", "", False)),
        (SHUT, STUCK, ("failed", "the gate is stuck", False)),
        (SHUT, AWAY, ("failed", "nobody is at the gate", True)),
        (LENIENT, STUCK, ("done", "", False)),
        (LENIENT, AWAY, ("done", "", False)),
    ],
)
def test_how_it_ends(ended, errand, trouble, verdict):
    judged = ended(errand, trouble)
    assert (judged.result, judged.reason, judged.temporary) == verdict
    assert judged.facts == {"seen": "the gate"}


def test_what_is_taken_back_says_what_it_did_not_wait_for(ended, capsys):
    ended(LENIENT, STUCK)
    assert "the gate is stuck; what is taken back does not wait for that" in capsys.readouterr().out
