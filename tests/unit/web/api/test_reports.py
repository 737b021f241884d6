"""Reports over HTTP: what the command says, saved rather than shown, with who made the plan where that is known."""

import orjson
import pytest

from houses import a_house, a_run, client
from planning import planned
from stairlift.model.plan_document import to_document
from stairlift.model.shelf import KeptPlan
from stairlift.testing.clouds import NOON, a_cloud
from stairlift.testing.plans import a_plan, a_step
from stairlift.wiring.reporting import rendered
from stairlift.wiring.server.papers import paper_of_run

PLAN = planned(a_cloud())


@pytest.fixture
def house(tmp_path):
    made = a_house(tmp_path)
    yield made
    made.close()


def kept(house, plan=PLAN):
    shelved = KeptPlan(plan.hash, plan.cloud, str(plan.source), str(plan.target), len(plan.steps), NOON, "grace")
    house.library.keep_plan(shelved, to_document(plan))
    return plan


def test_a_plan_that_is_kept_names_who_made_it(house):
    found = client(house, "read").get(f"/v1/plans/{kept(house).hash}/report").json()
    assert (found["schema"], found["kind"]) == ("stairlift.report/1", "before")
    assert found["facts"]["Made by"] == "grace, 2026-05-04 12:00:00Z"


def test_a_run_is_reported_as_the_command_reports_it(house):
    run = a_run(house).does("cmp1-cordon").run
    answer = client(house, "read").get(f"/v1/runs/{run.id}/report")
    mine = orjson.loads(rendered(paper_of_run(house, run), "json"))
    assert answer.headers["Content-Type"] == "application/json"
    assert without_times(answer.json()) == without_times(mine)


def without_times(document):
    facts = {key: value for key, value in document["facts"].items() if key not in ("Written", "Took")}
    numbers = {key: value for key, value in document["numbers"].items() if key != "took"}
    return document | {"facts": facts, "numbers": numbers}


@pytest.mark.parametrize(("form", "kind"), [("md", "text/markdown"), ("html", "text/html")])
def test_what_is_no_json_is_saved_under_a_name(house, form, kind):
    run = a_run(house).run
    answer = client(house, "read").get(f"/v1/runs/{run.id}/report?format={form}")
    assert answer.headers["Content-Type"].startswith(kind)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="run-{run.id}.{form}"'
    assert "Upgrade of lab" in answer.text


def test_another_form_is_refused(house):
    answer = client(house, "read").get(f"/v1/runs/{a_run(house).run.id}/report?format=pdf")
    assert (answer.status_code, answer.json()["code"]) == (400, "request.invalid")


def test_what_is_not_there_is_not_found(house):
    ask = client(house, "read")
    assert ask.get("/v1/plans/sha256:00/report").status_code == 404
    assert ask.get("/v1/runs/261122-abcdef/report").status_code == 404
    assert ask.get("/runs/261122-abcdef/report").status_code == 404


def test_announcements(house):
    run = a_run(house).run
    ask = client(house, "read")
    end = ask.get(f"/v1/runs/{run.id}/announcement?occasion=end").json()
    assert end["occasion"] == "end"
    assert "takes longer than one go" in end["text"]
    assert "We tell you when we begin." in ask.get(f"/v1/plans/{kept(house).hash}/announcement").json()["text"]


def test_the_pages(house):
    run = a_run(house).does("cmp1-cordon").run
    ask = client(house, "read")
    page = ask.get(f"/runs/{run.id}/report").text
    assert f'href="/v1/runs/{run.id}/report?format=md" download' in page
    assert "How long it took" in page
    plan = ask.get(f"/plans/{kept(house).hash}/report").text
    assert "What users of the APIs may notice" in plan
    assert '<nav class="tabs"' not in plan
    assert "takes longer than one go" in ask.get(f"/runs/{run.id}/announcement?occasion=end").text
    assert "We tell you when we begin." in ask.get(f"/plans/{PLAN.hash}/announcement").text


def test_a_name_with_markup_is_only_a_name_on_the_page(house):
    nasty = "<script>alert(1)</script>"
    run = a_run(house, a_plan(a_step("x", hosts=(nasty,)))).run
    page = client(house, "read").get(f"/runs/{run.id}/report").text
    assert nasty not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
