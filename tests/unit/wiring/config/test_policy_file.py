import pytest

from stairlift.model.errors import UsageError
from stairlift.model.policy import Migrations, Policy, Share
from stairlift.wiring.config.policy import read_policy, read_policy_file


@pytest.mark.parametrize("heading", ["", "[policy]\n"])
def test_with_or_without_the_heading_of_the_table(tmp_path, heading):
    (tmp_path / "careful.toml").write_text(f"{heading}canary = 2\nmax_unavailable = 3\n")
    assert read_policy_file(tmp_path / "careful.toml") == Policy(
        canary=2, max_unavailable={"control": Share(3), "resource": Share(3)}
    )


@pytest.mark.parametrize(
    ("text", "told"), [("canary = \n", "line 1"), ("bananas = 1\n", "'bananas'"), ("policy = 1\n", "is a table")]
)
def test_what_is_wrong_is_said_with_the_file(tmp_path, text, told):
    (tmp_path / "p.toml").write_text(text)
    with pytest.raises(UsageError, match=told) as wrong:
        read_policy_file(tmp_path / "p.toml")
    assert str(tmp_path / "p.toml") in wrong.value.brief


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="No such file") as wrong:
        read_policy_file(tmp_path / "p.toml")
    assert wrong.value.exit_code == 2


def test_which_of_ovns_procedures_is_followed():
    assert read_policy({"ovn_order": "pinned"}, "here").ovn_order == "pinned"
    with pytest.raises(UsageError, match="ovn_order is controller-first or pinned"):
        read_policy({"ovn_order": "central-first"}, "here")


def test_nothing_said_is_the_defaults():
    assert read_policy({}, "here") == Policy()


def test_what_stops_a_run_and_what_goes_on_by_itself():
    found = read_policy({"on_failure": "ask", "retries": 0, "retry_after": "2m", "stop_after": "network"}, "here")
    assert (found.on_failure, found.retries, found.retry_after, found.stop_after) == ("ask", 0, 120, "network")


def test_gates_stand_in_one_order_however_they_are_written():
    assert read_policy({"approve": ["batch", "start", "batch"]}, "here").approve == ("start", "batch")


@pytest.mark.parametrize(("length", "seconds"), [(90, 90), ("45s", 45), ("90m", 5400), ("2 h", 7200), ("1d", 86400)])
def test_a_deadline_alone_is_for_each_plane(length, seconds):
    assert read_policy({"deadline": length}, "here").deadline == {"control": seconds, "resource": seconds}


def test_a_table_of_deadlines_keeps_its_keys():
    assert read_policy({"deadline": {"az1": "1h", "db-expand": 60}}, "here").deadline == {"az1": 3600, "db-expand": 60}


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"on_failure": "panic"}, "on_failure is stop or pause or ask"),
        ({"on_failure": ["stop"]}, "on_failure is"),
        ({"approve": "start"}, "approve is a list of start, canary, batch"),
        ({"approve": ["one-way"]}, "approve is a list"),
        ({"approve": [["start"]]}, "approve is a list"),
        ({"approve": ["canary"], "canary": 0}, "canary = 0"),
        ({"deadline": "2 weeks"}, "deadline.control is a number of seconds"),
        ({"deadline": {"compute": 0}}, "deadline.compute is 0"),
        ({"deadline": -1}, "deadline.control"),
        ({"deadline": "366d"}, "deadline.control is more than 365 days"),
        ({"retry_after": 86400 * 366}, "retry_after is more than 365 days"),
        ({"deadline": 1.5}, "deadline.control"),
        ({"retries": True}, "retries is a whole number"),
        ({"retry_after": "soon"}, "retry_after is a number of seconds"),
        ({"stop_after": "lunch"}, "stop_after is prepare or infra"),
    ],
)
def test_what_is_wrong_is_said_with_the_key(table, told):
    with pytest.raises(UsageError, match=told) as wrong:
        read_policy(table, "/etc/stairlift/stairlift.toml: [policy]")
    assert wrong.value.code == "config.invalid"
    assert wrong.value.brief.startswith("/etc/stairlift/stairlift.toml: [policy]: ")


class TestFences:
    def test_a_drain_brings_the_cordon_with_it(self):
        assert read_policy({"drain": "cold"}, "p").cordon is True
        assert read_policy({}, "p").cordon is False
        assert read_policy({"cordon": True}, "p").drain == "never"

    def test_how_many_servers_move_at_a_time(self):
        assert read_policy({"migrations": {"cloud": 9}}, "p").migrations == Migrations(host=1, cloud=9)

    @pytest.mark.parametrize(
        ("table", "why"),
        [
            ({"cordon": "yes"}, "cordon is true or false"),
            ({"drain": "evacuate"}, "drain is never or live-migrate or cold or wait-empty"),
            ({"drain": "cold", "cordon": False}, "cordon = false goes with no drain"),
            ({"migrations": 3}, "migrations is"),
            ({"migrations": {"host": 0}}, "migrations of 0"),
            ({"migrations": {"hosts": 1}}, "hosts"),
        ],
    )
    def test_what_makes_no_sense_is_named(self, table, why):
        with pytest.raises(UsageError, match=why):
            read_policy(table, "p")
