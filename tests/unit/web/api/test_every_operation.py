"""What holds for every operation that docs/reference/openapi.json has, one by one: answers, refusals, their shapes."""

import json
import re
from urllib.parse import parse_qsl, quote, urlencode

import jsonschema_rs
import pytest

from houses import client
from pages import ROOT
from served import Served, served
from stairlift.wiring.server.jobs import Threads
from visitors import a_stranger

DOCUMENT = json.loads((ROOT / "docs" / "reference" / "openapi.json").read_text())
OPERATIONS = sorted((method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item)
OPEN = {"/healthz", "/readyz"}
#: Which right each of them needs; the others need to read, and to see and make tokens one needs all.
NEEDS = {
    ("POST", "/v1/runs/{run_id}/approvals"): "approve",
    **{one: "operate" for one in OPERATIONS if one[0] == "POST" and not one[1].endswith(("/approvals", "/tokens"))},
}
KEYS = {"type", "title", "status", "detail", "instance", "code", "resolution", "request_id"}


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> Served:
    """The doors of streams are closed, so that they end."""
    found = served(tmp_path_factory.mktemp("house"), jobs=Threads())
    found.house.bell.close()
    return found


@pytest.fixture(scope="module")
def ada(scene):
    return client(scene.house)


def address(scene: Served, path: str) -> str:
    """With the names of what there is."""
    names = {"run_id": scene.run, "step": quote(scene.failed, safe=""), "number": "1", "name": "lab"}
    return path.format(**names, observation=scene.look, plan_hash=scene.plan.hash, job_id="job-1")


def asked(scene: Served, method: str, path: str) -> str:
    """The parameters that it cannot do without."""
    names = {"with": scene.plan.hash, "step": scene.failed, "cloud": scene.plan.cloud}
    given = DOCUMENT["paths"][path][method.lower()].get("parameters", ())
    needed = [one["name"] for one in given if one["in"] == "query" and one["required"]]
    return f"?{urlencode({name: names[name] for name in needed})}" if needed else ""


def nowhere(path: str) -> str:
    return re.sub(r"\{number\}", "7", path).format(**dict.fromkeys(re.findall(r"{(\w+)}", path), "nope"))


def problem(answer) -> dict:
    """What an answer that is a refusal says, in the one form for all of them."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    found = answer.json()
    assert set(found) >= KEYS
    assert (found["status"], found["request_id"]) == (answer.status_code, answer.headers["X-Openstack-Request-Id"])
    assert DECLARED["default"].is_valid(found)
    return found


def conforms(method: str, path: str, answer) -> bool:
    """Whether it is of the shape that is declared for this status."""
    declared = DOCUMENT["paths"][path][method.lower()]["responses"][str(answer.status_code)]["content"]
    schema = declared["application/json"]["schema"]
    return jsonschema_rs.validator_for({**schema, "components": DOCUMENT["components"]}).is_valid(answer.json())


DECLARED = {
    "default": jsonschema_rs.validator_for(
        DOCUMENT["paths"]["/v1/runs"]["get"]["responses"]["default"]["content"]["application/problem+json"]["schema"]
    )
}


@pytest.mark.parametrize("path", [path for method, path in OPERATIONS if method == "GET" and "{job_id}" not in path])
def test_is_answered_as_it_is_described(scene, ada, path):
    answer = ada.get(address(scene, path) + asked(scene, "GET", path), headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    assert re.fullmatch(r"req-[0-9a-f-]{36}", answer.headers["X-Openstack-Request-Id"])
    kind = answer.headers["Content-Type"].partition(";")[0]
    declared = DOCUMENT["paths"][path]["get"]["responses"]["200"]["content"]
    assert kind in declared
    assert kind != "application/json" or conforms("GET", path, answer)


@pytest.mark.parametrize(("method", "path"), [one for one in OPERATIONS if one[1] not in OPEN])
def test_strangers_hear_first_that_they_are_strangers(scene, method, path):
    """Whatever else is wrong with what they ask: neither parameters nor bodies nor names are looked at for them."""
    bad = {"content": b'{"to": 1, "to": 2', "headers": {"Content-Type": "application/json"}} if method == "POST" else {}
    answer = a_stranger(scene.house).request(method, nowhere(path) + "?stat=1&limit=ten", **bad)
    assert (answer.status_code, problem(answer)["code"]) == (401, "access.unknown")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_a_slip_of_the_pen_is_heard(scene, ada, method, path):
    answer = ada.request(method, address(scene, path) + "?stat=1", headers={"If-Match": '"x"'})
    assert (answer.status_code, problem(answer)["code"]) == (400, "request.unknown_parameter")


@pytest.mark.parametrize(("method", "path"), [one for one in OPERATIONS if "{" in one[1]])
def test_of_what_is_not_there(scene, ada, method, path):
    bodies = {"/actions": {"action": "pause"}, "/approvals": {"step": "x"}, "/replan": {}, "/ledger": {"restore": True}}
    body = next((body for end, body in bodies.items() if path.endswith(end)), None)
    answer = ada.request(method, nowhere(path) + asked(scene, method, path), json=body, headers={"If-Match": '"x"'})
    assert answer.status_code == 404, answer.text
    assert problem(answer)["code"].endswith((".unknown", "unknown_step"))


@pytest.mark.parametrize("path", sorted(DOCUMENT["paths"]))
def test_of_a_method_that_it_does_not_take(ada, path):
    answer = ada.request("PATCH", nowhere(path))
    assert (answer.status_code, problem(answer)["code"]) == (405, "path.method")
    assert "PATCH" not in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("method", "path"), [one for one in OPERATIONS if "tokens" not in one[1] and one[1] not in OPEN]
)
def test_needs_the_right_that_is_named(scene, method, path):
    """One who has all others is refused, and told which is missing; nobody is kept from reading."""
    needed = NEEDS.get((method, path))
    others = [right for right in ("read", "operate", "approve") if right != needed]
    answer = client(scene.house, *others).request(method, address(scene, path), headers={"If-Match": '"x"'})
    assert (answer.status_code == 403) == bool(needed)
    if needed:
        assert (found := problem(answer))["code"] == "access.forbidden"
        assert needed in found["title"]


def test_an_address_that_nobody_knows(ada):
    for path in ("/v1/nope", "/nope", "/v1/runs/x/nope/y", "/v2", "/v1/"):
        answer = ada.get(path, follow_redirects=False)
        assert (answer.status_code, problem(answer)["code"]) == (404, "path.unknown"), path


def test_a_request_keeps_its_name(ada):
    name = "req-00000000-0000-4000-8000-00000000000a"
    assert problem(ada.get("/v1/runs/nope", headers={"X-Openstack-Request-Id": name}))["request_id"] == name


def times() -> list[tuple[str, str]]:
    """Every parameter that is a time."""
    return [
        (path, one["name"])
        for path, item in DOCUMENT["paths"].items()
        for one in item.get("get", {}).get("parameters", ())
        if "date-time" in json.dumps(one["schema"])
    ]


@pytest.mark.parametrize(
    "given",
    [
        "2026-05-04",
        "2026-05-04T12:00:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "1",
        "-1e9",
        "later",
    ],
)
@pytest.mark.parametrize(("path", "name"), times())
def test_times_that_few_clocks_show(scene, ada, path, name, given):
    asks = dict(parse_qsl(asked(scene, "GET", path)[1:])) | {
        name: given,
        **({"strip": "2"} if name != "before" else {}),
    }
    answer = ada.get(address(scene, path), params=asks)
    assert answer.status_code in {200, 400}, answer.text
    assert answer.status_code == 200 or problem(answer)["code"] == "request.invalid"
