from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journals import Ledger, an_office
from stairlift.model.errors import UsageError
from stairlift.model.run import AttemptId, Change, StepState
from stairlift.testing.plans import a_plan, a_step
from stairlift.wiring.logs.cursor import LogCursor
from stairlift.wiring.logs.pages import Asked, last_lines, log_page

PLAN = a_plan(a_step("a", hosts=("cmp1",)), a_step("b", hosts=("cmp2",)), a_step("c", hosts=("cmp1",)))


@pytest.fixture
def ledger(tmp_path):
    return Ledger.begun(an_office(tmp_path), PLAN)


def again(ledger, step):
    """A step that has ended begins anew, because somebody wants it to."""
    status = ledger.status(step)
    ledger.writes(Change("step.retried", ledger.at, step=replace(status, state=StepState.PENDING), was=status.state))
    return ledger.starts(step)


def page(ledger, cursor="", most=1000, **asked):
    return log_page(ledger.office, ledger.run, cursor, Asked(**asked), most)


def shown(found):
    return [f"{line.attempt.step}{line.attempt.number} {line.text}" for line in found.lines]


def everything(ledger, most=1000, cursor="", **asked):
    lines = []
    while True:
        found = page(ledger, cursor, most, **asked)
        lines += shown(found)
        cursor = found.cursor
        if not found.more:
            return lines, cursor


def test_attempts_in_the_order_in_which_they_began(ledger):
    ledger.starts("a").prints("a", "one\ntwo\n").ends("a", "failed", "no").starts("b").prints("b", "three\n").ends("b")
    found = page(ledger)
    assert shown(found) == ["a1 one", "a1 two", "b1 three"]
    assert [line.offset for line in found.lines] == [0, 4, 0]
    assert (shown(page(ledger, found.cursor)), page(ledger, found.cursor).more) == ([], False)


def test_a_page_goes_on_where_the_last_one_ended(ledger):
    ledger.starts("a").prints("a", "1\n2\n3\n").ends("a").starts("b").prints("b", "4\n5\n").ends("b")
    for most in (1, 2, 3, 4):
        assert everything(ledger, most)[0] == ["a1 1", "a1 2", "a1 3", "b1 4", "b1 5"], most


def test_what_comes_comes_once(ledger):
    ledger.starts("a", "b").prints("a", "a1\n").prints("b", "half")
    first = page(ledger)
    assert shown(first) == ["a1 a1"]
    ledger.prints("b", " a line\n").prints("a", "a2\n").starts("c").prints("c", "c1\n")
    second = page(ledger, first.cursor)
    assert shown(second) == ["a1 a2", "b1 half a line", "c1 c1"]
    ledger.prints("a", "died here").ends("a", "failed", "no").ends("b").ends("c")
    third = page(ledger, second.cursor)
    assert shown(third) == ["a1 died here"]
    assert shown(page(ledger, third.cursor)) == []


def test_who_prints_without_end_leaves_room_for_others(ledger):
    ledger.starts("a", "b").prints("a", "x\n").prints("b", "x\n")
    cursor = page(ledger).cursor
    ledger.prints("a", "a\n" * 50).prints("b", "b\n" * 3)
    found = page(ledger, cursor, most=10)
    assert (shown(found).count("a1 a"), shown(found).count("b1 b"), found.more) == (5, 3, True)


def test_only_a_step_a_host_what_failed_or_a_word(ledger):
    ledger.starts("a").prints("a", "went WRONG\n").ends("a", "failed", "no")
    again(ledger, "a").prints("a", "fine\n").ends("a")
    ledger.starts("b").prints("b", "wrong as well\n").ends("b").starts("c").prints("c", "c says\n")
    assert everything(ledger, step="a")[0] == ["a1 went WRONG", "a2 fine"]
    assert everything(ledger, host="cmp1")[0] == ["a1 went WRONG", "a2 fine", "c1 c says"]
    assert everything(ledger, failed=True)[0] == ["a1 went WRONG"]
    assert everything(ledger, search="wrong")[0] == ["a1 went WRONG", "b1 wrong as well"]
    assert everything(ledger, host="cmp1", search="WRONG")[0] == ["a1 went WRONG"]
    assert everything(ledger, host="nowhere")[0] == []


def test_some_go_on_as_all_do(ledger):
    ledger.starts("a").prints("a", "one\n")
    lines, cursor = everything(ledger, host="cmp1")
    ledger.prints("a", "two\n").ends("a").starts("c").prints("c", "three\n").ends("c")
    again(ledger, "a").prints("a", "four\n")
    more, cursor = everything(ledger, host="cmp1", cursor=cursor, most=1)
    assert (lines, more) == (["a1 one"], ["a1 two", "c1 three", "a2 four"])
    assert everything(ledger, host="cmp1", cursor=cursor)[0] == []


def test_an_attempt_that_fails_later_is_shown_once_it_has(ledger):
    ledger.starts("a").prints("a", "one\n")
    lines, cursor = everything(ledger, failed=True)
    ledger.ends("a", "failed", "no")
    assert (lines, everything(ledger, failed=True, cursor=cursor)[0]) == ([], ["a1 one"])


def test_the_end_of_the_log_and_what_comes_behind_it(ledger):
    ledger.starts("a").prints("a", "1\n2\n3\n").ends("a").starts("b").prints("b", "4\n5\nhal")
    tail = last_lines(ledger.office, ledger.run, most=3)
    assert shown(tail) == ["a1 3", "b1 4", "b1 5"]
    ledger.prints("b", "f\n").ends("b").starts("c").prints("c", "6\n")
    assert everything(ledger, cursor=tail.cursor)[0] == ["b1 half", "c1 6"]


def test_the_end_of_the_log_of_a_step(ledger):
    again(ledger.starts("a").prints("a", "1\n2\n").ends("a", "failed", "no"), "a").prints("a", "3\n")
    tail = last_lines(ledger.office, ledger.run, Asked(step="a"), most=2)
    assert shown(tail) == ["a1 2", "a2 3"]
    ledger.prints("a", "4\n")
    assert everything(ledger, cursor=tail.cursor, step="a")[0] == ["a2 4"]


def test_the_end_of_a_large_log_is_not_read_from_its_beginning(ledger):
    ledger.starts("a").prints("a", "".join(f"line {n}\n" for n in range(100_000))).ends("a")
    tail = last_lines(ledger.office, ledger.run, most=2)
    assert shown(tail) == ["a1 line 99998", "a1 line 99999"]
    assert tail.lines[1].end == len("".join(f"line {n}\n" for n in range(100_000)))


def test_a_search_that_finds_little_goes_on_from_page_to_page(ledger, monkeypatch):
    for limit in ("_BYTES", "_BYTES_AT_ONCE"):
        monkeypatch.setattr(f"stairlift.wiring.logs.pages.{limit}", 1000)
    ledger.starts("a").prints("a", "x\n" * 5000 + "needle\n").ends("a")
    first = page(ledger, search="needle")
    assert (first.lines, first.more) == ((), True)
    assert everything(ledger, search="needle")[0] == ["a1 needle"]


def test_a_step_that_the_plan_does_not_have(ledger):
    with pytest.raises(UsageError) as wrong:
        page(ledger, step="../../etc/passwd")
    assert wrong.value.code == "run.unknown_step"


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "ä",
        "AAAA",
        str(LogCursor("another question")),
        str(LogCursor(str(Asked()), 1, {})).swapcase(),
    ],
)
def test_a_cursor_that_nobody_has_handed_out(ledger, cursor):
    with pytest.raises(UsageError) as wrong:
        page(ledger, cursor)
    assert wrong.value.code == "page.unknown_marker"


def test_a_cursor_that_names_an_attempt_that_there_is_not(ledger):
    made_up = LogCursor(str(Asked()), 0, {AttemptId(ledger.run.id, "../../etc", 1): 0})
    with pytest.raises(UsageError) as wrong:
        page(ledger, str(made_up))
    assert wrong.value.code == "page.unknown_marker"


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_nothing_is_lost_or_told_twice_whoever_prints_when(tmp_path_factory, data):
    """Three steps print, end and begin again in any order, while somebody reads pages of any size."""
    ledger = Ledger.begun(an_office(tmp_path_factory.mktemp("office")), PLAN)
    flying, printed, read, cursor, number = set(), {}, {}, "", 0

    def look():
        nonlocal cursor
        found = page(ledger, cursor, data.draw(st.integers(1, 7), label="most"))
        cursor = found.cursor
        for line in found.lines:
            read.setdefault(str(line.attempt), []).append(line.text)
        return found.more

    for _ in range(data.draw(st.integers(1, 25), label="acts")):
        step = data.draw(st.sampled_from("abc"))
        act = data.draw(st.sampled_from(["print", "print", "end", "look"]))
        if act == "look":
            look()
        elif step not in flying:
            again(ledger, step)
            flying.add(step)
        elif act == "print":
            number += 1
            name = str(ledger.office.store.attempts(ledger.run.id, step)[-1].id)
            printed.setdefault(name, []).append(str(number))
            ledger.prints(step, f"{number}\n")
        else:
            ledger.ends(step, "failed", "no")
            flying.discard(step)
    while look():
        pass
    assert read == printed
