from pathlib import Path

import pytest

from stairlift.model.errors import UsageError
from stairlift.strategy.ansible.options import read_options


def read(**options):
    return read_options("ansible", {"folder": "/etc/stairlift", "playbook": "upgrade.yml", **options})


def refused(**options):
    with pytest.raises(UsageError) as caught:
        read(**options)
    assert caught.value.code == "strategy.option"
    return caught.value


def test_a_playbook_is_all_that_must_be_given():
    options = read()
    assert options.command == ("ansible-playbook",)
    assert options.directory == Path("/etc/stairlift")
    assert (options.inventory, options.config, options.forks, options.check) == ((), None, None, False)
    assert "playbook is missing" in refused(playbook=None).brief


@pytest.mark.parametrize(
    ("command", "runs"),
    [
        (["./venv/bin/ansible-playbook"], ("/etc/stairlift/venv/bin/ansible-playbook",)),
        (["/opt/a/ansible-playbook", "-v"], ("/opt/a/ansible-playbook", "-v")),
        (["openstack-ansible"], ("openstack-ansible",)),
    ],
)
def test_the_operators_own_command_is_used(command, runs):
    assert read(command=command).command == runs


def test_paths_are_shown_as_written_where_ansible_starts_beside_them():
    assert read().shown("playbooks/nova.yml") == "playbooks/nova.yml"
    elsewhere = read(directory="../deploy")
    assert elsewhere.directory == Path("/etc/deploy")
    assert elsewhere.shown("playbooks/nova.yml") == "/etc/stairlift/playbooks/nova.yml"
    assert elsewhere.shown_playbook("openstack.osa.nova") == "openstack.osa.nova"


def test_a_home_folder_is_expanded_since_no_shell_will(monkeypatch):
    monkeypatch.setenv("HOME", "/home/op")
    assert read().shown("~/upgrade.yml") == "/home/op/upgrade.yml"
    assert read(config="~/ansible.cfg").config == Path("/home/op/ansible.cfg")


@pytest.mark.parametrize(
    "word",
    ["--limit", "--limit=all", "--lim", "-l", "-lall", "-bl", "-vvl", "--check", "-C", "-bCD", "--chec", "--limi=x"],
)
def test_whom_it_touches_and_whether_is_not_for_arguments_to_say(word):
    assert word in refused(args=[word, "x"]).brief


@pytest.mark.parametrize(
    "words",
    [["-e", "level=all"], ["-bvvv"], ["--list-tags"], ["-ulocal"], ["-Tl"], ["-i", "all"], ["--flush-cache"], ["--"]],
)
def test_other_arguments_are_passed_on(words):
    assert read(args=words).args == tuple(words)


@pytest.mark.parametrize(
    "extra_vars",
    [{"db_password": "hunter2"}, {"a": {"b": {"rabbit_PASSWD": "hunter2"}}}, {"api_token": "hunter2"}],
)
def test_a_secret_in_the_variables_is_refused_without_being_repeated(extra_vars):
    error = refused(extra_vars=extra_vars)
    assert "looks like a secret" in error.brief
    assert "ansible-vault" in error.resolution
    assert "hunter2" not in f"{error.brief}{error.details}{error.resolution}"


@pytest.mark.parametrize(
    "words",
    [
        ["-e", "db_password=hunter2"],
        ["-edb_password=hunter2"],
        ["-e", '{"db_password": "hunter2"}'],
        ["-e", "{db_password: x}"],
    ],
)
def test_a_secret_in_the_arguments_is_refused(words):
    assert "db_password" in refused(args=words).brief


@pytest.mark.parametrize(
    "words", [["--become-password-file=pw"], ["-e", "rotate_secrets=true"], ["-e", "token_days=3"]]
)
def test_what_only_speaks_of_secrets_is_passed_on(words):
    assert read(args=words).args == tuple(words)


def test_a_setting_about_secrets_is_none():
    variables = {"rotate_passwords": True, "token_days": 3}
    assert read(extra_vars=variables).extra_vars == variables


def test_what_the_step_says_is_not_for_variables_to_say():
    assert "stairlift_hosts" in refused(extra_vars={"stairlift_hosts": "all"}).brief


def test_vault_arguments_name_files_or_programs():
    sources = read(vault=["--vault-id", "dev@../pw", "--vault-password-file=pw.sh"]).vault
    assert [(s.flag, s.label, s.source) for s in sources] == [
        ("--vault-id", "dev", "../pw"),
        ("--vault-password-file", "", "pw.sh"),
    ]


@pytest.mark.parametrize(
    "vault",
    [["hunter2"], ["--vault-id"], ["--vault-id", "dev@prompt"], ["--vault-id", "prompt"], ["--ask-vault-pass"], ["-J"]],
)
def test_a_vault_that_asks_or_a_password_itself_is_refused(vault):
    assert "vault" in refused(vault=vault).brief


def test_hosts_go_by_their_name_in_the_inventory():
    assert read().inventory_name("cmp1.example.com") == "cmp1.example.com"
    assert read(limit="short").inventory_name("cmp1.example.com") == "cmp1"
    assert (
        read(names={"cmp1.example.com": "compute-1"}, limit="short").inventory_name("cmp1.example.com") == "compute-1"
    )
    assert "names" in refused(names={"cmp1": 1}).brief
    assert "limit" in refused(limit="all").brief
