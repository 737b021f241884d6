"""Every setting in force, by whom it was said, and no secret among them."""

import json
from pathlib import Path

import certifi
import pytest

from stairlift.report.configured import setting_document, setting_rows
from stairlift.wiring.config.lines import key_lines
from stairlift.wiring.config.origins import DEFAULT, settings_in_force
from stairlift.wiring.config.settings import read_settings

TOML = """\
# a comment with = in it
lease_ttl = 12.5

[policy]
canary = 2
max_unavailable = { resource = "10%" }
[policy.failure_budget]
compute = "2%"

[[strategy]]
match = { stage = "infra" }
use = "command"
argv = ["./x",
  "y = 1"]
environment = { DB_PASSWORD = "hunter2", A = "b" }

[[strategy]]
match = {}
use = "command"
argv = ["curl", "https://me:hunter2@example.com/x"]

[[notify]]
name = "ops"
use = "webhook"
url = "https://hooks.example.com/hunter2"
secret_file = "ops.secret"
"""


@pytest.fixture
def found(tmp_path):
    def reading(text=TOML, far="", **environ):
        (tmp_path / "stairlift.toml").write_text(text)
        if far:
            (tmp_path / "etc").mkdir(exist_ok=True)
            (tmp_path / "etc" / "stairlift.toml").write_text(far)
        environ = {"HOME": str(tmp_path)} | environ
        read = read_settings(environ, tmp_path, tmp_path / "etc")
        return {one.name: one for one in settings_in_force(read, environ)}

    return reading


def origin(found, name):
    return str(Path(found[name].origin).name)


def test_each_key_and_its_line(found):
    told = found()
    assert origin(told, "lease_ttl") == "stairlift.toml:2"
    assert origin(told, "policy.canary") == "stairlift.toml:5"
    assert origin(told, "policy.failure_budget") == "stairlift.toml:7"
    assert origin(told, "strategy[1].argv") == "stairlift.toml:13"
    assert origin(told, "strategy[2].use") == "stairlift.toml:19"
    assert origin(told, "notify[1].secret_file") == "stairlift.toml:26"
    assert (told["policy.canary"].value, told["strategy[1].argv"].value) == (2, ["./x", "y = 1"])


def test_what_nobody_said(found):
    told = found()
    assert (told["policy.on_failure"].value, told["policy.on_failure"].origin) == ("stop", DEFAULT)
    assert told["sources.inventory"].value == ["openstack"]
    assert told["state_dir"].origin == DEFAULT


def test_variables_come_before_files(found):
    variables = {
        "STAIRLIFT_LEASE_TTL": "60",
        "STAIRLIFT_INVENTORY": "nova,neutron",
        "OS_CLOUD": "lab",
        "STAIRLIFT_DATABASE_URL": "postgresql://ann:hunter2@db1/journal",
        "STAIRLIFT_URL": "https://upgrades.example.com",
        "STAIRLIFT_TOKEN": "stl_hunter2",
    }
    told = found('lease_ttl = 12\n[sources]\ninventory = ["cinder"]\nos_cloud = "other"\n', **variables)
    assert (told["lease_ttl"].value, told["lease_ttl"].origin) == (60.0, "STAIRLIFT_LEASE_TTL")
    assert (told["sources.inventory"].value, told["sources.inventory"].origin) == (
        ["nova", "neutron"],
        "STAIRLIFT_INVENTORY",
    )
    assert (told["sources.os_cloud"].value, told["sources.os_cloud"].origin) == ("lab", "OS_CLOUD")
    assert told["database_url"].origin == "STAIRLIFT_DATABASE_URL"
    assert (told["server"].value, told["server"].origin) == ("https://upgrades.example.com", "STAIRLIFT_URL")


def test_how_a_server_is_asked(found, tmp_path):
    assert not [name for name in found() if name.startswith("server.")], "there is no server"
    address = {"STAIRLIFT_URL": "https://upgrades.example.com", "STAIRLIFT_TOKEN_FILE": "ada.token"}
    (tmp_path / "ada.token").write_text("stl_hunter2\n")
    told = found(**address)
    assert (told["server.timeout"].value, told["server.timeout"].origin) == (60.0, DEFAULT)
    assert (told["server.ca_file"].value, told["server.ca_file"].origin) == (None, DEFAULT)
    file = told["server.token_file"]
    assert (file.value, file.origin) == (str(tmp_path / "ada.token"), "STAIRLIFT_TOKEN_FILE")
    assert "server.token" not in told

    ca_file = Path(certifi.where())
    told = found(**address, STAIRLIFT_TOKEN="stl_hunter2", STAIRLIFT_TIMEOUT="5", STAIRLIFT_CACERT=str(ca_file))
    assert (told["server.timeout"].value, told["server.timeout"].origin) == (5.0, "STAIRLIFT_TIMEOUT")
    assert (told["server.ca_file"].value, told["server.ca_file"].origin) == (str(ca_file), "STAIRLIFT_CACERT")
    assert (told["server.token"].value, told["server.token"].origin) == ("***", "STAIRLIFT_TOKEN")
    assert "server.token_file" not in told, "it is not looked at"
    assert "hunter2" not in json.dumps([one.value for one in told.values() if one.name.startswith("server")])


def test_a_table_is_that_of_the_nearest_file(found):
    told = found("[policy]\ncanary = 2\n", far="[policy]\nretries = 9\n[aliases]\n'a.example' = 'a'\n")
    assert told["policy.retries"].origin == DEFAULT
    assert told["aliases.a.example"].origin.endswith("etc/stairlift.toml:4")


def test_no_secret_is_shown(found, tmp_path):
    told = found(STAIRLIFT_DATABASE_URL="postgresql://ann:hunter2@db1/journal?password=hunter2")
    document = setting_document(told.values(), [tmp_path / "stairlift.toml"])
    text = json.dumps(document) + str(setting_rows(told.values(), origin=True))
    assert "hunter2" not in text
    assert told["strategy[1].environment"].value == {"DB_PASSWORD": "***", "A": "b"}
    assert told["notify[1].url"].value == "https://hooks.example.com/***"
    assert told["notify[1].secret_file"].value == "ops.secret", "the name of a file is no secret"
    assert "db1" in told["database_url"].value


def test_an_address_that_cannot_be_read_is_hidden_whole(found):
    assert found(STAIRLIFT_DATABASE_URL="oracle://ann:hunter2@db1")["database_url"].value == "***"


def test_lines_are_not_fooled_by_strings():
    text = 'a = """\n[b]\nc = 1\n"""\n"d.e" = 2\n[f]\n g.h = [\n  1,\n]\n[[i]]\nj = 1\n[i.k]\nl = 1\n[[i]]\nj = 2\n'
    assert key_lines(text) == {
        ("a",): 1,
        ("d.e",): 5,
        ("f",): 6,
        ("f", "g"): 7,
        ("f", "g", "h"): 7,
        ("i", 1): 10,
        ("i", 1, "j"): 11,
        ("i", 1, "k"): 12,
        ("i", 1, "k", "l"): 13,
        ("i", 2): 14,
        ("i", 2, "j"): 15,
    }
