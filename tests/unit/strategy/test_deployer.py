"""What strategies for deployers share: hops, records, commits, inventories."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from stairlift.model.errors import Refusal, UsageError
from stairlift.model.release import Release
from stairlift.strategy.deployer.git import commit_of
from stairlift.strategy.deployer.hops import DeployerHop, hop_of, read_hops
from stairlift.strategy.deployer.inventory import ask_groups
from stairlift.strategy.deployer.names import HostNames
from stairlift.strategy.deployer.record import Deployer, said_version
from stairlift.strategy.deployer.shell import Commands
from stairlift.strategy.options import OptionReader
from stairlift.testing.plans import a_step

TO = Release(2026, 1)


def read(folder, **table):
    hop = {"folder": str(folder), "command": ["bin/deploy"], **table}
    reader = OptionReader("mine", {"hops": {"2026.1": hop}})
    return read_hops("mine", reader, ("--limit", "-l"), lambda more, _: more.text("colour"))


def a_hop(folder, **table):
    return read(folder, **table)[TO]


def program(path, script):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


class TestHops:
    def test_paths_are_relative_to_the_file(self, tmp_path):
        hop = a_hop(tmp_path, inventory=["a", "/b"], config_dir="../etc", ansible_config="x.cfg", colour="red")
        assert hop.command == (f"{tmp_path}/bin/deploy",)
        assert hop.inventory == (tmp_path / "a", Path("/b"))
        assert hop.config_dir == tmp_path.parent / "etc"
        assert (hop.more, hop.directory) == ("red", tmp_path)

    def test_the_home_of_nobody_known_is_a_path_that_does_not_exist(self, tmp_path):
        assert a_hop(tmp_path, inventory="~no-such-user/x").inventory == (tmp_path / "~no-such-user" / "x",)

    def test_a_program_of_path_stays_one(self, tmp_path):
        hop = a_hop(tmp_path, command=["deploy"])
        assert (hop.command, hop.bin, hop.beside("ansible-playbook")) == (("deploy",), None, "ansible-playbook")
        assert a_hop(tmp_path).beside("ansible-playbook") == f"{tmp_path}/bin/ansible-playbook"

    @pytest.mark.parametrize(
        ("table", "said"),
        [
            ({"command": []}, "command"),
            ({"inventory": ["a", ""]}, "inventory must not be empty"),
            ({"size": 1}, "size"),
            ({"args": ["--limit", "x"]}, "must not hold --limit"),
            ({"args": ["--lim=x"]}, "must not hold --lim"),
            ({"args": ["-lx"]}, "must not hold -lx"),
            ({"args": ["-e", "db_password=x"]}, "secret"),
            ({"inventory": 3}, "inventory"),
        ],
    )
    def test_what_is_wrong_is_named_with_its_hop(self, tmp_path, table, said):
        with pytest.raises(UsageError, match=r"hop to 2026\.1") as wrong:
            read(tmp_path, **table)
        assert said in wrong.value.brief

    def test_a_step_without_a_hop_is_refused(self, tmp_path):
        hops = read(tmp_path)
        assert hop_of("mine", hops, a_step("s")).release == TO
        with pytest.raises(Refusal, match=r"2026\.2"):
            hop_of("mine", hops, replace(a_step("s"), target=Release(2026, 2)))


class TestNames:
    def test_the_inventorys_own_names(self):
        step = a_step("s", hosts=("cmp1.example.com", "cmp2.example.com"))
        assert HostNames("short", {"cmp2.example.com": "c-2"}).of(step) == ("cmp1", "c-2")

    @pytest.mark.parametrize("name", ["all", "a:b", "@x", "~x", "x*", "!x"])
    def test_none_of_them_is_a_pattern(self, name):
        with pytest.raises(Refusal):
            HostNames(names={"cmp1": name}).of(a_step("s", hosts=("cmp1",)))


class TestRecord:
    def deployer(self, version=said_version):
        return Deployer("mine", version, lambda hop: (hop.beside("ansible-playbook"),), lambda hop: [hop.config_dir])

    def test_what_is_missing_stands_in_no_other_plans_way(self, tmp_path):
        found = self.deployer().record({TO: a_hop(tmp_path, inventory="gone", config_dir="gone")})
        assert found.files == ()
        assert found.versions == {"mine for 2026.1": "absent", "ansible-core for 2026.1": "absent"}

    def test_a_password_file_of_the_vault_is_not_recorded(self, tmp_path):
        for name in ("hosts", "pw", "vars.yml"):
            (tmp_path / name).write_text("x")
        args = ["--vault-password-file=pw", "--vault-password-file", "pw", "-e", "@vars.yml"]
        hop = a_hop(tmp_path, inventory="hosts", config_dir="etc", args=args)
        assert self.deployer().record({TO: hop}).files == (f"{tmp_path}/hosts", f"{tmp_path}/vars.yml")

    def test_a_version_is_the_first_number_that_it_says(self, tmp_path):
        program(tmp_path / "bin/deploy", 'echo "deploy 22.2.1.dev5 (core 2.19.0)"')
        assert said_version(a_hop(tmp_path)) == "22.2.1.dev5"
        program(tmp_path / "bin/deploy", "echo 22.2.0; exit 1")
        assert said_version(a_hop(tmp_path)) is None

    def test_a_script_of_the_environment_finds_the_others(self, tmp_path):
        program(tmp_path / "bin/deploy", "helper")
        program(tmp_path / "bin/helper", "echo 1.2")
        assert said_version(a_hop(tmp_path)) == "1.2"


class TestCommits:
    @pytest.fixture
    def repository(self, tmp_path):
        (tmp_path / "inventory").mkdir()
        (tmp_path / "inventory" / "hosts").write_text("cmp1\n")
        self.git(tmp_path, "init", "-q")
        self.commit(tmp_path)
        return tmp_path

    def git(self, folder, *words):
        who = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
        return subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True).stdout

    def commit(self, folder):
        self.git(folder, "add", "-A")
        self.git(folder, "commit", "-qm", "x")

    def test_the_commit_that_touched_it(self, repository):
        commit = commit_of(repository / "inventory")
        assert commit == self.git(repository, "log", "-1", "--abbrev=12", "--format=%h").strip()
        (repository / "README").write_text("about something else")
        self.commit(repository)
        assert commit_of(repository / "inventory") == commit
        assert commit_of(repository / "inventory" / "hosts") == commit

    def test_what_was_not_committed_shows(self, repository):
        (repository / "inventory" / "hosts").write_text("cmp2\n")
        assert commit_of(repository / "inventory").endswith("+changes")

    def test_outside_of_git_there_is_none(self, tmp_path):
        assert commit_of(tmp_path / "gone") is None
        assert commit_of(tmp_path) is None


class TestInventories:
    def test_groups_are_asked_of_the_hops_own_ansible(self, tmp_path):
        """The real ansible-playbook, which the tests have."""
        (tmp_path / "hosts").write_text("[nova-api]\nctl1\n[compute]\ncmp[1:2]\n")
        groups = ask_groups(
            a_hop(tmp_path, inventory="hosts"), (str(Path(sys.executable).with_name("ansible-playbook")),)
        )
        assert groups.of("nova-api", "compute", "none") == ("ctl1", "cmp1", "cmp2")
        assert groups.holds("cmp1")
        assert not groups.holds("cmp3")

    def test_who_does_not_answer_is_an_error_that_names_the_entry(self, tmp_path):
        with pytest.raises(UsageError, match=r"stairlift\.toml") as wrong:
            ask_groups(a_hop(tmp_path), (f"{tmp_path}/none",))
        assert wrong.value.code == "deployer.inventory"


def test_what_is_pasted_is_what_runs(tmp_path):
    program(tmp_path / "bin/deploy", 'echo "$COLOUR $1" >>seen; [ "$1" != fail ]')
    hop: DeployerHop[str | None] = a_hop(tmp_path)
    commands = Commands(hop, (("deploy", "one two"), ("deploy", "fail"), ("deploy", "never")), {"COLOUR": "dark red"})
    done = subprocess.run(["sh", "-e", "-c", "\n".join(commands.runbook())], cwd="/", check=False)
    assert done.returncode != 0
    assert (tmp_path / "seen").read_text() == "dark red one two\ndark red fail\n"
