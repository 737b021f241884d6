"""Database steps, pins, cold projects, exit codes."""

import pytest

from stairlift.knowledge import procedures
from stairlift.knowledge.binaries import all_binaries, binary
from stairlift.knowledge.document import Entry
from stairlift.knowledge.procedures import all_procedures, meaning_of, procedure
from stairlift.model.errors import StairliftError
from stairlift.model.release import Release

words = str.split

PROJECTS = {one.project for one in all_binaries()}


def test_nova():
    nova = procedure("nova")
    assert nova.owner[0] == "nova-conductor"
    assert nova.db_expand.commands[:2] == ("nova-manage api_db sync", "nova-manage db sync")
    assert nova.db_migrate.commands[0] == "nova-manage db online_data_migrations --max-count 10000"
    assert nova.db_contract is None
    assert nova.unpin == ("nova-conductor", "nova-scheduler", "nova-api")
    assert nova.check_after == "db-expand"
    assert not nova.cold


def test_keystone_and_glance_contract_and_nova_does_not():
    assert {p.project for p in all_procedures() if p.db_contract} == {"keystone", "glance", "neutron"}


def test_online_migrations():
    assert {p.project for p in all_procedures() if p.db_migrate} == {"nova", "placement", "cinder", "ironic"}


def test_every_online_migration_goes_in_batches_and_says_when_there_is_more():
    commands = [c for p in all_procedures() if p.db_migrate for c in p.db_migrate.commands]
    assert len(commands) == 5
    assert all(meaning_of(c, 1)[0] == "again" for c in commands)
    assert all(("--max_count" if c.startswith("cinder-") else "--max-count") + " 10000" in c for c in commands)


@pytest.mark.parametrize(
    ("project", "action", "stage", "accepts"),
    [
        ("keystone", "db-expand", "control", (0, 4)),
        ("keystone", "db-contract", "finish", (0,)),
        ("glance", "db-expand", "control", (0, 5)),
        ("glance", "db-contract", "finish", (0,)),
        ("neutron", "db-expand", "control", (0,)),
        ("neutron", "db-contract", "control", (0,)),
        ("nova", "db-expand", "control", (0,)),
    ],
)
def test_gates_behind_database_steps(project, action, stage, accepts):
    """A phase that is still to come is no failure before its time, and one afterwards."""
    assert procedure(project).database_step(action, stage).gate.accepts == accepts


def test_nova_takes_its_time_to_stop_from_2026_1_on():
    nova = procedure("nova")
    assert nova.wait_to_stop("nova-scheduler", Release(2025, 2)) == 0
    assert nova.wait_to_stop("nova-scheduler", Release(2026, 1)) == 160
    assert nova.wait_to_stop("nova-compute", Release(2026, 2)) == 160
    assert nova.wait_to_stop("nova-conductor", Release(2026, 1)) == 0


def test_what_each_project_tests():
    tested = {p.project for p in all_procedures() if p.skips == "tested"}
    assert {"nova", "neutron", "keystone", "glance", "placement", "swift", "octavia", "ironic"} < tested
    assert {p.project for p in all_procedures() if p.skips == "one-release"} == {
        *("barbican", "cinder", "manila", "heat", "ceilometer", "aodh", "cloudkitty", "zaqar")
    }


def test_what_is_unpinned_in_which_order():
    assert {p.project: p.unpin for p in all_procedures() if p.unpin} == {
        "nova": ("nova-conductor", "nova-scheduler", "nova-api"),
        "cinder": ("cinder-scheduler", "cinder-volume", "cinder-backup", "cinder-api"),
        "ironic": ("ironic-conductor", "ironic-api"),
    }


@pytest.mark.parametrize("project", words("keystone placement glance cinder ironic neutron nova"))
def test_these_roll(project):
    assert not procedure(project).cold


@pytest.mark.parametrize("project", words("manila barbican octavia heat designate"))
def test_these_stop_and_say_why(project):
    assert procedure(project).cold
    assert procedure(project).cold_reason


def test_octavia_stops_what_replaces_load_balancers_first():
    assert procedure("octavia").stop[:2] == ("octavia-housekeeping", "octavia-health-manager")


@pytest.mark.parametrize("project", ["horizon", "swift"])
def test_these_keep_no_schema(project):
    known = procedure(project)
    assert not known.has_database
    assert (known.db_expand, known.db_migrate, known.db_contract, known.owner) == (None, None, None, ())


def test_an_unknown_project_has_no_procedure():
    assert procedure("weather") is None


def test_every_procedure_is_about_components_of_its_own_project():
    for known in all_procedures():
        assert known.project in PROJECTS
        assert known.source
        for name in (*known.owner, *known.unpin, *known.stop):
            assert binary(name).project == known.project, name


def test_a_stop_order_names_every_control_service_that_the_newest_release_has():
    for known in all_procedures():
        if known.stop:
            control = {o.name for o in all_binaries() if o.project == known.project and o.plane == "control"}
            missing = {name for name in control - set(known.stop) if binary(name).last is None}
            assert not missing, known.project


def test_every_status_check_has_exit_codes():
    checks = {p.check for p in all_procedures() if p.check}
    unknown = {check for check in checks if procedures.exit_codes(check) is None}
    assert unknown == {
        "ironic-inspector-status upgrade check",
        "tacker-status upgrade check",
        "zun-status upgrade check",
    }


@pytest.mark.parametrize(
    ("command", "code", "meaning"),
    [
        ("nova-manage db online_data_migrations", 0, "ok"),
        ("nova-manage db online_data_migrations --max-count 1000", 1, "again"),
        ("nova-manage --config-file /etc/nova/cell1.conf db online_data_migrations", 1, "again"),
        ("nova-manage db online_data_migrations", 2, "stop"),
        ("nova-manage db online_data_migrations", 127, "stop"),
        ("cinder-manage db online_data_migrations --max_count 50", 1, "again"),
        ("nova-status upgrade check", 1, "warning"),
        ("nova-status upgrade check", 2, "stop"),
        ("nova-status upgrade check", 255, "stop"),
        ("keystone-manage db_sync --check", 4, "pending"),
        ("keystone-manage db_sync --check", 1, "stop"),
        ("keystone-manage db_sync --expand", 4, "stop"),
        ("keystone-manage doctor", 1, "warning"),
        ("glance-manage db check", 5, "pending"),
        ("neutron-db-manage has_offline_migrations", 1, "pending"),
        ("nova-manage db sync", 255, "stop"),
        ("nova-manage db purge", 3, "ok"),
        ("nova-manage db archive_deleted_rows", 1, "again"),
        ("ironic-dbsync upgrade", 2, "stop"),
        ("make-coffee", 0, "ok"),
        ("make-coffee", 1, "stop"),
        ("nova-manage db synchronise", 1, "stop"),
    ],
)
def test_what_exit_codes_mean(command, code, meaning):
    assert meaning_of(command, code)[0] == meaning


def test_a_meaning_comes_with_words():
    assert "run" in meaning_of("keystone-manage db_sync --check", 4)[1]
    assert meaning_of("nova-manage db sync", 200)[1] == "exit code 200"


def with_procedure(**content):
    return Entry({"sources": {"s": "t"}, "procedures": {"nova": {"source": "s", **content}}}, "procedures.yaml")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"db_expand": {"commands": ["x"]}}, "owner"),
        ({"owner": ["nova-api"], "db_expand": {"commands": []}}, "commands"),
        ({"owner": ["nova-api"], "db_expand": {"comands": ["x"]}}, "comands"),
        ({"owner": ["nova-printer"]}, "nova-printer"),
        ({"cold": True}, "why"),
        ({"cold_reason": "no"}, "why"),
        ({"unpin": ["nova-api"]}, "how"),
        ({"check": "x", "check_after": "lunch"}, "lunch"),
        ({"onwer": ["nova-api"]}, "onwer"),
        ({"owner": ["nova-api"], "db_expand": {"commands": ["x"], "gate": {"command": "y"}}}, "accepts"),
        ({"offline": {"commands": ["x"], "reason": "r", "until": "2016.2"}}, "what stops"),
        ({"offline": {"commands": ["x"], "reason": "r", "stop": ["nova-api"]}}, "until"),
        ({"skips": "often"}, "often"),
        (
            {"stopping": [{"services": ["nova-api"], "first": "2026.1", "seconds": 9, "within": 5, "source": "s"}]},
            "cuts",
        ),
        ({"source": "x"}, "source"),
    ],
)
def test_a_wrong_procedure_does_not_load(content, said):
    with pytest.raises(StairliftError, match=said) as refused:
        procedures.procedures_of(with_procedure(**content))
    assert refused.value.code == "knowledge.invalid"


@pytest.mark.parametrize(("codes", "said"), [({0: "fine: yes"}, "fine"), ({"zero": "ok: yes"}, "zero")])
def test_wrong_exit_codes_do_not_load(codes, said):
    content = {"sources": {"s": "t"}, "exit_codes": [{"command": "x", "codes": codes, "source": "s"}]}
    with pytest.raises(StairliftError, match=said):
        procedures.procedures_of(Entry(content, "p"))
