"""Story 10: a database server that was older than any that is tested could not run one of Cinder's migrations."""

from operating import small_cloud
from stairlift.testing.clouds import a_cloud
from stories import checked, sections, sentences

CAUGHT_BY = ("galera.health", "schemas grow before anything else")


def test_servers_of_several_versions_refuse():
    built = a_cloud(control=1, network=0, compute=1).placed("db1", "mariadb").placed("db2", "mariadb")
    well = ["wsrep_cluster_status\tPrimary", "wsrep_local_state_comment\tSynced", "wsrep_ready\tON"]
    seen = {"status": [*well, "wsrep_cluster_size\t2", "wsrep_flow_control_paused\t0"], "variables": "wsrep_on\tON"}
    answers = {
        "db1": sections(version="10.11.6-MariaDB", **seen),
        "db2": sections(version="10.3.39-MariaDB", **seen),
    }
    result = checked("galera.health", built, answers)
    assert result.state == "failed"
    assert "10.3.39-MariaDB: db2" in sentences(result)


def test_a_schema_step_that_fails_leaves_every_service_on_the_old_code(staged):
    cloud, desk = staged(small_cloud(computes=2, name="old-server"))
    cloud.fault("database", project="nova", step="expand", times=1)
    desk.plans()
    answer = desk.types("run", "plan.json", "--yes")
    assert answer.code == 5, answer.err
    assert "db-expand-nova" in answer.err
    states = desk.step_states()
    assert states.pop("2025.2-db-expand-nova") == "failed"
    assert set(states.values()) == {"pending"}
    programs = [p for host in cloud.state()["hosts"].values() for p in host["programs"].values()]
    assert {program["release"] for program in programs} == {"2025.1"}


def test_and_goes_on_where_it_stopped_once_the_server_is_repaired(staged):
    cloud, desk = staged(small_cloud(computes=1, name="repaired"))
    cloud.fault("database", project="nova", step="expand", times=1)
    desk.plans()
    assert desk.types("run", "plan.json", "--yes").code == 5
    run = desk.status()["run"]
    assert desk.types("retry", run, "2025.2-db-expand-nova", "--reason", "server upgraded").code == 0
    answer = desk.types("resume", run)
    assert answer.code == 0, answer.err
    assert set(desk.step_states().values()) == {"done"}
