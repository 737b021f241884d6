import pytest

from journals import Ledger, an_office
from stairlift.model.errors import UsageError
from stairlift.testing.plans import a_plan, a_step
from stairlift.wiring.logs.attempts import LogReader

PLAN = a_plan(a_step("a"), a_step("b"))
HEAD_A = "== a, attempt 1, 2026-05-04 12:00:10 UTC"


@pytest.fixture
def ledger(tmp_path):
    return Ledger.begun(an_office(tmp_path), PLAN)


def reading(ledger, step=None):
    reader = LogReader(ledger.office, ledger.run, step)
    return lambda rest=False: [line.decode() for line in reader.lines(rest=rest)]


def test_everything_under_a_heading(ledger):
    ledger.starts("a").prints("a", "one\ntwo\n").ends("a").starts("b").prints("b", "three\n")
    assert reading(ledger)(rest=True) == [
        HEAD_A,
        "one",
        "two",
        "== b, attempt 1, 2026-05-04 12:00:30 UTC",
        "three",
    ]


def test_only_one_step(ledger):
    ledger.starts("a").prints("a", "one\n").ends("a").starts("b").prints("b", "three\n")
    assert reading(ledger, "b")(rest=True)[1:] == ["three"]


def test_all_attempts_of_a_step(ledger):
    ledger.starts("a").prints("a", "first\n").ends("a", "failed", "no")
    assert reading(ledger, "a")(rest=True) == [HEAD_A, "first"]


def test_what_comes_comes_once(ledger):
    read = reading(ledger.starts("a").prints("a", "one\n"))
    assert read() == [HEAD_A, "one"]
    assert read() == []
    ledger.prints("a", "two\n")
    assert read() == ["two"]


def test_a_line_that_is_being_written_comes_when_it_is_whole(ledger):
    read = reading(ledger.starts("a").prints("a", "half a li"))
    assert read() == []
    ledger.prints("a", "ne\n")
    assert read() == [HEAD_A, "half a line"]


def test_last_words_without_an_end_of_line_are_not_lost(ledger):
    read = reading(ledger.starts("a").prints("a", "died here"))
    assert read() == []
    ledger.ends("a", "failed", "no")
    assert read() == [HEAD_A, "died here"]
    assert read() == []


def test_who_looks_once_gets_a_line_that_is_being_written(ledger):
    assert reading(ledger.starts("a").prints("a", "half a li"))(rest=True) == [HEAD_A, "half a li"]


def test_lines_of_two_attempts_are_never_under_the_wrong_heading(ledger):
    read = reading(ledger.starts("a", "b").prints("a", "a1\n").prints("b", "b1\n"))
    read()
    ledger.prints("a", "a2\n").prints("b", "b2\n")
    again = read()
    assert [again[n + 1] for n, line in enumerate(again) if line.startswith("== a")] == ["a2"]
    assert [again[n + 1] for n, line in enumerate(again) if line.startswith("== b")] == ["b2"]


def test_who_printed_nothing_is_named(ledger):
    ledger.does("a")
    assert reading(ledger)(rest=True) == [f"{HEAD_A}, printed nothing"]


def test_an_attempt_whose_folder_is_not_there_yet(ledger):
    assert reading(ledger.starts("a"))(rest=True) == []


def test_bytes_of_others_are_passed_on_as_they_are(ledger):
    ledger.starts("a").prints("a", "x\n")
    path = ledger.office.file(ledger.office.store.attempts(ledger.run.id, "a")[0], "log")
    path.write_bytes(b"na\xefve \x1b[31mred\x1b[0m\n")
    assert list(LogReader(ledger.office, ledger.run, None).lines(rest=True))[1] == b"na\xefve \x1b[31mred\x1b[0m"


def test_a_step_that_the_plan_does_not_have(ledger):
    with pytest.raises(UsageError) as wrong:
        LogReader(ledger.office, ledger.run, "nope")
    assert (wrong.value.code, wrong.value.exit_code) == ("run.unknown_step", 2)
