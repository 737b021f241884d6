"""flags > STAIRLIFT_* and OS_* > ./stairlift.toml > XDG > /etc, and errors that name the file and the key."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stairlift.model.errors import UsageError
from stairlift.model.plan import Queue
from stairlift.model.policy import Share
from stairlift.wiring.config.settings import Settings, read_settings
from stairlift.wiring.look import Where


class Machine:
    """The places that settings are looked for in."""

    def __init__(self, root: Path) -> None:
        self.cwd = root / "work"
        self.home = root / "home"
        self.system = root / "etc"
        for folder in (self.cwd, self.home / ".config" / "stairlift", self.system):
            folder.mkdir(parents=True)

    def read(self, **environ: str) -> Settings:
        return read_settings({"HOME": str(self.home)} | environ, self.cwd, self.system)

    def here(self, text: str) -> Path:
        return _written(self.cwd, text)

    def of_the_user(self, text: str) -> Path:
        return _written(self.home / ".config" / "stairlift", text)

    def of_the_machine(self, text: str) -> Path:
        return _written(self.system, text)


def _written(folder: Path, text: str) -> Path:
    file = folder / "stairlift.toml"
    file.write_text(text)
    return file


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path)


def canary(number: int) -> str:
    return f"[policy]\ncanary = {number}\n"


class TestPrecedence:
    def test_without_any_file_the_defaults_hold(self, machine):
        found = machine.read()
        assert (found.policy.canary, found.strategies, found.inventories, found.files) == (1, (), (), ())
        assert found.state_dir == machine.home / ".local" / "state" / "stairlift"
        assert found.database_url == f"sqlite:///{found.state_dir}/stairlift.sqlite"

    def test_the_nearest_file_counts(self, machine):
        machine.of_the_machine(canary(4))
        assert machine.read().policy.canary == 4
        machine.of_the_user(canary(3))
        assert machine.read().policy.canary == 3
        machine.here(canary(2))
        assert machine.read().policy.canary == 2

    def test_a_file_that_is_named_comes_before_all(self, machine, tmp_path):
        machine.here(canary(2))
        (tmp_path / "other.toml").write_text(canary(5))
        assert machine.read(STAIRLIFT_CONFIG="../other.toml").policy.canary == 5

    def test_each_table_is_taken_whole_from_the_nearest_file_that_has_it(self, machine):
        machine.of_the_user("[policy]\ncanary = 3\norder = 'service'\n[aliases]\n'a.example' = 'a'\n")
        machine.here(canary(2))
        found = machine.read()
        assert (found.policy.canary, found.policy.order) == (2, None)
        assert found.aliases == {"a.example": "a"}

    def test_xdg_folders_are_where_xdg_says(self, machine, tmp_path):
        (tmp_path / "x" / "stairlift").mkdir(parents=True)
        (tmp_path / "x" / "stairlift" / "stairlift.toml").write_text(canary(6))
        found = machine.read(XDG_CONFIG_HOME=str(tmp_path / "x"), XDG_STATE_HOME=str(tmp_path / "s"))
        assert found.policy.canary == 6
        assert found.state_dir == tmp_path / "s" / "stairlift"

    def test_sources_flag_environment_file(self, machine):
        machine.here('[sources]\ninventory = ["nova"]\n')
        assert Where.by(machine.read()).specs == ("nova",)
        outdone = machine.read(STAIRLIFT_INVENTORY="neutron, cinder")
        assert Where.by(outdone).specs == ("neutron", "cinder")
        assert Where.by(outdone, ["openstack"]).specs == ("openstack",)

    def test_without_a_word_every_api_is_asked(self, machine):
        assert Where.by(machine.read()).specs == ("openstack",)

    def test_cloud_flag_environment_file(self, machine):
        machine.here('[sources]\nos_cloud = "from-file"\n')
        assert Where.by(machine.read()).os_cloud == "from-file"
        outdone = machine.read(OS_CLOUD="from-environment")
        assert Where.by(outdone).os_cloud == "from-environment"
        assert Where.by(outdone, (), "from-flag").os_cloud == "from-flag"

    def test_who_sourced_an_openrc_file_means_that_cloud(self, machine):
        machine.here('[sources]\nos_cloud = "from-file"\n')
        assert machine.read(OS_AUTH_URL="https://cloud.example/identity").os_cloud is None

    def test_a_relative_state_directory_is_below_the_current_folder(self, machine):
        found = machine.read(STAIRLIFT_STATE_DIR="state")
        assert found.state_dir == machine.cwd / "state"
        assert found.database_url == f"sqlite:///{machine.cwd}/state/stairlift.sqlite"

    def test_a_journal_elsewhere(self, machine):
        url = "postgresql+psycopg://stairlift@db/stairlift"
        assert machine.read(STAIRLIFT_DATABASE_URL=url).database_url == url

    def test_without_a_home_that_of_the_account_counts(self, machine):
        found = read_settings({}, machine.cwd, machine.system)
        assert found.state_dir.is_relative_to(Path("~").expanduser())


class TestStrategies:
    def test_in_order_with_their_options_and_their_folder(self, machine):
        file = machine.here(
            '[[strategy]]\nmatch = { project = "nova", host = ["a*", "b*"] }\nuse = "command"\nargv = ["./step"]\n'
            '[[strategy]]\nuse = "ansible"\n'
        )
        one, two = machine.read().strategies
        assert (one.use, dict(one.match)) == ("command", {"host": ("a*", "b*"), "project": ("nova",)})
        assert one.options == {"argv": ["./step"], "folder": str(machine.cwd)}
        assert (two.use, two.match) == ("ansible", {})
        assert one.place == f"{file}:1: [[strategy]] number 1"

    @pytest.mark.parametrize(
        ("text", "found"), [('"12m"', (720, 720)), ("90", (90, 90)), ('["12m", "1h"]', (720, 3600))]
    )
    def test_how_long_they_say_it_takes_is_no_option_of_the_strategy(self, machine, text, found):
        machine.here(f'[[strategy]]\nuse = "command"\ntakes = {text}\nargv = ["./step"]\n')
        [one] = machine.read().strategies
        assert (one.takes, "takes" in one.options) == (found, False)

    def test_how_hosts_are_reached_is_told_once_and_its_paths_are_beside_the_file(self, machine):
        file = machine.of_the_user(
            '[sources]\nssh = { user = "ops", port = 2222, key = "id", become = ["sudo", "-n"] }\n'
        )
        found = machine.read().ssh
        assert (found.user, found.port, found.become) == ("ops", 2222, ("sudo", "-n"))
        assert found.key == str(file.parent / "id")
        assert Where.by(machine.read()).ssh == found

    def test_addresses_of_sources_are_no_paths(self, machine):
        machine.of_the_user('[sources]\ninventory = ["haproxy:ssh://lb1/run/x", "haproxy:https://lb1/;csv"]\n')
        assert machine.read().inventories == ("haproxy:ssh://lb1/run/x", "haproxy:https://lb1/;csv")

    def test_paths_of_sources_are_beside_the_file(self, machine):
        machine.of_the_user('[sources]\ninventory = ["ansible:hosts.ini", "ansible:/abs", "ansible:h1,h2,", "nova"]\n')
        folder = machine.home / ".config" / "stairlift"
        assert machine.read().inventories == (f"ansible:{folder}/hosts.ini", "ansible:/abs", "ansible:h1,h2,", "nova")


class TestPolicy:
    def test_shares_are_numbers_or_percentages(self, machine):
        machine.here('[policy]\nmax_unavailable = { resource = "10%", control = 2 }\nfailure_budget = 3\n')
        policy = machine.read().policy
        assert policy.max_unavailable == {"resource": Share(10, percent=True), "control": Share(2)}
        assert policy.failure_budget == {"control": Share(3), "resource": Share(3)}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[policy\n", "line 1"),
        ("[policy]\n\ncanary = = 1\n", "line 3"),
        ("[policy]\ncanary = 'x'\n", "canary is a whole number, not 'x'"),
        ("[policy]\ncanary = true\n", "canary is a whole number, not True"),
        ("[policy]\ncanary = -1\n", "canary"),
        ("[policy]\ncanari = 1\n", "[policy]: there is no 'canari'; did you mean canary?"),
        ("[policy]\norder = 'rack'\n", "order is node or service, not 'rack'"),
        ("[policy]\nmax_unavailable = { compute = '110%' }\n", "max_unavailable.compute is a number of hosts"),
        ("[policy]\nfailure_budget = 1.5\n", "failure_budget.control"),
        ("policy = 3\n", "a policy is a table"),
        ("[polciy]\n", "there is no 'polciy'; did you mean policy?"),
        ("[zzz]\n", "the tables are aliases, "),
        ("[strategy]\nuse = 'command'\n", "[[strategy]], in double brackets"),
        ("strategy = [1]\n", "[[strategy]], in double brackets"),
        ("[[strategy]]\nargv = ['x']\n", "number 1: needs use"),
        ("[[strategy]]\nuse = 'command'\n[[strategy]]\nuse = 3\n", "number 2: needs use"),
        (
            "[[strategy]]\nuse = 'command'\nmatch = { projekt = 'x' }\n",
            "match: there is no 'projekt'; did you mean pro",
        ),
        ("[[strategy]]\nuse = 'command'\nmatch = 'nova'\n", "match is a table"),
        *(
            (f"[[strategy]]\nuse = 'command'\ntakes = {takes}\n", "takes is a")
            for takes in ("0", "[]", "'soon'", "['2h', '1h']", "[1, 2, 3]")
        ),
        ("[[strategy]]\nuse = 'command'\nmatch = { host = [] }\n", "match.host is a text or a list"),
        ("[[strategy]]\nuse = 'command'\nmatch = { host = [1] }\n", "match.host is a text or a list"),
        ("[hop]\nto = '2026.1'\n", "[[hop]], in double brackets"),
        ("[[hop]]\ncommand = ['x']\n", "[[hop]] number 1: needs to"),
        ("[[hop]]\nto = '2026.1'\n[[hop]]\nto = 2026\n", "[[hop]] number 2: needs to"),
        ("[[hop]]\nto = 'zappa'\n", "[[hop]] number 1: "),
        ("[[hop]]\nto = '2026.1'\n[[hop]]\nto = 'gazpacho'\n", "number 2: there is another [[hop]] to 2026.1"),
        ("[[hop]]\nto = '2026.1'\nfolder = '/'\n", "there is no 'folder'"),
        ("[queue]\nname = 'az1'\n", "[[queue]], in double brackets"),
        ("[[queue]]\nmatch = {}\n", "[[queue]] number 1: needs name"),
        ("[[queue]]\nname = 'a b'\nmatch = {}\n", "number 1: needs name"),
        ("[[queue]]\nname = 'a'\n", "number 1: needs match"),
        ("[[queue]]\nname = 'a'\nmatch = {}\nhosts = 3\n", "there is no 'hosts'"),
        ("[[queue]]\nname = 'a'\nmatch = { zon = 'x' }\n", "match: there is no 'zon'; did you mean zone?"),
        ("[[strategy]]\nuse = 'command'\nmatch = { zone = 'x' }\n", "match: there is no 'zone'"),
        ("[aliases]\na = 1\n", "[aliases] maps"),
        ("[sources]\ninventory = 'nova'\n", "inventory is a list of texts"),
        ("[sources]\nssh = { usr = 'x' }\n", "[sources]: ssh has no key 'usr'"),
        ("[sources]\nssh = { port = 0 }\n", "ssh port must be a number"),
        ("[sources]\nssh = 'x'\n", "ssh must be a table"),
        ("[sources]\nssh = { options = ['-o', 'password=x1'] }\n", "looks like a secret"),
        ("[sources]\nos_cloud = 3\n", "os_cloud is the name of a cloud"),
        ("[sources]\nos_clout = 'x'\n", "there is no 'os_clout'; did you mean os_cloud?"),
        ("sources = 'x'\n", "[sources]: is a table"),
        ("lease_ttl = 1.9\n", "at least 2"),
        ("lease_ttl = true\n", "number of seconds"),
        ("lease_ttl = [30]\n", "number of seconds"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_key(machine, text, told):
    file = machine.here(text)
    with pytest.raises(UsageError) as wrong:
        machine.read()
    assert wrong.value.exit_code == 2
    assert wrong.value.brief.startswith(str(file))
    assert told in wrong.value.brief


def test_hops_are_kept_by_release_with_the_folder_of_their_file(machine):
    file = machine.here("[[hop]]\nto = 'gazpacho'\ncommand = ['k']\nown = 1\n[[hop]]\nto = '2026.2'\n")
    machine.of_the_user("[[hop]]\nto = '2027.1'\n")
    folder = str(file.parent)
    assert machine.read().hops == {
        "2026.1": {"folder": folder, "command": ["k"], "own": 1},
        "2026.2": {"folder": folder},
    }


def test_a_file_that_is_not_utf8_is_told_with_its_line(machine):
    (machine.cwd / "stairlift.toml").write_bytes(b"[policy]\n# na\xefve\n")
    with pytest.raises(UsageError, match="line 2 is not UTF-8"):
        machine.read()


def test_a_file_in_a_farther_place_is_checked_all_the_same(machine):
    machine.here(canary(2))
    file = machine.of_the_user("[policy\n")
    with pytest.raises(UsageError, match=str(file)):
        machine.read()


def test_a_named_file_that_is_not_there(machine):
    with pytest.raises(UsageError, match=r"STAIRLIFT_CONFIG names nothing\.toml"):
        machine.read(STAIRLIFT_CONFIG="nothing.toml")


def test_how_long_a_lease_lasts(machine):
    assert machine.read().lease_ttl == 30
    machine.here("lease_ttl = 10\n")
    assert machine.read().lease_ttl == 10
    assert machine.read(STAIRLIFT_LEASE_TTL="2.5").lease_ttl == 2.5
    for wrong in ("soon", "1", "nan", "inf"):
        with pytest.raises(UsageError, match="STAIRLIFT_LEASE_TTL"):
            machine.read(STAIRLIFT_LEASE_TTL=wrong)


def test_a_state_directory_that_a_database_url_cannot_name(machine):
    with pytest.raises(UsageError, match="question mark"):
        machine.read(STAIRLIFT_STATE_DIR="what?")


@contextmanager
def as_nobody(file: Path) -> Iterator[None]:
    """Somebody who may not read this file; root may read everything, so it becomes another user for a while."""
    file.chmod(0)
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_file_that_may_not_be_read_is_not_passed_over(machine):
    with as_nobody(machine.here(canary(2))), pytest.raises(UsageError, match="Permission denied") as wrong:
        machine.read()
    assert str(machine.cwd) in wrong.value.brief


def test_a_folder_where_a_file_should_be(machine, tmp_path):
    (machine.cwd / "stairlift.toml").mkdir()
    assert machine.read().files == ()
    with pytest.raises(UsageError, match="which is no file"):
        machine.read(STAIRLIFT_CONFIG=str(tmp_path))


def test_queues_are_asked_in_the_order_of_their_tables(machine):
    machine.here("[[queue]]\nname = 'az1'\nmatch = { zone = ['az1', 'az9'] }\n[[queue]]\nname = 'rest'\nmatch = {}\n")
    assert machine.read().queues == (Queue("az1", {"zone": ("az1", "az9")}), Queue("rest", {}))
