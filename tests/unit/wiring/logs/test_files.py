import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journals import Ledger, an_office
from stairlift.model.run import AttemptId
from stairlift.testing.plans import a_plan, a_step
from stairlift.wiring.logs.files import LEAST, lines_of, log_piece

PLAN = a_plan(a_step("a"), a_step("b"))


@pytest.fixture
def ledger(tmp_path):
    return Ledger.begun(an_office(tmp_path), PLAN).starts("a")


def attempt(ledger):
    return ledger.office.store.attempts(ledger.run.id, "a")[-1]


def log_of(ledger):
    path = ledger.office.file(attempt(ledger), "log")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def test_a_piece_says_where_to_go_on_and_whether_more_may_come(ledger):
    ledger.prints("a", "one\ntwo\nthr")
    piece = log_piece(ledger.office, attempt(ledger))
    assert (piece.data, piece.next_offset, piece.size, piece.ended) == (b"one\ntwo\n", 8, 11, False)
    ledger.prints("a", "ee\nlast words").ends("a")
    rest = log_piece(ledger.office, attempt(ledger), piece.next_offset)
    assert (rest.data, rest.ended, rest.whole) == (b"three\nlast words", True, True)


@pytest.mark.parametrize("offset", [4, 4711, 2**53 - 1, 2**63 - 1])
def test_behind_the_end_there_is_nothing(ledger, offset):
    ledger.prints("a", "one\n").ends("a")
    piece = log_piece(ledger.office, attempt(ledger), offset)
    assert (piece.data, piece.next_offset, piece.size, piece.ended) == (b"", offset, 4, True)


def test_a_log_that_is_not_here(ledger):
    piece = log_piece(ledger.office, attempt(ledger))
    assert (piece.here, piece.size, piece.ended, piece.data) == (False, 0, False, b"")


def test_a_line_longer_than_a_piece_comes_in_parts_of_whole_characters(ledger):
    ledger.prints("a", "é" * 40)
    piece = log_piece(ledger.office, attempt(ledger), 0, 33)
    assert piece.data.decode() == "é" * 16
    assert log_piece(ledger.office, attempt(ledger), 32, 33).data.decode() == "é" * 16


@pytest.mark.parametrize("put", ["link", "folder-link", "fifo", "folder"])
def test_what_was_put_in_the_place_of_a_log_is_not_read(ledger, tmp_path, put):
    secret = tmp_path / "elsewhere" / "log"
    secret.parent.mkdir()
    secret.write_text("secret\n")
    log = log_of(ledger)
    if put == "link":
        log.symlink_to(secret)
    elif put == "folder-link":
        log.parent.rmdir()
        log.parent.symlink_to(secret.parent)
    elif put == "fifo":
        os.mkfifo(log)
    else:
        log.mkdir()
    piece = log_piece(ledger.office, attempt(ledger))
    assert (piece.here, piece.data) == (False, b"")


def test_a_step_that_is_called_like_a_way_out_stays_where_it_belongs(tmp_path):
    office = an_office(tmp_path / "state")
    (tmp_path / "log").write_text("secret\n")
    ledger = (
        Ledger.begun(
            office,
            a_plan(a_step("../../..")),
        )
        .starts("../../..")
        .prints("../../..", "mine\n")
    )
    [found] = office.store.attempts(ledger.run.id)
    assert log_piece(office, found).data == b"mine\n"
    assert office.file(found, "log").resolve().is_relative_to(tmp_path / "state" / "attempts")


texts = st.binary(max_size=400) | st.lists(
    st.sampled_from([b"a", b"\n", "é".encode(), b"\xf0\x9f", b"\r"]), max_size=200
).map(b"".join)


turns = st.lists(st.tuples(st.integers(0, 100), st.integers(1, 300)), max_size=12)


@settings(deadline=None)
@given(texts, turns)
def test_any_split_of_reads_gives_the_same_bytes(tmp_path_factory, text, turns):
    """Whoever writes and whoever reads take turns, in pieces of any size."""
    ledger = Ledger.begun(an_office(tmp_path_factory.mktemp("office")), PLAN).starts("a")
    path, written, got = log_of(ledger), 0, b""
    for size, limit in (*turns, (len(text), LEAST)):
        with path.open("ab") as log:
            log.write(text[written : written + size])
        written += size
        got += log_piece(ledger.office, attempt(ledger), len(got), limit).data
    ledger.ends("a")
    while not (piece := log_piece(ledger.office, attempt(ledger), len(got), LEAST)).whole:
        assert piece.data, "nobody writes any more, and it does not go on"
        got += piece.data
    assert got + piece.data == text


@given(texts)
def test_lines_lie_end_to_end(text):
    lines = list(lines_of(AttemptId("r", "s", 1), 7, text))
    assert [line.offset for line in lines] == [7, *(line.end for line in lines)][: len(lines)]
    assert b"".join(text[line.offset - 7 : line.end - 7] for line in lines) == text
    assert all("\n" not in line.text for line in lines)


def test_a_very_long_line_comes_in_parts():
    lines = list(lines_of(AttemptId("r", "s", 1), 0, ("é" * 100_000 + "\nx").encode()))
    assert "".join(line.text for line in lines) == "é" * 100_000 + "x"
    assert max(line.end - line.offset for line in lines) <= 2**16
