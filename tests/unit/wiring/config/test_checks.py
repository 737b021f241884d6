"""The `[checks]` table, and the ways of strategies to hosts."""

import pytest

from stairlift.model.errors import UsageError
from stairlift.wiring.config.checks import read_checks, transports


def test_nothing_said_is_nothing_given():
    found = read_checks({}, "x")
    assert (found.programs.running, found.programs.target, found.backups, found.shells) == ((), (), None, "sources")


def test_a_command_with_the_release_in_it_is_that_of_the_target_too():
    found = read_checks({"command": ["/venvs/{release}/bin/{command}"]}, "x").programs
    assert found.running == found.target == ("/venvs/{release}/bin/{command}",)
    found = read_checks({"command": ["docker", "exec", "{container}", "{command}"]}, "x").programs
    assert found.target == ()


def test_how_long_a_program_may_take():
    assert read_checks({}, "x").programs.within == 220
    assert read_checks({"within": "30m"}, "x").programs.within == 1800


def test_backups_have_a_host_and_a_greatest_age():
    found = read_checks(
        {"backup": {"host": "db1", "paths": ["/b/*"], "newest": "2h", "restored": "by Ada"}}, "x"
    ).backups
    assert (found.host, found.paths, found.files, found.newest, found.restored) == (
        "db1",
        ("/b/*",),
        (),
        7200.0,
        "by Ada",
    )


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"command": ["nova-status"]}, "needs {command}"),
        ({"command": "x"}, "command is a list of texts"),
        ({"shells": "all"}, "shells is sources or strategies"),
        ({"backup": {"paths": []}}, "at least host"),
        ({"backup": {"host": "a", "where": "b"}}, "where"),
        ({"nonsense": 1}, "nonsense"),
        ({"within": 0}, "at least a second"),
        ({"within": "soon"}, "within is a number of seconds"),
        (1, "is a table"),
    ],
)
def test_what_is_wrong_is_said_with_its_key(table, told):
    with pytest.raises(UsageError) as wrong:
        read_checks(table, "stairlift.toml: [checks]")
    assert told in wrong.value.brief


def test_strategies_reach_hosts_by_their_inventory_or_by_ssh(tmp_path):
    entries = [
        ("ansible", {"inventory": "hosts.ini", "folder": str(tmp_path)}),
        ("kolla-ansible", {"inventory": "hosts.ini", "folder": str(tmp_path)}),
        ("command", {"argv": ["./x"], "folder": str(tmp_path)}),
        (
            "packages",
            {"ssh": {"user": "ada", "become": ["sudo", "-n"]}, "names": {"cmp1": "10.0.0.1"}, "folder": str(tmp_path)},
        ),
        ("packages", {"ssh": {"nonsense": 1}, "folder": str(tmp_path)}),
    ]
    by_inventory, by_ssh = transports(entries)
    assert by_inventory.inventory == str(tmp_path / "hosts.ini")
    assert by_ssh.target("cmp1").address == "10.0.0.1"
    assert by_ssh.target("cmp2").address == "cmp2"
    assert by_ssh.target("cmp2").options.user == "ada"
