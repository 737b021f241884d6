"""Every list and document of the API, as somebody with a token gets them: of the shapes that it declares, page by page."""

import json
import os
import re
import subprocess
from urllib.parse import quote, urlencode

import pytest
from pydantic import TypeAdapter
from starlette.testclient import TestClient

from houses import client
from operating import COMMAND
from served import Served
from stairlift.web import api
from stairlift.web.api.description import described
from stairlift.web.app import the_app


@pytest.fixture(scope="module")
def ada(scene):
    return client(scene.house, "read")


def addresses(scene: Served) -> dict[str, str]:
    """An address of every GET that answers with JSON, by its path in the description."""
    run, step = scene.run, quote(scene.failed, safe="")
    names = {"run_id": run, "step": step, "number": "1", "name": "lab", "observation": scene.look}
    names |= {"plan_hash": scene.plan.hash}
    found = {}
    for path in (path for path, item in described(the_app(scene.house))["paths"].items() if "get" in item):
        wanted = re.findall(r"{(\w+)}", path)
        if set(wanted) <= set(names):
            found[path] = path.format(**{name: names[name] for name in wanted})
    return found


def typed(scene: Served, *words: str) -> str:
    """What a command prints on the server's own machine."""
    environ = os.environ | {"STAIRLIFT_STATE_DIR": str(scene.house.settings.state_dir)}
    return subprocess.run([*COMMAND, *words], env=environ, check=True, stdout=subprocess.PIPE, text=True).stdout


#: Addresses that need something more to be asked for, and what else they can be asked.
MORE = {
    "/v1/plans/{plan_hash}/difference": [],
    "/v1/runs/{run_id}/status": ["", "?steps=true"],
    "/v1/runs/{run_id}/took": ["?step=any&limit=3"],
    "/v1/runs/{run_id}/doing": ["?step=any"],
    "/v1/lengths": ["?cloud=lab"],
    "/v1/runs/{run_id}/plan": ["", "?head=true"],
    "/v1/runs/{run_id}/availability": ["", "?strip=12"],
    "/v1/runs/{run_id}/log": ["", "?tail=true", "?failed=true&search=wrong"],
    "/v1/runs/{run_id}/bell": [],
}


def models() -> dict[str, TypeAdapter]:
    """What each route that answers a GET declares."""
    routes = [route for router in api.routers() for route in router.routes if "GET" in route.methods]
    return {route.path_format: TypeAdapter(route.response_model) for route in routes if route.response_model}


def test_every_document_has_the_shape_that_is_declared(scene):
    """And nothing besides: a key that a reader finds is one that the description tells of."""
    declared, checked, ada = models(), set(), client(scene.house)
    for path, address in addresses(scene).items():
        for more in MORE.get(path, [""]) if path in declared else ():
            answer = ada.get(address + more, headers={"Accept": "application/json"})
            assert answer.status_code == 200, (address + more, answer.text)
            declared[path].validate_json(answer.content, extra="forbid")
            checked.add(path)
    assert {"/v1/runs/{run_id}", "/v1/runs/{run_id}/steps/{step}", "/v1/observations/{observation}", "/v1"} <= checked
    assert len(checked) >= 25


def test_nothing_is_told_without_a_token(scene):
    stranger = TestClient(the_app(scene.house))
    for path, address in addresses(scene).items():
        if path not in ("/healthz", "/readyz"):
            assert stranger.get(address, headers={"Accept": "application/json"}).status_code == 401, address


def test_a_status_is_what_the_command_prints(scene, ada):
    """To the byte, but for what JSON leaves open."""
    for option, more in (((), ""), (("--steps",), "?steps=true")):
        printed = typed(scene, "status", scene.run, "-o", "json", *option)
        assert ada.get(scene.at(f"/status{more}")).json() == json.loads(printed)


def test_a_list_of_runs_is_what_the_command_prints(scene, ada):
    printed = json.loads(typed(scene, "list", "-o", "json"))
    mine = ada.get("/v1/runs").json()["runs"]
    assert [{key: run[key] for key in printed[0]} for run in mine] == printed
    assert mine[0]["planner"] == "pia"


# Pages


def whole(ada, address: str, name: str) -> tuple[list, int]:
    """All rows, and how many pages they came in."""
    rows, pages = [], 0
    while address:
        answer = ada.get(address)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        rows, pages = rows + page[name], pages + 1
        address = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    return rows, pages


@pytest.mark.parametrize("what", ["steps", "events", "attempts"])
def test_pages_are_the_whole_list_however_they_are_cut(scene, ada, what):
    everything, _ = whole(ada, scene.at(f"/{what}?limit=1000"), what)
    assert len(everything) >= 2
    for limit in (1, 2, 3):
        rows, pages = whole(ada, scene.at(f"/{what}?limit={limit}"), what)
        assert (rows, pages) == (everything, -(-len(everything) // limit))


def test_pages_of_runs(scene, ada):
    assert whole(ada, "/v1/runs?limit=1", "runs")[0] == ada.get("/v1/runs").json()["runs"]
    assert ada.get("/v1/runs?cloud=nowhere").json() == {"runs": [], "links": []}
    assert ada.get("/v1/runs?state=done").json()["runs"] == []
    assert len(ada.get("/v1/runs?state=running&cloud=lab").json()["runs"]) == 1


@pytest.mark.parametrize(
    "address",
    [
        *("/v1/runs?marker=nope", "/v1/observations?marker=nope", "/v1/plans?marker=nope"),
        *("{run}/steps?marker=nope", "{run}/attempts?marker=nope", "{run}/attempts?marker=nope/1"),
        *("{run}/attempts?marker=a/" + "9" * 30, "{run}/log?after=nope"),
    ],
)
def test_a_marker_that_marks_nothing(scene, ada, address):
    answer = ada.get(address.format(run=scene.at()))
    assert (answer.status_code, answer.json()["code"]) == (400, "page.unknown_marker")


@pytest.mark.parametrize(
    "address",
    [
        *("/v1/runs?limit=0", "/v1/runs?limit=1001", "/v1/runs?limit=ten", "/v1/runs?state=asleep"),
        *("{run}/events?after=-1", "{run}/events?after=99999999999999999999", "{run}/log?lines=0"),
        *("{run}/steps?state=asleep", "{run}/availability?strip=0", "{run}/steps?host=%00", "/v1/runs?cloud=a%00b"),
    ],
)
def test_what_makes_no_sense_is_said_by_field(scene, ada, address):
    answer = ada.get(address.format(run=scene.at()))
    assert (answer.status_code, answer.json()["code"]) == (400, "request.invalid")
    assert answer.json()["errors"][0]["message"]


def test_a_slip_of_the_pen_is_heard(scene, ada):
    answer = ada.get(scene.at("/steps?stat=done"))
    assert (answer.status_code, answer.json()["code"]) == (400, "request.unknown_parameter")


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("/v1/runs/nope", "run.unknown"),
        ("/v1/runs/nope/steps", "run.unknown"),
        ("/v1/runs/nope/events", "run.unknown"),
        ("/v1/runs/nope/bell", "run.unknown"),
        ("/v1/runs/nope/log", "run.unknown"),
        ("/v1/runs/nope/plan", "run.unknown"),
        ("/v1/runs/nope/findings", "run.unknown"),
        ("/v1/clouds/nope", "cloud.unknown"),
        ("/v1/observations/nope", "observation.unknown"),
        ("{run}/steps/nope", "run.unknown_step"),
        ("{run}/steps/nope/attempts/1", "run.unknown_step"),
        ("{run}/attempts?step=nope", "run.unknown_step"),
        ("{run}/log?step=nope", "run.unknown_step"),
        ("{run}/steps/{step}/attempts/7", "attempt.unknown"),
        ("{run}/steps/{step}/attempts/7/log", "attempt.unknown"),
    ],
)
def test_what_there_is_not(scene, ada, address, code):
    answer = ada.get(address.format(run=scene.at(), step=scene.done))
    assert (answer.status_code, answer.json()["code"]) == (404, code)


# Steps


def test_steps_by_state_host_and_stage(scene, ada):
    steps = ada.get(scene.at("/steps?limit=1000")).json()["steps"]
    assert [step["id"] for step in steps] == [step.id for step in scene.plan.steps]
    some = {"stage": "compute", "host": "cmp1"}
    picked = ada.get(scene.at(f"/steps?{urlencode(some)}")).json()["steps"]
    assert picked == [step for step in steps if step["stage"] == "compute" and "cmp1" in step["hosts"]] != []
    unwell = ada.get(scene.at("/steps?state=failed&state=unknown")).json()["steps"]
    assert [step["id"] for step in unwell] == [scene.failed]


def test_one_step_tells_why_it_does_not_move(scene, ada):
    step = ada.get(scene.at(f"/steps/{quote(scene.pending)}")).json()
    assert step["why"][0]["step"] == scene.pending
    assert step["planned"]["reason"] == scene.plan.steps[-1].reason
    assert ada.get(scene.at(f"/steps/{quote(scene.failed)}")).json()["attempts"] == 1


# Tags


def test_a_run_that_has_not_moved_is_not_told_again(scene, ada):
    first = ada.get(scene.at())
    newest = scene.house.office.store.latest(scene.run).seq
    assert (first.headers["ETag"], first.headers["Cache-Control"]) == (f'"{newest}"', "private, no-cache")
    again = ada.get(scene.at(), headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert ada.get(scene.at(), headers={"If-None-Match": '"1", "2"'}).status_code == 200


def test_what_never_changes_has_its_name_as_tag(scene, ada):
    for address in (f"/v1/observations/{scene.look}", scene.at("/plan"), scene.at("/plan?head=1")):
        tag = ada.get(address).headers["ETag"]
        assert ada.get(address, headers={"If-None-Match": f"W/{tag}"}).status_code == 304
    assert ada.get(scene.at("/plan")).headers["ETag"] != ada.get(scene.at("/plan?head=1")).headers["ETag"]


# Others


def test_an_export_is_what_the_command_writes(scene, ada, tmp_path):
    file = tmp_path / "story.jsonl"
    typed(scene, "events", scene.run, "--export", str(file))
    assert ada.get(scene.at("/export")).content == file.read_bytes()


def test_a_strip_has_bins_of_every_api(scene, ada):
    strip = ada.get(scene.at("/availability?strip=6")).json()
    assert set(strip["apis"]) == {"nova", "glance"}
    assert sum(one["failed"] for one in strip["apis"]["nova"]) == 1
    part = {"strip": 2, "from": "2026-05-04T12:00:00Z", "to": "2026-05-04T12:00:04Z"}
    assert ada.get(scene.at(f"/availability?{urlencode(part)}")).json()["to"] - strip["from"] == 4


def test_programs_and_browsers_share_the_root(scene, ada):
    assert ada.get("/", headers={"Accept": "application/json"}).json()["links"][0] == {"rel": "v1", "href": "/v1"}
    assert ada.get("/", headers={"Accept": "text/html,*/*;q=0.8"}).headers["Content-Type"] != "application/json"


def test_links_lead_somewhere(scene, ada):
    for link in ada.get("/v1").json()["links"]:
        assert ada.get(link["href"]).status_code in (200, 403), link
