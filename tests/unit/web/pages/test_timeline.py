"""The timeline's page: bars with names and links, the strip on the same axis, a table that says the same."""

import re
from datetime import timedelta

import pytest

import houses
from meters import failure, seconds, session
from stairlift.model.availability import Bucket, Session
from stairlift.model.run import RunState
from stairlift.probe.order import SAMPLES, folder_of
from stairlift.probe.samples import SampleFile
from stairlift.testing.plans import a_plan, a_rollout, a_step
from stairlift.wiring.clock import now

#: Two minutes ago, to the minute: a run that goes on is drawn up to the present.
BEGAN = now().replace(second=0, microsecond=0) - timedelta(minutes=2)


@pytest.fixture
def house(tmp_path):
    return houses.a_house(tmp_path)


def a_run(house, plan=None):
    return houses.a_run(house, plan, at=BEGAN)


def measured(house, run, *pieces):
    """What a meter of the run has written, its seconds counted from the run's beginning."""
    folder = folder_of(house.settings.state_dir, run.id)
    folder.mkdir(parents=True)
    file = None
    for piece in pieces:
        moved = type(piece)(
            **{name: getattr(piece, name) for name in piece.__dataclass_fields__} | {"at": piece.at + BEGAN.timestamp()}
        )
        if isinstance(moved, Session):
            file = SampleFile(folder / SAMPLES, moved.targets)
            file.begin(moved)
        elif isinstance(moved, Bucket):
            file.put(moved, [])


def page(house, run, query: str = "") -> str:
    answer = houses.client(house, "read").get(f"/runs/{run.id}/timeline{query}")
    assert answer.status_code == 200, answer.text
    return answer.text


def titles(text: str) -> list[str]:
    return re.findall(r"<title>([^<]*)</title>", text)[1:]


def test_every_attempt_has_a_bar_with_its_name_and_a_way_to_its_log(house):
    ledger = a_run(house).fails("cmp1-cordon").starts("cmp2-cordon")
    text = page(house, ledger.run)
    assert any(title.startswith("cmp1-cordon: failed (exit status 3), ") for title in titles(text))
    assert f'href="/runs/{ledger.run.id}/log?step=cmp1-cordon&amp;attempt=1"' in text
    assert 'class="bar l-failed"' in text
    assert 'class="bar l-running"' in text
    assert 'class="bar l-guessed"' in text, "what is to come"


def test_the_table_says_the_same(house):
    ledger = a_run(house).fails("cmp1-cordon").starts("cmp2-cordon")
    bars, table = page(house, ledger.run), page(house, ledger.run, "?as=table")
    told = [title for title in titles(bars) if title.startswith("cmp")]
    assert told
    cells = [cell.replace(" now", "") for cell in re.findall(r"<td>(cmp[^<]*: [^<]*)</td>", table)]
    assert len(cells) >= len(told)
    assert any(cell.startswith("cmp1-cordon: failed") for cell in cells)
    assert "<svg" not in table.partition("<main")[2]


def test_what_users_felt_is_on_the_same_axis(house):
    ledger = a_run(house).does("cmp1-cordon")
    measured(house, ledger.run, session(baseline=5), *seconds(0, 10), *failure(10.0), *seconds(11, 20))
    text = page(house, ledger.run)
    assert 'class="a-failed"' in text
    assert re.search(r'aria-label="nova: \d+ right, 1 failed', text)


def test_a_run_without_a_meter_has_no_strip(house):
    assert 'class="api"' not in page(house, a_run(house).run)


def test_an_approval_is_a_diamond(house):
    plan = a_plan(a_step("gate", action="approve"), a_step("cmp1", needs=("gate",)))
    ledger = a_run(house, plan).asks("gate")
    text = page(house, ledger.run)
    assert 'class="gate l-asked"' in text
    assert f'href="/runs/{ledger.run.id}/steps/gate"' in text


def test_what_blocks_is_told_on_top(house):
    ledger = a_run(house).fails("cmp1-cordon").rests(RunState.FAILED, "cmp1-cordon failed")
    text = page(house, ledger.run)
    assert f'<a href="/runs/{ledger.run.id}/steps/cmp1-' in text.partition('id="blocked"')[2].partition("</section>")[0]
    assert "the run failed" in text


@pytest.mark.parametrize("rows", ["hosts", "services", "stages", "groups"])
@pytest.mark.parametrize("sort", ["plan", "name", "trouble", "newest"])
def test_rows_and_order_are_in_the_address(house, rows, sort):
    text = page(house, a_run(house).does("cmp1-cordon").run, f"?rows={rows}&sort={sort}&zoom=4")
    assert f'<option value="{rows}" selected>' in text
    assert 'class="lanes z4 k-' in text


def test_a_page_of_rows_leads_to_the_next(house):
    run = a_run(house, a_rollout(120)).run
    first = page(house, run, "?rows=hosts&host=cmp1*")
    total = int(re.search(r"Hosts 1 to \d+ of (\d+)", first)[1])
    assert total == 32
    assert "page 1 of" not in first
    everything = page(house, run, "?rows=hosts")
    assert re.search(r'rel="next" href="\?rows=hosts&amp;page=2"', everything)
    names = set()
    for number in range(1, int(re.search(r"page 1 of (\d+)", everything)[1]) + 1):
        shown = re.findall(r'data-key="row-([^"]+)"', page(house, run, f"?rows=hosts&page={number}"))
        assert not names & set(shown)
        names |= set(shown)
    assert len(names) == 120


def test_a_large_cloud_is_shown_in_groups_first(house):
    text = page(house, a_run(house, a_rollout(200)).run)
    assert "compute: cmp1, cmp100" in text or "compute: cmp1 .. cmp100" in text
    assert 'href="?rows=hosts&amp;group=compute%2F1"' in text


def test_names_are_only_ever_text(house):
    plan = a_plan(a_step("<script>alert(1)</script>", hosts=["<b>x</b>"]), a_step("a&b?c/d#e", hosts=["y"]))
    ledger = a_run(house, plan).does("a&b?c/d#e")
    text = page(house, ledger.run)
    assert "<script>alert" not in text
    assert "<b>x</b>" not in text
    assert "step=a%26b%3Fc/d%23e" in text


def test_times_without_a_zone_are_utc(house):
    run = a_run(house).does("cmp1-cordon").run
    begin, end = (at.replace(tzinfo=None).isoformat() for at in (BEGAN, BEGAN + timedelta(minutes=1)))
    assert titles(page(house, run, f"?from={begin}Z&to={end}Z")) == titles(page(house, run, f"?from={begin}&to={end}"))


def test_a_run_that_there_is_not(house):
    assert houses.client(house, "read").get("/runs/none/timeline").status_code == 404


@pytest.mark.parametrize(
    "query", ["from=2026-05-04", "from=9999-12-31T23:59:59-14:00", "to=0001-01-01T00:00:00%2B14:00", "from=9&to=1"]
)
def test_times_that_no_run_is_of_are_drawn_all_the_same(house, query):
    assert "<svg" in page(house, a_run(house).does("cmp1-cordon").run, f"?{query}")
