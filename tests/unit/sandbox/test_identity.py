"""Keystone's face: who gets a token, what is in it, and when it ends."""

import pytest

from stairlift.sandbox.api.tokens import APPLICATION_CREDENTIAL
from stairlift.sandbox.builders import cloud


@pytest.fixture
def caller(look):
    return look(cloud(control=1, network=0, compute=1))


def log_in_with(caller, identity, scope=None):
    auth = {"identity": identity} | ({"scope": scope} if scope else {})
    return caller.ask("POST", "/identity/v3/auth/tokens", json={"auth": auth}, token="")


def test_a_password_gives_a_project_token_with_the_catalog(caller):
    token = caller.token_answer.json()["token"]
    assert caller.token_answer.status_code == 201
    assert token["project"]["name"] == "admin"
    assert [role["name"] for role in token["roles"]] == ["admin"]
    assert {s["type"] for s in token["catalog"]} == {"identity", "compute", "network", "image", "placement"}
    assert {e["interface"] for s in token["catalog"] for e in s["endpoints"]} == {"public", "internal", "admin"}
    assert token["expires_at"] > token["issued_at"]


@pytest.mark.parametrize("who", [{"user": "admin", "password": "wrong"}, {"user": "nobody"}])
def test_bad_credentials_get_401(caller, who):
    answer = caller.log_in(**who)
    assert answer.status_code == 401
    assert answer.json()["error"]["title"] == "Unauthorized"
    assert "wrong" not in answer.text


def test_another_project_gets_401_and_no_scope_gives_no_catalog(caller):
    assert caller.log_in(scope={"project": {"name": "other", "domain": {"id": "default"}}}).status_code == 401
    unscoped = caller.log_in(scope="unscoped")
    assert unscoped.status_code == 201
    assert not {"catalog", "project", "roles"} & unscoped.json()["token"].keys()


def test_a_token_gives_another_token(caller):
    again = log_in_with(caller, {"methods": ["token"], "token": {"id": caller.token}})
    assert again.status_code == 201
    assert again.headers["X-Subject-Token"] != caller.token
    assert log_in_with(caller, {"methods": ["token"], "token": {"id": "made-up"}}).status_code == 401


def test_an_application_credential_is_for_the_project(caller):
    name, secret = APPLICATION_CREDENTIAL
    given = {"methods": ["application_credential"], "application_credential": {"id": name, "secret": secret}}
    assert log_in_with(caller, given).json()["token"]["project"]["name"] == "admin"
    given["application_credential"]["secret"] = "wrong"
    assert log_in_with(caller, given).status_code == 401


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"{}", b'{"auth": {}}', b'{"auth": {"identity": {"methods": ["password"]}}}', b'{"auth": 3}']
)
def test_nonsense_gets_400(caller, body):
    assert caller.ask("POST", "/identity/v3/auth/tokens", data=body).status_code == 400


def test_a_token_is_validated_and_revoked(caller):
    subject = {"X-Subject-Token": caller.token}
    assert caller.get("/identity/v3/auth/tokens", headers=subject)["token"]["user"]["name"] == "admin"
    other = caller.log_in().headers["X-Subject-Token"]
    assert caller.ask("DELETE", "/identity/v3/auth/tokens", headers={"X-Subject-Token": other}).status_code == 204
    assert caller.ask("GET", "/identity/v3/auth/tokens", headers={"X-Subject-Token": other}).status_code == 404
    assert caller.ask("GET", "/compute/v2.1/os-services", token=other).status_code == 401


def test_tokens_expire_on_demand_and_by_the_clock(call):
    caller = call(cloud(control=1, network=0, compute=1))
    caller.cloud.expire_tokens()
    answer = caller.ask("GET", "/compute/v2.1/os-services")
    assert answer.status_code == 401
    assert "Keystone" in answer.headers["WWW-Authenticate"]
    caller.token = caller.log_in().headers["X-Subject-Token"]
    assert caller.ask("GET", "/compute/v2.1/os-services").status_code == 200
    caller.cloud.advance(3601)
    assert caller.ask("GET", "/compute/v2.1/os-services").status_code == 401


def test_services_and_endpoints_tell_what_the_catalog_tells(caller):
    services = {s["id"]: s["type"] for s in caller.get("/identity/v3/services")["services"]}
    endpoints = caller.get("/identity/v3/endpoints?interface=internal")["endpoints"]
    assert {services[e["service_id"]] for e in endpoints} == set(services.values())
    assert all("/internal/" in e["url"] and e["interface"] == "internal" for e in endpoints)
    (one,) = caller.get("/identity/v3/services?type=compute")["services"]
    assert caller.get(f"/identity/v3/services/{one['id']}")["service"]["name"] == "nova"


def test_version_documents_need_no_token_and_the_choice_is_a_300(caller):
    assert caller.ask("GET", "/identity", token="").status_code == 300
    assert caller.get("/identity/v3", token="")["version"]["id"] == "v3.14"


def test_links_stay_on_the_interface_that_was_addressed(caller):
    version = caller.get("/internal/identity/v3/")["version"]
    assert version["links"][0]["href"] == f"{caller.cloud.url}/internal/identity/v3/"


def test_without_keystone_the_load_balancer_says_503(call):
    caller = call(cloud(control=1, network=0, compute=1))
    caller.cloud.stop("ctl1", "keystone")
    answer = caller.log_in()
    assert answer.status_code == 503
    assert answer.headers["Content-Type"].startswith("text/html")
    assert caller.ask("GET", "/compute/v2.1/os-services").status_code == 200
