"""The logs of attempts by HTTP: by bytes and by lines, while they are written, and by names that are tricks."""

from urllib.parse import quote

import pytest

from houses import a_house, a_run, client
from stairlift.testing.plans import a_plan, a_step
from stairlift.wiring.server.house import House

STEP = "2026.1-compute@cmp1"
PLAN = a_plan(a_step(STEP, hosts=("cmp1",)), a_step("a/b", hosts=("cmp2",)))
PLAIN = {"Accept": "text/plain"}


@pytest.fixture
def house(tmp_path) -> House:
    return a_house(tmp_path)


@pytest.fixture
def ledger(house):
    return a_run(house, PLAN).starts(STEP)


@pytest.fixture
def ada(house):
    return client(house, "read")


def at(ledger, step: str = STEP, number: int = 1) -> str:
    return f"/v1/runs/{ledger.run.id}/steps/{quote(step, safe='')}/attempts/{number}/log"


def file_of(ledger, step: str = STEP):
    path = ledger.office.file(ledger.office.store.attempts(ledger.run.id, step)[-1], "log")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def test_a_piece_and_what_comes_behind_it(ada, ledger):
    ledger.prints(STEP, "one\ntw")
    first = ada.get(at(ledger)).json()
    assert first == {"offset": 0, "next_offset": 4, "size": 6, "ended": False, "here": True, "text": "one\n"}
    ledger.prints(STEP, "o\n").ends(STEP)
    second = ada.get(f"{at(ledger)}?offset={first['next_offset']}").json()
    assert (second["text"], second["ended"], second["next_offset"]) == ("two\n", True, second["size"])


def test_small_pieces_are_the_whole(ada, ledger):
    text = "".join(f"line {n} é\n" for n in range(50))
    ledger.prints(STEP, text).ends(STEP)
    got, offset = "", 0
    while True:
        piece = ada.get(f"{at(ledger)}?offset={offset}&limit=37").json()
        got, offset = got + piece["text"], piece["next_offset"]
        if piece["ended"] and offset == piece["size"]:
            break
    assert got == text


@pytest.mark.parametrize("more", ["limit=15", "limit=1048577", "offset=-1", "offset=x"])
def test_pieces_have_their_limits(ada, ledger, more):
    assert ada.get(f"{at(ledger)}?{more}").json()["code"] == "request.invalid"


def test_bytes_as_they_were_printed(ada, ledger):
    """JSON has no bytes: there what is no UTF-8 is replaced."""
    file_of(ledger).write_bytes(b"na\xefve \x1b[31mred\x1b[0m\n")
    raw = ada.get(at(ledger), headers=PLAIN)
    assert raw.content == b"na\xefve \x1b[31mred\x1b[0m\n"
    assert raw.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert ada.get(at(ledger)).json()["text"] == "na\ufffdve \x1b[31mred\x1b[0m\n"


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("bytes=0-3", (206, b"0123", "bytes 0-3/10")),
        ("bytes=4-", (206, b"456789", "bytes 4-9/10")),
        ("bytes=-3", (206, b"789", "bytes 7-9/10")),
        ("bytes=-30", (206, b"0123456789", "bytes 0-9/10")),
        ("bytes=8-1000000000000000000", (200, b"0123456789", None)),
        ("bytes=8-99", (206, b"89", "bytes 8-9/10")),
        ("lines=1-2", (200, b"0123456789", None)),
        ("bytes=0-1,3-4", (200, b"0123456789", None)),
        ("bytes=-", (200, b"0123456789", None)),
    ],
)
def test_ranges_of_bytes(ada, ledger, asked, answered):
    ledger.prints(STEP, "0123456789")
    answer = ada.get(at(ledger), headers=PLAIN | {"Range": asked})
    assert (answer.status_code, answer.content, answer.headers.get("Content-Range")) == answered


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=5-4", "bytes=-0"])
def test_a_range_that_is_not_there(ada, ledger, asked):
    ledger.prints(STEP, "0123456789")
    answer = ada.get(at(ledger), headers=PLAIN | {"Range": asked})
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, "bytes */10")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_large_log_as_it_is(ada, ledger):
    text = b"x" * 300_000 + b"\n"
    file_of(ledger).write_bytes(text)
    assert ada.get(at(ledger), headers=PLAIN).content == text


def test_a_log_that_is_not_here_is_empty_and_says_so(ada, ledger):
    nothing = {"offset": 0, "next_offset": 0, "size": 0, "ended": False, "here": False, "text": ""}
    assert ada.get(at(ledger)).json() == nothing
    assert ada.get(at(ledger), headers=PLAIN).content == b""


def test_a_step_with_a_slash_in_its_name(ada, ledger):
    ledger.starts("a/b").prints("a/b", "mine\n")
    assert ada.get(at(ledger, "a/b")).json()["text"] == "mine\n"


@pytest.mark.parametrize(
    "step",
    [
        *("..", "../..", "%2e%2e", "..%2f..%2f..", "%2e%2e%2f%2e%2e", "/etc/passwd", "%2fetc%2fpasswd", "", "."),
        *("a/b/../..", STEP + "/..", "..\\..", "%5c..%5c", "%c0%ae%c0%ae", "x" * 1000),
    ],
)
def test_a_name_that_is_a_trick_names_no_step(ada, ledger, tmp_path, step):
    (tmp_path / "log").write_text("secret")
    answer = ada.get(f"/v1/runs/{ledger.run.id}/steps/{step}/attempts/1/log")
    assert answer.status_code == 404, answer.text
    assert "secret" not in answer.text


def test_no_database_is_asked_for_what_it_cannot_hold(ada, ledger):
    assert ada.get(f"/v1/runs/{ledger.run.id}/steps/a%00b/attempts/1/log").status_code == 400
    assert ada.get("/v1/runs/a%00b").status_code == 400


def test_a_link_in_the_place_of_a_log_is_not_followed(ada, ledger, tmp_path):
    (tmp_path / "secret").write_text("secret")
    file_of(ledger).symlink_to(tmp_path / "secret")
    for headers in ({}, PLAIN):
        assert "secret" not in ada.get(at(ledger), headers=headers).text


# Lines


def test_lines_of_a_run_go_on(ada, ledger):
    address = f"/v1/runs/{ledger.run.id}/log"
    ledger.prints(STEP, "one\n")
    first = ada.get(address).json()
    assert first["lines"] == [{"attempt": f"{STEP}/1", "offset": 0, "text": "one"}]
    ledger.prints(STEP, "two\n")
    second = ada.get(address, params={"after": first["cursor"]}).json()
    assert [line["text"] for line in second["lines"]] == ["two"]


def test_lines_are_found_while_they_are_written(ada, ledger):
    ledger.prints(STEP, "one\nTWO\nthree\n")
    found = ada.get(f"/v1/runs/{ledger.run.id}/log", params={"search": "two", "host": "cmp1"}).json()
    assert [(line["text"], line["offset"]) for line in found["lines"]] == [("TWO", 4)]
    assert ada.get(f"/v1/runs/{ledger.run.id}/log", params={"failed": True}).json()["lines"] == []


def test_the_last_lines_first(ada, ledger):
    ledger.prints(STEP, "one\ntwo\nthree\n")
    address = f"/v1/runs/{ledger.run.id}/log"
    tail = ada.get(address, params={"tail": True, "lines": 2}).json()
    assert [line["text"] for line in tail["lines"]] == ["two", "three"]
    ledger.prints(STEP, "four\n")
    after = ada.get(address, params={"tail": True, "after": tail["cursor"]}).json()
    assert [line["text"] for line in after["lines"]] == ["four"]


def test_a_cursor_of_another_question(ada, ledger):
    address = f"/v1/runs/{ledger.run.id}/log"
    cursor = ada.get(address).json()["cursor"]
    answer = ada.get(address, params={"after": cursor, "search": "x"})
    assert (answer.status_code, answer.json()["code"]) == (400, "page.unknown_marker")
