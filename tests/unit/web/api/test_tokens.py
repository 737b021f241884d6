"""Tokens through the API: only for whoever may do everything."""

import pytest

from houses import a_house
from stairlift.web.access.cookies import _NAME
from stairlift.web.access.csrf import word_of
from visitors import a_browser, a_program


@pytest.fixture
def house(tmp_path):
    return a_house(tmp_path)


@pytest.fixture
def ada(house):
    return a_program(house)


def test_one_is_made_and_shown_once(house, ada):
    made = ada.post("/v1/tokens", json={"name": "ci", "rights": ["operate"], "expires": "30d"})
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    document = made.json()
    secret = document.pop("token")
    assert (document["name"], document["rights"], document["state"]) == ("ci", ["read", "operate"], "holds")
    assert document["made_by"] == "ada"
    assert document["expires_at"].endswith("Z")
    assert ada.get("/v1/tokens").json()["tokens"][0] == document
    assert secret not in ada.get("/v1/tokens").text
    assert a_program(house, token=secret).get("/v1/tokens").json()["code"] == "access.forbidden"


def test_by_itself_it_reads_and_does_not_end(ada):
    made = ada.post("/v1/tokens", json={"name": "wall"}).json()
    assert (made["rights"], made["expires_at"]) == (["read"], None)


def test_a_name_is_taken_once(ada):
    ada.post("/v1/tokens", json={"name": "ci"})
    again = ada.post("/v1/tokens", json={"name": "ci"})
    assert (again.status_code, again.json()["code"]) == (409, "token.name_taken")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body.name"),
        ({"name": "a b"}, "body.name"),
        ({"name": "a\n"}, "body.name"),
        ({"name": "ci", "rights": ["root"]}, "body.rights.0"),
        ({"name": "ci", "rights": "read"}, "body.rights"),
        ({"name": "ci", "expires": "soon"}, "body.expires"),
        ({"name": "ci", "expires": "30d\n"}, "body.expires"),
        ({"name": "ci", "right": []}, "body.right"),
    ],
)
def test_what_is_wrong_is_named(ada, body, field):
    told = ada.post("/v1/tokens", json=body)
    assert (told.status_code, told.json()["code"]) == (400, "request.invalid")
    assert [wrong["field"] for wrong in told.json()["errors"]] == [field]


def test_revoked_it_lets_nobody_in(house, ada):
    secret = ada.post("/v1/tokens", json={"name": "ci"}).json()["token"]
    program = a_program(house, token=secret)
    assert program.get("/v1/tokens").status_code == 403
    gone = ada.delete("/v1/tokens/ci")
    assert (gone.status_code, gone.content) == (204, b"")
    assert program.get("/v1/tokens").status_code == 401
    assert ada.get("/v1/tokens").json()["tokens"][0]["state"] == "revoked"
    told = ada.delete("/v1/tokens/ci")
    assert (told.status_code, told.json()["code"]) == (404, "token.unknown")


@pytest.mark.parametrize("rights", [("read",), ("operate",), ("approve",)])
def test_who_may_not_do_everything_sees_and_makes_none(house, rights):
    program = a_program(house, *rights)
    for told in (
        program.get("/v1/tokens"),
        program.post("/v1/tokens", json={"name": "mine", "rights": ["approve"]}),
        program.delete("/v1/tokens/ada"),
    ):
        assert (told.status_code, told.json()["code"]) == (403, "access.forbidden")
    assert len(house.keys.tokens()) == 1


def test_a_browser_needs_the_word_of_its_pages(house):
    browser = a_browser(house)
    assert browser.post("/v1/tokens", json={"name": "ci"}).json()["code"] == "access.form"
    word = {"X-Csrf": word_of(browser.cookies[_NAME])}
    assert browser.post("/v1/tokens", json={"name": "ci"}, headers=word).status_code == 201
    assert browser.delete("/v1/tokens/ci").status_code == 403


def test_no_answer_of_it_is_kept_for_later(house, ada):
    key = {"Idempotency-Key": "k1"}
    secret = ada.post("/v1/tokens", json={"name": "ci"}, headers=key).json()["token"]
    kept = b"".join(path.read_bytes() for path in house.settings.state_dir.rglob("*") if path.is_file())
    assert secret.encode() not in kept
