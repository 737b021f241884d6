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
from stairlift.web.app import the_app
from stairlift.wiring.jobs import Threads

DOCUMENT = json.loads((ROOT / "docs" / "reference" / "openapi.json").read_text())
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = [(method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item]
WANTED = int(os.environ.get("STAIRLIFT_FUZZ", "500"))
#: Of each operation, of each kind.
EACH = -(-WANTED // (2 * len(OPERATIONS)))
#: Seconds that an answer may take on a machine that does other things as well.
PATIENCE = 20.0
CHECKS = [content_type_conformance, response_schema_conformance, status_code_conformance]
TRIED: Counter[int] = Counter()
SLOWEST = [0.0]


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
    return TestClient(the_app(scene.house), headers={"Authorization": f"Bearer {token}"}, raise_server_exceptions=False)


def known(scene: Served) -> dict[str, str]:
    """What there is, by the names of parameters: made-up names alone would hardly find anything."""
    names = {"run_id": scene.run, "step": scene.failed, "name": "lab", "observation": scene.look}
    return names | {"plan_hash": scene.plan.hash, "number": 1}


def sent(program: TestClient, case):
    """The very bytes that schemathesis means, by whatever way; how long the answer took goes into SLOWEST."""
    meant = requests.Request(**case.as_transport_kwargs(base_url="http://testserver")).prepare()
    began = time.monotonic()
    answer = program.request(
        meant.method, meant.url, headers=list(meant.headers.items()), content=meant.body or b"", follow_redirects=False
    )
    SLOWEST[0] = max(SLOWEST[0], time.monotonic() - began)
    return answer


@pytest.mark.timeout(180 + EACH)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["good", "bad"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=" ".join)
def test_every_request_is_answered(scene, program, operation, mode):
    method, path = operation
    seen: Counter[int] = Counter()

    @settings(
        max_examples=EACH,
        deadline=None,
        database=None,
        derandomize="STAIRLIFT_FUZZ" not in os.environ,  # what CI tries is the same each time
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(SCHEMA[path][method].as_strategy(generation_mode=mode), st.integers(0, 3))
    def tried(case, made_up):
        if made_up and path != "/v1/tokens/{name}":
            case.path_parameters = {k: known(scene).get(k, v) for k, v in (case.path_parameters or {}).items()}
        answer = sent(program, case)
        seen[answer.status_code] += 1
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.json()["code"]
        case.validate_response(answer, checks=CHECKS)

    try:
        tried()
    except Unsatisfiable:
        pytest.skip("there is nothing of it that could be wrong")
    TRIED.update(seen)
    assert SLOWEST[0] < PATIENCE
    print(f"{method} {path}: {', '.join(f'{number} x {status}' for status, number in sorted(seen.items()))}")


def test_so_many_requests_were_made(scene):
    """The last of this file: what all of them came to."""
    print(f"{TRIED.total()} requests, of {len(OPERATIONS)} operations; the slowest answer took {SLOWEST[0]:.1f} s")
    print(", ".join(f"{number} x {status}" for status, number in sorted(TRIED.items())))
    assert TRIED[200] > 0
