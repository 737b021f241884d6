"""Windows over the logs of a run: whichever way somebody goes, no byte is missed and none comes twice."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journals import Ledger, an_office
from stairlift.model.errors import UsageError
from stairlift.testing.plans import a_rollout
from stairlift.wiring.logs import windows
from stairlift.wiring.logs.pages import Asked, log_page
from stairlift.wiring.logs.places import Cursor, Place, read_cursor, read_place
from stairlift.wiring.logs.search import search
from stairlift.wiring.logs.windows import Wanted, window, window_before

ALL = Wanted()


@pytest.fixture
def ledger(tmp_path):
    return Ledger.begun(an_office(tmp_path), a_rollout(4, actions=("upgrade",)))


def texts(lines) -> list[str]:
    return [line.text for line in lines]


def forward(ledger, wanted=ALL, most=3) -> list[str]:
    found, cursor = [], Cursor()
    while cursor is not None:
        page = window(ledger.office, ledger.run, read_cursor(str(cursor), ledger.run), wanted, most=most)
        found += texts(page.lines)
        cursor = page.later
    return found


def backward(ledger, wanted=ALL, most=3) -> list[str]:
    page = window_before(ledger.office, ledger.run, None, wanted, most=most)
    found = texts(page.lines)
    while page.earlier is not None:
        place = read_place(str(page.earlier), ledger.run)
        page = window_before(ledger.office, ledger.run, place, wanted, most=most)
        found = texts(page.lines) + found
    return found


printed = st.lists(
    st.tuples(st.sampled_from(["cmp1", "cmp2", "cmp3", "cmp4"]), st.text("aä\n", max_size=60)), max_size=12
)


@given(printed, st.integers(1, 7), st.sampled_from([16, 64, 2**18]))
@settings(max_examples=40)
def test_both_ways_tell_the_same_whole(chunks, most, at_once):
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows, "_AT_ONCE", at_once)
        ledger = Ledger.begun(an_office(Path(folder)), a_rollout(4, actions=("upgrade",)))
        steps = [f"cmp{n}-upgrade" for n in range(1, 5)]
        for step in steps:
            ledger.starts(step)
        for host, text in chunks:
            ledger.prints(f"{host}-upgrade", text)
        for step in steps:
            ledger.ends(step)
        files = [ledger.office.file(a, "log") for a in ledger.office.store.attempts(ledger.run.id)]
        whole = [file.read_text() if file.exists() else "" for file in files]
        lines = [line for text in whole for line in text.removesuffix("\n").split("\n") if text]
        assert "".join(forward(ledger, most=most)) == "".join(lines) == "".join(backward(ledger, most=most))


def test_a_page_reloaded_is_the_same_page_however_much_was_printed_since(ledger):
    ledger.starts("cmp1-upgrade").prints("cmp1-upgrade", "".join(f"{n}\n" for n in range(9)))
    page = window_before(ledger.office, ledger.run, None, ALL, most=3)
    assert texts(page.lines) == ["6", "7", "8"]
    ledger.prints("cmp1-upgrade", "9\n10\n")
    again = window(ledger.office, ledger.run, read_cursor(str(page.here), ledger.run), ALL, most=3)
    assert texts(again.lines) == ["6", "7", "8"]
    assert texts(window(ledger.office, ledger.run, again.later, ALL).lines) == ["9", "10"]


def test_who_goes_on_misses_nothing_of_those_that_still_print(ledger):
    ledger.starts("cmp1-upgrade").prints("cmp1-upgrade", "a1\n")
    ledger.starts("cmp2-upgrade").prints("cmp2-upgrade", "b1\nb2\n")
    page = window(ledger.office, ledger.run, Cursor(), ALL, most=2)
    assert texts(page.lines) == ["a1", "b1"]
    ledger.prints("cmp1-upgrade", "a2\n")
    rest = window(ledger.office, ledger.run, read_cursor(str(page.later), ledger.run), ALL)
    assert texts(rest.lines) == ["a2", "b2"]


def test_what_others_printed_meanwhile_may_fill_pages_of_its_own(ledger):
    ledger.starts("cmp1-upgrade").prints("cmp1-upgrade", "a1\n")
    ledger.starts("cmp2-upgrade").prints("cmp2-upgrade", "b1\nb2\nb3\n")
    page = window(ledger.office, ledger.run, Cursor(), ALL, most=2)
    ledger.prints("cmp1-upgrade", "a2\na3\na4\na5\n")
    found = []
    while page.later is not None:
        page = window(ledger.office, ledger.run, read_cursor(str(page.later), ledger.run), ALL, most=3)
        found += texts(page.lines)
    assert found == ["a2", "a3", "a4", "a5", "b2", "b3"]


def test_what_is_followed_goes_on_where_the_page_ends(ledger):
    ledger.starts("cmp1-upgrade").prints("cmp1-upgrade", "a1\na2\nhal")
    ledger.starts("cmp2-upgrade").prints("cmp2-upgrade", "b1\n")
    page = window_before(ledger.office, ledger.run, None, ALL, most=2)
    assert texts(page.lines) == ["a2", "b1"]
    ledger.prints("cmp1-upgrade", "f\n").prints("cmp2-upgrade", "b2\n").starts("cmp3-upgrade").prints(
        "cmp3-upgrade", "c1\n"
    )
    found = log_page(ledger.office, ledger.run, page.follow, Asked())
    assert texts(found.lines) == ["half", "b2", "c1"]
    ledger.ends("cmp1-upgrade").prints("cmp3-upgrade", "c2\n")
    assert texts(log_page(ledger.office, ledger.run, found.cursor, Asked()).lines) == ["c2"]


@pytest.mark.parametrize("wanted", [Wanted(host="cmp1"), Wanted(step="cmp1-upgrade"), Wanted(failed=True)])
def test_only_some_are_shown_and_followed(ledger, wanted):
    ledger.starts("cmp1-upgrade").prints("cmp1-upgrade", "first\n").ends("cmp1-upgrade", "failed")
    ledger.starts("cmp2-upgrade").prints("cmp2-upgrade", "other\n")
    page = window_before(ledger.office, ledger.run, None, wanted)
    assert texts(page.lines) == ["first"]
    assert page.earlier is None
    assert texts(log_page(ledger.office, ledger.run, page.follow, wanted.asked).lines) == []


def test_one_attempt_of_a_step(ledger):
    ledger.starts("cmp1-upgrade").prints("cmp1-upgrade", "one\n").ends("cmp1-upgrade", "failed")
    page = window_before(ledger.office, ledger.run, None, Wanted("cmp1-upgrade", attempt=1))
    assert texts(page.lines) == ["one"]
    assert window_before(ledger.office, ledger.run, None, Wanted("cmp1-upgrade", attempt=2)).lines == ()


def test_a_page_never_reads_more_than_it_may(ledger, monkeypatch):
    monkeypatch.setattr(windows, "BYTES", 2**17)
    ledger.starts("cmp1-upgrade").prints("cmp1-upgrade", "first\n" + "x" * 2**20 + "\nlast\n").ends("cmp1-upgrade")
    for page in (
        window(ledger.office, ledger.run, Cursor(), ALL),
        window_before(ledger.office, ledger.run, None, ALL),
    ):
        assert sum(len(line.text) for line in page.lines) < 2**19
    assert "".join(forward(ledger)) == "first" + "x" * 2**20 + "last" == "".join(backward(ledger))


def test_what_nobody_handed_out_is_refused(ledger):
    for text in ("x", "1.2", "-1.1.cmp1-upgrade", "9" * 30 + ".1.cmp1-upgrade", "~" * 500):
        with pytest.raises(UsageError) as refused:
            read_cursor(text, ledger.run)
        assert refused.value.code == "page.unknown_marker"
    with pytest.raises(UsageError):
        window(ledger.office, ledger.run, read_cursor("0.7.cmp1-upgrade", ledger.run), ALL)
    with pytest.raises(UsageError) as unknown:
        window(ledger.office, ledger.run, Cursor(), Wanted(step="stranger"))
    assert unknown.value.code == "run.unknown_step"


# Search


def looked(ledger, text, cursor=None, wanted=ALL, **given):
    cursor = read_cursor(str(cursor), ledger.run) if cursor else Cursor()
    return search(ledger.office, ledger.run, text, cursor=cursor, wanted=wanted, **given)


def test_a_text_is_found_in_whatever_case_and_colour_with_what_is_around_it(ledger):
    ledger.starts("cmp1-upgrade").prints("cmp1-upgrade", "a\nb\nfatal: DIS\x1b[31mK full\x1b[0m\nd\ne\nf\n")
    found = looked(ledger, "disk FULL")
    [hit] = found.hits
    assert texts(hit.before) == ["a", "b"]
    assert texts(hit.behind) == ["d", "e"]
    assert not found.more


def test_a_search_goes_on_in_what_was_printed_since(ledger):
    ledger.starts("cmp1-upgrade").prints("cmp1-upgrade", "boom 1\n")
    ledger.starts("cmp2-upgrade").prints("cmp2-upgrade", "boom 2\n")
    first = looked(ledger, "boom")
    assert [hit.line.text for hit in first.hits] == ["boom 1", "boom 2"]
    ledger.prints("cmp1-upgrade", "boom 3\n").prints("cmp2-upgrade", "boom 4\n").starts("cmp3-upgrade").prints(
        "cmp3-upgrade", "boom 5\n"
    )
    second = looked(ledger, "boom", first.rest)
    assert [hit.line.text for hit in second.hits] == ["boom 3", "boom 4", "boom 5"]
    assert looked(ledger, "boom", second.rest).hits == ()


def test_a_search_that_takes_long_stops_and_says_where(ledger, monkeypatch):
    monkeypatch.setattr("stairlift.wiring.logs.search._AT_ONCE", 16)
    ledger.starts("cmp1-upgrade").prints("cmp1-upgrade", "".join(f"needle {n:04}\n" for n in range(40)))
    found, cursor, looks = [], None, 0
    while True:
        page = looked(ledger, "needle", cursor, seconds=-1)
        found += [hit.line.text for hit in page.hits]
        looks += 1
        if not page.more:
            break
        cursor = page.rest
    assert found == [f"needle {n:04}" for n in range(40)]
    assert looks > 10


def test_a_search_that_stops_among_what_was_printed_meanwhile_finds_each_line_once(ledger, monkeypatch):
    monkeypatch.setattr("stairlift.wiring.logs.search._AT_ONCE", 24)
    steps = ("cmp1-upgrade", "cmp2-upgrade", "cmp3-upgrade")
    for step in steps:
        ledger.starts(step).prints(step, f"boom {step} 0\n")
    page = looked(ledger, "boom")
    found = [hit.line.text for hit in page.hits]
    for step in steps:
        ledger.prints(step, f"boom {step} 1\nboom {step} 2\n")
    for _ in range(20):
        page = looked(ledger, "boom", page.rest, seconds=-1)
        found += [hit.line.text for hit in page.hits]
    assert not page.more
    assert sorted(found) == [f"boom {step} {n}" for step in steps for n in range(3)]


def test_attempts_that_printed_nothing_take_no_longer_than_they_may(ledger):
    for n in range(1, 5):
        ledger.does(f"cmp{n}-upgrade")
    page = looked(ledger, "boom", seconds=-1)
    assert page.more
    assert page.rest.place.attempt.step == "cmp2-upgrade"


def test_as_many_hits_as_fit_on_a_page(ledger):
    ledger.starts("cmp1-upgrade").prints("cmp1-upgrade", "boom\n" * 250).ends("cmp1-upgrade")
    first = looked(ledger, "boom")
    second = looked(ledger, "boom", first.rest)
    third = looked(ledger, "boom", second.rest)
    assert [len(page.hits) for page in (first, second, third)] == [100, 100, 50]
    assert [page.more for page in (first, second, third)] == [True, True, False]


def test_where_a_place_is_is_told_as_text():
    from stairlift.model.run import AttemptId

    place = Place(AttemptId("r", "2026.1/compute/upgrade@cmp.1", 3), 77)
    assert str(place) == "77.3.2026.1/compute/upgrade@cmp.1"
