"""The pages of logs and of a step: whole without scripts, every line with a name, nothing of what was printed is markup."""

import re

import pytest

import houses
from stairlift.model.run import RunState
from stairlift.report.printable import LONGEST, printable
from stairlift.testing.plans import a_plan, a_rollout, a_step
from stairlift.wiring.config.serve import ServeSettings


@pytest.fixture
def house(tmp_path):
    return houses.a_house(tmp_path)


@pytest.fixture
def ledger(house):
    return houses.a_run(house, a_rollout(3, actions=("upgrade",)))


def get(house, ledger, path: str):
    return houses.client(house, "read").get(f"/runs/{ledger.run.id}{path}")


def page(house, ledger, path: str = "/log") -> str:
    answer = get(house, ledger, path)
    assert answer.status_code == 200, answer.text
    return answer.text


def lines(text: str) -> list[str]:
    return re.findall(r'<div class="line[^"]*" id="[^"]*"><a [^>]*>¶</a>([^<]*)', text)


def way(text: str, words: str) -> str:
    return re.search(rf'href="([^"]*)">{words}<', text)[1].replace("&amp;", "&")


def test_the_end_comes_first_and_ways_lead_back_and_forth(house, ledger):
    ledger.starts("cmp1-upgrade").prints("cmp1-upgrade", "".join(f"{n}\n" for n in range(2500)))
    last = page(house, ledger)
    assert lines(last) == [str(n) for n in range(1500, 2500)]
    middle = page(house, ledger, f"/log{way(last, '← earlier')}")
    assert lines(middle) == [str(n) for n in range(500, 1500)]
    first = page(house, ledger, f"/log{way(middle, '← earlier')}")
    assert lines(first) == [str(n) for n in range(500)]
    assert "← earlier" not in first
    assert lines(page(house, ledger, f"/log{way(middle, 'later →')}")) == lines(last)
    assert lines(page(house, ledger, f"/log{way(middle, '⇤ beginning')}")) == [str(n) for n in range(1000)]


def test_a_link_to_a_line_leads_to_it_however_much_comes_behind(house, ledger):
    ledger.starts("cmp1-upgrade").prints("cmp1-upgrade", "one\ntwo\n")
    address, key = re.search(r'href="([^"#]*)#([^"]*)"[^>]*>¶</a>two', page(house, ledger)).groups()
    ledger.prints("cmp1-upgrade", "three\n" * 2000)
    assert f'id="{key}"><a' in page(house, ledger, f"/log{address}")


def test_what_was_printed_is_text(house, ledger):
    ledger.starts("cmp1-upgrade").prints(
        "cmp1-upgrade", "<script>alert(1)</script>\x1b]0;title\x07\x1b[31mred\x1b[0m\x00\x7f\u202eevil\r\n"
    )
    text = page(house, ledger)
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;red␀␡&lt;U+202E&gt;evil" in text


def test_a_very_long_line_is_cut_and_is_to_be_had_whole(house, ledger):
    ledger.starts("cmp1-upgrade").prints("cmp1-upgrade", "a\n" + "x" * 10_000 + "\nb\n")
    text = page(house, ledger)
    assert [len(line.rstrip()) for line in lines(text)] == [1, LONGEST, 1]
    address = re.search(r'href="([^"]*)" download>… 6000 more characters', text)[1].replace("&amp;", "&")
    assert houses.client(house, "read").get(address).text == "x" * 10_000 + "\n"


def test_the_raw_log_is_a_file_and_never_a_page(house, ledger):
    ledger.starts("cmp1-upgrade").prints("cmp1-upgrade", "<b>\x00\n")
    answer = get(house, ledger, "/raw/1/cmp1-upgrade")
    assert answer.content == b"<b>\x00\n"
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert get(house, ledger, "/raw/9/cmp1-upgrade").status_code in (400, 404)


@pytest.mark.parametrize("query", ["?host=cmp1", "?step=cmp1-upgrade", "?failed=true", "?step=cmp1-upgrade&attempt=1"])
def test_only_some(house, ledger, query):
    ledger.starts("cmp1-upgrade").prints("cmp1-upgrade", "mine\n").ends("cmp1-upgrade", "failed")
    ledger.starts("cmp2-upgrade").prints("cmp2-upgrade", "other\n")
    assert lines(page(house, ledger, f"/log{query}")) == ["mine"]


def test_a_search_while_it_runs_finds_lines_and_leads_to_them(house, ledger):
    ledger.starts("cmp1-upgrade").prints(
        "cmp1-upgrade", "".join(f"{n}\n" for n in range(3000)) + "fatal: disk\nafter\n"
    )
    text = page(house, ledger, "/log?search=FATAL")
    assert lines(text) == ["2998", "2999", "fatal: disk", "after"]
    assert "1 line with “FATAL”, in all that there is by now" in text
    there = way(text, "in its place")
    address, _, key = there.partition("#")
    assert f'id="{key}"' in page(house, ledger, f"/log{address}")
    ledger.prints("cmp1-upgrade", "fatal: again\n")
    assert "fatal: again" in lines(page(house, ledger, f"/log{way(text, 'look again in what is printed since')}"))


def test_hits_that_stand_close_together_are_one_piece(house, ledger):
    ledger.starts("cmp1-upgrade").prints("cmp1-upgrade", "boom 1\nx\nboom 2\n" + "y\n" * 20 + "boom 3\n")
    text = page(house, ledger, "/log?search=boom")
    assert text.count('class="log found"') == 2
    assert lines(text) == ["boom 1", "x", "boom 2", "y", "y", "y", "y", "boom 3"]


def test_whoever_follows_gets_what_was_printed_since_and_no_line_twice(house, ledger):
    ledger.starts("cmp1-upgrade").prints("cmp1-upgrade", "one\n")
    text = page(house, ledger)
    cursor = re.search(r'data-cursor="([^"]*)"', text)[1]
    ledger.prints("cmp1-upgrade", "two\n").starts("cmp2-upgrade").prints("cmp2-upgrade", "three\n")
    more = page(house, ledger, f"/log/more?after={cursor}&last=cmp1-upgrade/1")
    assert lines(more) == ["two", "three"]
    assert more.count("heading-line") == 1, "only cmp2's is new"
    cursor = re.search(r'data-cursor="([^"]*)"', more)[1]
    assert lines(page(house, ledger, f"/log/more?after={cursor}")) == []


def test_a_run_that_is_over_is_not_followed(house, ledger):
    ledger.does("cmp1-upgrade").rests(RunState.CANCELLED, "as ada said")
    assert 'id="follow"' not in page(house, ledger)


def test_nothing_was_printed_yet(house, ledger):
    assert "Nothing was printed yet." in page(house, ledger)


def test_what_nobody_handed_out_is_refused(house, ledger):
    for query in ("?at=x", "?before=1", "?step=stranger", "?at=0.1.stranger"):
        assert get(house, ledger, f"/log{query}").status_code in (400, 404)


# A step


def test_the_page_of_a_step_tells_all_that_is_on_record(house):
    ledger = houses.a_run(house, a_plan(a_step("a/b@c", hosts=["c"]), a_step("cmp2", needs=("a/b@c",))))
    ledger.fails("a/b@c", "exit status 3")
    text = page(house, ledger, "/steps/a/b@c")
    assert "a test asked for it" in text
    assert "exit status 3" in text
    assert f'href="/runs/{ledger.run.id}/log?step=a/b%40c&amp;attempt=1"' in text
    assert f"stairlift logs {ledger.run.id} --step a/b@c" in text
    assert "is not well" in text, "what holds it up"
    behind = page(house, ledger, "/steps/cmp2")
    assert "needs a/b@c" in behind
    assert "None yet." in behind


def test_what_failed_can_be_tried_again_from_its_page(house):
    ledger = houses.a_run(house).fails("cmp1-cordon").rests(RunState.FAILED, "cmp1-cordon failed")
    text = houses.client(house).get(f"/runs/{ledger.run.id}/steps/cmp1-cordon").text
    assert 'name="action" value="retry"' in text
    assert 'name="match"' in text


def test_an_approval_can_be_given_on_the_page_of_its_step(house):
    plan = a_plan(a_step("gate", action="approve"), a_step("cmp1", needs=("gate",)))
    ledger = houses.a_run(house, plan).asks("gate")
    answer = houses.client(house).get(f"/runs/{ledger.run.id}/steps/gate")
    assert f'action="/runs/{ledger.run.id}/approvals"' in answer.text
    assert "your token" in page(house, ledger, "/steps/gate")


def test_who_began_a_run_is_told_on_the_page_of_a_step_that_somebody_else_approves(tmp_path):
    wanted = houses.settings_in(tmp_path, serve=ServeSettings(four_eyes=True))
    house = houses.a_house(tmp_path, settings=wanted)
    ledger = houses.a_run(house, a_plan(a_step("gate", action="approve"))).asks("gate")
    path = f"/runs/{ledger.run.id}/steps/gate"
    mine = houses.client(house, name=ledger.run.actor).get(path).text
    assert "somebody else has to approve" in mine
    assert f'action="/runs/{ledger.run.id}/approvals"' not in mine
    assert f'action="/runs/{ledger.run.id}/approvals"' in houses.client(house, name="bob").get(path).text


def test_a_step_that_there_is_not(house, ledger):
    assert get(house, ledger, "/steps/stranger").status_code == 404


def test_only_what_can_be_seen_stays_as_it_is():
    assert printable("plain äöü → tab\there") == "plain äöü → tab\there"
    assert printable("\x1b[2K50%\r100%\r") == "50%␍100%"
    assert printable("\x1b") == "␛"
