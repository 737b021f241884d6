"""Story 9: tables of two collations; a migration could not make its foreign key and ended half-way (LP 2084562)."""

from stairlift.testing.clouds import a_cloud
from stories import checked, sections

CAUGHT_BY = ("database.collations",)

CLOUD = a_cloud(control=1, network=0, compute=1).placed("db1", "mariadb")


def server(*collations: str) -> dict[str, str]:
    return {"db1": sections(version="10.11.6-MariaDB", collations=[f"{row}\t12" for row in collations], columns=[])}


def test_a_schema_of_two_collations_refuses():
    answers = server("nova\tutf8mb3_general_ci", "nova\tutf8mb3_uca1400_ai_ci", "glance\tutf8mb3_general_ci")
    result = checked("database.collations", CLOUD, answers, to="2026.1")
    assert result.state == "failed"
    (found,) = result.findings
    assert (found.subject, found.severity) == ("nova", "error")
    assert "utf8mb3_uca1400_ai_ci" in found.message
    assert "CONVERT TO CHARACTER SET" in found.resolution


def test_schemas_that_differ_from_each_other_only_are_well():
    answers = server("nova\tutf8mb3_general_ci", "glance\tutf8mb4_general_ci")
    assert checked("database.collations", CLOUD, answers, to="2026.1").state == "passed"


def test_a_database_that_tells_nothing_is_not_taken_for_a_healthy_one():
    answers = {"db1": "@none no client of the database lets this user in\n"}
    assert checked("database.collations", CLOUD, answers, to="2026.1").state == "unknown"
