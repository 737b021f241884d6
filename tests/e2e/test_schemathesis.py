"""Whatever is sent to the API, it answers, and as its description says: nothing is a 500, and nobody waits for ever.

schemathesis makes requests of the description, half of them as they should be and half of them not, and judges the
answers by it. STAIRLIFT_FUZZ is how many there are, of all operations together.
"""

import json
import os
import time
from collections import Counter

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from houses import a_token
from pages import ROOT
from served import Served, served
from stairlift.web.access.failures import Failures
from stairlift.web.app import the_app
from stairlift.wiring.server.jobs import Threads

DOCUMENT = json.loads((ROOT / "docs" / "reference" / "openapi.json").read_text())
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = [(method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item]
WANTED = int(os.environ.get("STAIRLIFT_FUZZ", "3000"))
#: Of these there are few different requests: they take nothing.
SOON_DONE = {("GET", "/healthz"), ("GET", "/readyz")}
#: Of each other operation, of each kind.
EACH = -(-WANTED // (2 * (len(OPERATIONS) - len(SOON_DONE))))
#: Seconds that an answer may take on a machine that does other things as well.
PATIENCE = 20.0
#: How a request shows who makes it.
SHOWN = {"authorization", "cookie"}
#: Numbers would not do: hypothesis is fond of the least of them.
ONE_IN_FOUR, ONE_IN_TEN = (st.sampled_from([False] * (of - 1) + [True]) for of in (4, 10))
CHECKS = [content_type_conformance, response_schema_conformance, status_code_conformance]
#: What each operation answered, by status, and seconds of the slowest answer.
TRIED: dict[str, Counter[int]] = {}
SLOWEST: dict[str, float] = {}


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> Served:
    """Nothing outside is reached: there are no clouds, and the doors of streams are closed, so that they end."""
    folder = tmp_path_factory.mktemp("house")
    found = served(folder, jobs=Threads())
    found.house.bell.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("OS_CLIENT_CONFIG_FILE", str(folder / "clouds.yaml"))
        yield found
    found.house.jobs.close()


@pytest.fixture(scope="module")
def program(scene) -> TestClient:
    token = a_token(scene.house, name="whoever-tries-everything")
    app = the_app(scene.house)
    app.state.failures = Patient()
    return TestClient(app, headers={"Authorization": f"Bearer {token}"}, raise_server_exceptions=False)


class Patient(Failures):
    """Has nobody wait: whoever tries everything shows bad tokens as well. tests/unit/web/access has who waits."""

    def count(self, address: str) -> None:
        """Not counted."""


def known(scene: Served) -> dict[str, str]:
    """What there is, by the names of parameters: made-up names alone would hardly find anything."""
    names = {"run_id": scene.run, "step": scene.failed, "name": "lab", "observation": scene.look, "number": 1}
    return names | {"plan_hash": scene.plan.hash, "with": scene.plan.hash, "cloud": "lab"}


def made_sense_of(case, scene: Served, program: TestClient) -> None:
    """Put in what there is, where a name was made up; and that its sender has seen how the run stands."""
    case.path_parameters = {k: known(scene).get(k, v) for k, v in (case.path_parameters or {}).items()}
    case.query = {k: known(scene).get(k, v) for k, v in (case.query or {}).items()}
    if isinstance(case.body, dict):
        names = {"plan": scene.plan.hash, "step": scene.failed}
        case.body = {k: names.get(k, v) if isinstance(v, str) else v for k, v in case.body.items()}
    if case.method == "POST" and case.path.endswith(("/actions", "/approvals")):
        case.headers["If-Match"] = program.get(scene.at("/actions")).headers["ETag"]


def sent(program: TestClient, case, *, known: bool):
    """The very bytes that schemathesis means, by whatever way, from somebody who is `known` or shows what it made up."""
    meant = requests.Request(**case.as_transport_kwargs(base_url="http://testserver")).prepare()
    headers = [(name, value) for name, value in meant.headers.items() if not (known and name.lower() in SHOWN)]
    began = time.monotonic()
    answer = program.request(
        meant.method, meant.url, headers=headers, content=meant.body or b"", follow_redirects=False
    )
    operation = f"{case.operation.method.upper()} {case.operation.path}"
    SLOWEST[operation] = max(SLOWEST.get(operation, 0.0), time.monotonic() - began)
    TRIED.setdefault(operation, Counter())[answer.status_code] += 1
    return answer


@pytest.mark.timeout(180 + EACH)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["good", "bad"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=" ".join)
def test_every_request_is_answered(scene, program, operation, mode):
    method, path = operation

    @settings(
        max_examples=EACH,
        deadline=None,
        database=None,
        derandomize="STAIRLIFT_FUZZ" not in os.environ,  # what CI tries is the same each time
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(SCHEMA[path][method].as_strategy(generation_mode=mode), ONE_IN_FOUR, ONE_IN_TEN)
    def tried(case, made_up, stranger):
        if not made_up and path != "/v1/tokens/{name}":
            made_sense_of(case, scene, program)
        answer = sent(program, case, known=not stranger)
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.json()["code"]
        case.validate_response(answer, checks=CHECKS)

    try:
        tried()
    except Unsatisfiable:
        pytest.skip("there is nothing of it that could be wrong")
    assert SLOWEST[f"{method} {path}"] < PATIENCE


@pytest.mark.skipif("PYTEST_XDIST_WORKER" in os.environ, reason="other workers have made some of them")
def test_so_many_requests_were_made(scene):
    """The last of this file: what all of them came to, as a table."""
    for operation, seen in TRIED.items():
        print(f"{operation:64} {seen.total():6}  {SLOWEST[operation]:5.1f} s  {_counted(seen)}")
    all_of_them = sum(TRIED.values(), Counter())
    print(f"{all_of_them.total()} requests, of {len(TRIED)} operations; the slowest took {max(SLOWEST.values()):.1f} s")
    print(_counted(all_of_them))
    assert set(TRIED) == {" ".join(operation) for operation in OPERATIONS}
    assert all_of_them.total() >= WANTED
    assert all_of_them[200] > all_of_them.total() / 10, "most of them did not get past the door"


def _counted(seen: Counter[int]) -> str:
    return ", ".join(f"{number} x {status}" for status, number in sorted(seen.items()))
