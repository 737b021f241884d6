"""The `[serve]` table: what it may say, and that nothing wrong in it is passed over."""

from pathlib import Path

import pytest

from stairlift.cli.commands.serve import with_flags
from stairlift.model.errors import UsageError
from stairlift.wiring.config.serve import ServeSettings
from stairlift.wiring.config.settings import read_settings


def read(folder: Path, table: str) -> ServeSettings:
    (folder / "stairlift.toml").write_text(f"[serve]\n{table}\n")
    return read_settings({"HOME": str(folder)}, folder, folder / "none").serve


def test_without_a_table_only_this_machine_reaches_it(tmp_path):
    found = read_settings({"HOME": str(tmp_path)}, tmp_path, tmp_path / "none").serve
    assert (found.host, found.port, found.tls_cert, found.four_eyes) == ("127.0.0.1", 8778, None, False)


def test_all_of_it_is_read(tmp_path):
    found = read(
        tmp_path,
        'host = "::"\nport = 443\ntls_cert = "tls/chain.pem"\ntls_key = "/etc/key.pem"\n'
        'trusted_proxies = ["10.0.0.0/24", "192.0.2.1"]\nfour_eyes = true\nsession_hours = 8',
    )
    assert found == ServeSettings(
        "::", 443, tmp_path / "tls/chain.pem", Path("/etc/key.pem"), ("10.0.0.0/24", "192.0.2.1"), True, 8.0
    )


def test_no_plan_is_taken_from_outside_unless_it_says_so(tmp_path):
    assert not ServeSettings().accept_plans
    assert read(tmp_path, "accept_plans = true").accept_plans


def test_paths_of_sources_for_others_are_beside_the_file(tmp_path):
    found = read(tmp_path, 'inventories = ["ansible:hosts.ini", "haproxy:http://lb1/", "ansible:a,b,"]')
    assert found.inventories == (f"ansible:{tmp_path}/hosts.ini", "haproxy:http://lb1/", "ansible:a,b,")


@pytest.mark.parametrize(
    "wrong",
    [
        "host = 1",
        'host = "a b"',
        "port = 70000",
        "port = true",
        'port = "8778"',
        "tls_cert = 1",
        'tls_key = "key.pem"',
        'trusted_proxies = "10.0.0.1"',
        'trusted_proxies = ["*"]',
        'trusted_proxies = ["10.0.0.1/24"]',
        'four_eyes = "yes"',
        "session_hours = 0",
        "session_hours = 9000",
        "accept_plans = 1",
        'inventories = "openstack"',
        "inventories = [1]",
        "prot = 1",
    ],
)
def test_what_is_wrong_is_refused_by_file_and_key(tmp_path, wrong):
    with pytest.raises(UsageError) as refused:
        read(tmp_path, wrong)
    assert refused.value.code == "config.invalid"
    assert str(tmp_path / "stairlift.toml") in refused.value.brief


def test_options_come_before_the_table():
    table = ServeSettings("::", 443, Path("a.pem"), Path("a.key"), ("10.0.0.1",), True)
    told = with_flags(table, {"port": 8443, "tls_cert": Path("b.pem"), "trusted_proxies": ["10.1.0.0/16"]})
    assert told == ServeSettings("::", 8443, Path("b.pem"), None, ("10.1.0.0/16",), True)
    for wrong in ({"host": "a b"}, {"trusted_proxies": ["anybody"]}):
        with pytest.raises(UsageError):
            with_flags(table, wrong)
    with pytest.raises(UsageError):
        with_flags(ServeSettings(), {"tls_key": Path("a.key")})
