"""`stairlift token`, and that what it prints is nowhere else: in no file, log line, event, or answer."""

import json
import logging
import re
from pathlib import Path

import pytest

from golden_text import assert_golden
from houses import a_house, a_run
from operating import Operator
from stairlift.web.access.cookies import _NAME
from stairlift.web.access.csrf import word_of
from stairlift.wiring import clock
from stairlift.wiring.config.settings import read_settings
from visitors import BROWSING, a_browser, a_program, a_stranger

_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z")
_SECRET = re.compile(r"stl_[A-Za-z0-9_-]{43}")


def same(text: str) -> str:
    """Without what is another each time."""
    return _TIME.sub("2026-11-23 12:00:00Z", _SECRET.sub("stl_SECRET", text))


@pytest.fixture
def ada(tmp_path, monkeypatch) -> Operator:
    monkeypatch.setattr("stairlift.cli.commands.token.actor", lambda: "root")
    return Operator(tmp_path)


class TestTheCommands:
    def test_one_is_printed_alone_once(self, ada):
        made = ada.types("token", "create", "ada", "--rights", "read,operate,approve", "--expires", "30d")
        assert made.code == 0
        assert _SECRET.fullmatch(made.out.strip())
        assert_golden("token/create.txt", same(made.err + made.out))

    def test_for_programs_with_what_is_on_record(self, ada):
        made = ada.types("token", "create", "ci", "-o", "json")
        assert (made.code, made.err) == (0, "")
        assert made.document["rights"] == ["read"]
        assert made.document["expires_at"] is None
        assert_golden("token/create.json", same(made.out))

    def test_they_are_listed_without_themselves(self, ada):
        assert_golden("token/none.txt", ada.types("token", "list").err)
        secrets = [ada.types("token", "create", "ada", "--rights", "operate,approve").out]
        secrets.append(ada.types("token", "create", "wall", "--expires", "2w").out)
        ada.types("token", "revoke", "wall")
        listed = ada.types("token", "list")
        assert_golden("token/list.txt", same(listed.out))
        document = ada.types("token", "list", "-o", "json")
        assert [entry["state"] for entry in document.document["tokens"]] == ["revoked", "holds"]
        assert not any(secret.strip() in listed.out + document.out for secret in secrets)

    def test_revoked_a_name_is_free(self, ada):
        ada.types("token", "create", "ada")
        taken = ada.types("token", "create", "ada")
        assert taken.code == 4
        assert_golden("token/taken.txt", taken.err)
        revoked = ada.types("token", "revoke", "ada")
        assert (revoked.code, revoked.err) == (0, "token ada holds no longer\n")
        assert ada.types("token", "create", "ada").code == 0

    @pytest.mark.parametrize(
        ("words", "code"),
        [
            (("create", "a b"), "token.bad_name"),
            (("create", "ada", "--rights", "root"), "token.bad_rights"),
            (("create", "ada", "--expires", "soon"), "token.bad_expiry"),
            (("revoke", "eve"), "token.unknown"),
        ],
    )
    def test_what_is_wrong_is_said(self, ada, words, code):
        answer = ada.types("token", *words)
        assert (answer.code, answer.out) == (2, "")
        assert f"[{code}]" in answer.err

    def test_it_opens_the_server(self, ada):
        token = ada.types("token", "create", "ada", "--rights", "operate,approve").out.strip()
        settings = read_settings(ada.environment(), ada.folder)
        assert a_program(a_house(ada.folder, settings=settings), token=token).get("/v1/tokens").status_code == 200


class TestSecrets:
    """A whole visit, and then everything that was written and said, searched for what its owner alone may know."""

    @pytest.fixture
    def visit(self, ada, caplog):
        """The house, the secrets, and all that was said."""
        caplog.set_level(logging.DEBUG)
        token = ada.types("token", "create", "ada", "--rights", "operate,approve").out.strip()
        house = a_house(ada.folder, settings=read_settings(ada.environment(), ada.folder))
        run = a_run(house).run
        said: list[str] = []

        def ask(visitor, method: str, path: str, **given):
            answer = visitor.request(method, path, **given)
            said.extend([answer.text, *(f"{k}: {v}" for k, v in answer.headers.items() if k != "set-cookie")])
            return answer

        program, browser = a_program(house, token=token), a_browser(house, token=token)
        session = browser.cookies[_NAME]
        word = {"X-Csrf": word_of(session)}
        code = house.codes.issue("ada", clock.now())
        made = program.post("/v1/tokens", json={"name": "ci"}).json()["token"]
        for visitor in (program, browser):
            for path in ("/", f"/runs/{run.id}", "/v1/tokens", f"/v1/runs/{run.id}", f"/v1/runs/{run.id}/events"):
                ask(visitor, "GET", path)
        ask(browser, "POST", "/v1/tokens", json={"name": "x y"}, headers=word)
        ask(program, "POST", f"/v1/runs/{run.id}/actions", json={"action": token}, headers={"Idempotency-Key": "k1"})
        ask(program, "GET", "/v1/tokens", headers={"X-Openstack-Request-Id": token, "If-None-Match": token})
        stranger = a_stranger(house, headers=BROWSING)
        ask(stranger, "POST", "/sign-in", data={"secret": code})
        ask(stranger, "POST", "/sign-in", data={"secret": code})
        ask(program, "DELETE", "/v1/tokens/ci")
        ask(a_stranger(house), "GET", "/v1/tokens", headers={"Authorization": f"Bearer {made}"})
        ask(browser, "POST", "/sign-out", data={"csrf": word["X-Csrf"]})
        secrets = [token, made, session, stranger.cookies[_NAME], code, code.replace("-", "")]
        return ada.folder, secrets, said, caplog.text

    def test_are_nowhere(self, visit):
        folder, secrets, said, log = visit
        files = [path for path in Path(folder).rglob("*") if path.is_file()]
        assert any(path.name == "stairlift.sqlite" for path in files)
        assert "POST /sign-in 303" in log
        assert "a token was refused: it is ci's, and revoked" in log
        assert len(said) > 50
        for secret in secrets:
            assert [path for path in files if secret.encode() in path.read_bytes()] == []
            assert secret not in log
            assert not any(secret in text for text in said)

    def test_who_did_it_is_on_record_by_name(self, visit):
        assert " ada GET /v1/tokens 200 " in visit[-1]
        assert " ada POST /v1/tokens " in visit[-1]


def test_the_document_is_json_of_the_contract(ada):
    made = ada.types("token", "create", "ci", "-o", "json")
    listed = json.loads(ada.types("token", "list", "-o", "json").out)["tokens"][0]
    assert {**listed, "token": made.document["token"]} == made.document
