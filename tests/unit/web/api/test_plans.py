"""Plans by HTTP: kept ones are read, brought ones are looked at from all sides, and runs of them are begun."""

import json
from dataclasses import replace

import pytest

from houses import AtOnce, a_house, client, settings_in
from planning import seen
from stairlift.model.errors import NoAnswer
from stairlift.model.plan import Plan
from stairlift.model.policy import Policy
from stairlift.plan import plan_hash
from stairlift.testing.clouds import NOON, a_cloud
from stairlift.wiring.config.serve import ServeSettings
from stairlift.wiring.config.settings import StrategyEntry
from stairlift.wiring.files import plan_document
from stairlift.wiring.look import Look, Where
from stairlift.wiring.planning import Wishes, make_plan
from stairlift.wiring.server.commissions import keep_plan
from stairlift.wiring.server.house import House
from stairlift.wiring.server.jobs import Job, Threads

OPEN = ServeSettings(accept_plans=True)


@pytest.fixture
def house(tmp_path) -> House:
    return a_house(tmp_path, settings=settings_in(tmp_path, serve=OPEN))


@pytest.fixture
def ada(house):
    return client(house)


def a_plan(folder, **wishes) -> Plan:
    """One that could be run here: its strategy is a script in the folder."""
    script = folder / "step"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    entry = {"argv": ["./step", "{host}"], "folder": str(folder)}
    settings = settings_in(folder, strategies=(StrategyEntry("stairlift.toml:1", "command", {}, entry),))
    built = a_cloud()
    request = Wishes("2025.2", "epoxy", **wishes).request(Policy())
    return make_plan(Look((), built.observations(), seen(built)), request, Where(("nova",)), settings)


def brings(who, document):
    return who.post("/v1/plans", json=document)


def code(response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


# Plans that are brought


def test_a_plan_that_is_brought_is_kept_as_it_is(ada, house, tmp_path) -> None:
    plan = a_plan(tmp_path)
    answer = brings(ada, plan_document(plan))
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/v1/plans/{plan.hash}"
    assert ada.get(answer.headers["Location"]).json() == json.loads(json.dumps(plan_document(plan)))
    assert house.library.plan(plan.hash)[0].actor == "ada"


def test_no_plan_is_taken_from_outside_unless_the_settings_say_so(tmp_path) -> None:
    closed = client(a_house(tmp_path))
    assert code(brings(closed, plan_document(a_plan(tmp_path)))) == (403, "access.plans")
    assert closed.get("/v1/plans").json()["plans"] == []


def test_who_may_not_operate_brings_none(house, tmp_path) -> None:
    reader = client(house, "read", "approve", name="eve")
    assert code(brings(reader, plan_document(a_plan(tmp_path)))) == (403, "access.forbidden")


def edited(plan: Plan, **changes) -> dict:
    return {**plan_document(plan), **changes}


def test_a_plan_that_was_changed_is_refused(ada, tmp_path) -> None:
    plan = a_plan(tmp_path)
    assert code(brings(ada, edited(plan, cloud="other"))) == (422, "plan.edited")
    forged = replace(plan, cloud="other")  # with a checksum of its own, but the old hash
    assert code(brings(ada, plan_document(forged))) == (422, "plan.edited")
    assert brings(ada, plan_document(replace(forged, hash=plan_hash(forged)))).status_code == 201


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"schema": "stairlift.plan/1"}, (422, "plan.refused")),
        ({"schema": "stairlift.plan/9", "hash": "x"}, (400, "plan.unreadable")),
        ({"schema": "stairlift.plan/1", "hash": "x", "checksum": "y"}, (422, "plan.edited")),
        ({"schema": ["stairlift.plan/1"]}, (400, "plan.unreadable")),
    ],
)
def test_what_is_no_plan_is_told(ada, document, expected) -> None:
    assert code(brings(ada, document)) == expected


def test_a_plan_whose_files_are_not_here_is_refused(ada, tmp_path) -> None:
    plan = a_plan(tmp_path)
    (tmp_path / "step").unlink()
    assert code(brings(ada, plan_document(plan))) == (409, "plan.files_changed")


def test_what_is_larger_than_any_plan_is_refused_while_it_comes(ada) -> None:
    def pieces():
        yield b'{"schema": "stairlift.plan/1", "x": "'
        for _ in range(101):
            yield b"x" * 2**20

    answer = ada.post("/v1/plans", content=pieces(), headers={"Content-Type": "application/json"})
    assert code(answer) == (413, "request.too_large")


def test_who_brings_none_sends_no_more_than_wishes_have(house, tmp_path) -> None:
    """With a key of its own, too, for which all of a body is read before anybody asks what it is."""

    def never():
        pytest.fail("it was read")
        yield b""

    def sent(who) -> tuple[int, str]:
        size = {"Content-Length": str(2**21)}
        headers = {"Content-Type": "application/json", "Idempotency-Key": "k1", **size}
        return code(who.post("/v1/plans", content=never(), headers=headers))

    assert sent(client(house, "read", "approve", name="eve")) == (403, "access.forbidden")
    assert sent(client(a_house(tmp_path, settings=settings_in(tmp_path)))) == (403, "access.plans")


def test_wishes_are_no_longer_than_any_other_request(house, tmp_path) -> None:
    closed = client(a_house(tmp_path, settings=settings_in(tmp_path)))
    assert code(closed.post("/v1/plans", json={"to": "x" * 2**21})) == (403, "access.plans")
    assert code(client(house).post("/v1/plans", json={"to": "x" * 2**21})) == (400, "plan.unreadable")


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{", b'{"to": 1, "to": 2}'])
def test_bodies_that_are_neither(ada, body) -> None:
    answer = ada.post("/v1/plans", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["code"] in {"request.bad_json", "request.invalid"}


# Plans that are kept


def test_plans_are_listed_page_by_page(ada, house, tmp_path) -> None:
    plans = [a_plan(tmp_path, hosts=[f"cmp{n}"]) for n in (1, 2, 3)]
    for plan in plans:
        keep_plan(house.library, plan, "ada")
    found, path = [], "/v1/plans?limit=2"
    while path:
        page = ada.get(path).json()
        found += page["plans"]
        path = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
    assert [one["hash"] for one in found] == [plan.hash for plan in reversed(plans)]
    assert found[0]["from"] == "2025.1"
    assert ada.get("/v1/plans?cloud=none").json() == {"plans": [], "links": []}
    assert code(ada.get("/v1/plans?marker=nothing")) == (400, "page.unknown_marker")


def test_a_plan_is_read_as_a_runbook_and_held_against_another(ada, house, tmp_path) -> None:
    small, large = a_plan(tmp_path, hosts=["cmp1"]), a_plan(tmp_path)
    for plan in (small, large):
        keep_plan(house.library, plan, "ada")
    script = ada.get(f"/v1/plans/{large.hash}/runbook")
    assert script.headers["Content-Type"].startswith("text/plain")
    assert script.text.startswith(f"# {large.cloud}: 2025.1 -> 2025.2, plan {large.hash}\n")
    assert f"{tmp_path}/step ctl1" in script.text
    told = ada.get(f"/v1/plans/{large.hash}/difference?with={small.hash}").json()
    assert (told["was"], told["hash"], told["run"]) == (small.hash, large.hash, None)
    assert {host for step in told["new"] for host in step["hosts"]} >= {"cmp2"}
    findings = ada.get(f"/v1/plans/{small.hash}/findings").json()
    assert findings["findings"] == [finding.document() for finding in small.findings]


@pytest.mark.parametrize("what", ["", "/runbook", "/findings", "/difference?with=x"])
def test_a_plan_that_is_not_kept_is_told(ada, what) -> None:
    assert code(ada.get(f"/v1/plans/sha256:nothing{what}")) == (404, "plan.unknown")


# Runs of them


def begins(who, plan: str, **given):
    return who.post("/v1/runs", json={"plan": plan, **given})


@pytest.fixture
def kept(house, tmp_path) -> Plan:
    plan = a_plan(tmp_path)
    keep_plan(house.library, plan, "grace")
    return plan


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"stages": ["compute"], "stop_after": "control"}, (400, "run.two_ends")),
        ({"stages": ["attic"]}, (400, "plan.unknown_stage")),
        ({"approve": "yes"}, (400, "request.invalid")),
        ({"plan_hash": "x"}, (400, "request.invalid")),
    ],
)
def test_what_no_run_can_begin_with_is_refused_at_once(ada, kept, wanted, expected) -> None:
    assert code(begins(ada, kept.hash, **wanted)) == expected


def test_a_run_of_a_plan_that_is_not_kept_cannot_be_begun(ada) -> None:
    assert code(begins(ada, "sha256:nothing")) == (404, "plan.unknown")


def test_a_plan_whose_files_have_changed_since_is_not_begun(ada, kept, tmp_path) -> None:
    (tmp_path / "step").write_text("#!/bin/sh\nrm -rf /\n")
    assert code(begins(ada, kept.hash)) == (409, "plan.files_changed")


def test_who_may_not_approve_begins_nothing_approved(house, kept) -> None:
    operator = client(house, "operate", name="eve")
    for word in ("approve", "yes"):
        assert code(begins(operator, kept.hash, **{word: True})) == (403, "access.forbidden")


def test_with_four_eyes_nobody_approves_what_he_begins(tmp_path) -> None:
    strict = a_house(tmp_path, settings=settings_in(tmp_path, serve=ServeSettings(four_eyes=True)))
    plan = a_plan(tmp_path)
    keep_plan(strict.library, plan, "grace")
    assert code(begins(client(strict), plan.hash, approve=True)) == (403, "access.four_eyes")


# Jobs


def test_a_job_that_has_failed_tells_it_as_an_answer_would(tmp_path) -> None:
    silent = NoAnswer(code="sources.silent", brief="not one source answered", resolution="ask again")
    jobs = AtOnce()
    house = a_house(tmp_path, jobs=jobs)
    job = Job("j1", "observation", "ada", NOON)
    jobs.jobs["j1"] = replace(job, state="failed", error=silent, notes=("asks nova",))
    told = client(house).get("/v1/jobs/j1").json()
    assert (told["state"], told["kind"], told["actor"], told["notes"]) == (
        "failed",
        "observation",
        "ada",
        ["asks nova"],
    )
    assert (told["problem"]["code"], told["problem"]["status"]) == ("sources.silent", 502)


def test_a_job_that_nobody_began_is_told(tmp_path) -> None:
    assert code(client(a_house(tmp_path, jobs=Threads())).get("/v1/jobs/nothing")) == (404, "job.unknown")


def test_nobody_is_let_in_without_a_token(ada) -> None:
    ada.headers.pop("Authorization")
    for path in ("/v1/plans", "/v1/jobs/j1", "/v1/runs/r/actions"):
        assert code(ada.get(path)) == (401, "access.unknown")
