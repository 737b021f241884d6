"""Story 8: Cinder's database was never purged since Stein, and the next migration failed on rows of long ago."""

from stairlift.testing.clouds import CloudBuilder
from stories import checked, ended, sections, sentences

CAUGHT_BY = ("migrations.pending", "database.rows")

CINDER = CloudBuilder().serving("identity", "volumev3").placed("ctl1", "cinder-api", "cinder-scheduler").storage("ctl1")
LEFT = "Error attempting to run <function volume_use_quota_online_data_migration at 0x7f1>\n1 rows matched query"


def test_rows_that_the_release_before_should_have_written_refuse():
    result = checked("migrations.pending", CINDER, {"": ended(2, LEFT)})
    assert result.state == "failed"
    assert "volume_use_quota_online_data_migration" in sentences(result)
    assert "cinder-manage db online_data_migrations" in sentences(result)


def test_a_database_that_is_at_its_end_passes():
    assert checked("migrations.pending", CINDER, {"": ended(0)}).state == "passed"


def test_a_command_that_could_not_run_is_not_taken_for_success():
    assert checked("migrations.pending", CINDER, {"": ended(255, "No module named cinder")}).state == "unknown"


def test_very_many_rows_that_are_only_marked_as_deleted_are_told():
    built = CINDER.placed("db1", "mariadb")
    result = checked(
        "database.rows", built, {"db1": sections(version="10.11.6-MariaDB", deleted="cinder.volumes\t1000001")}
    )
    (found,) = result.findings
    assert (found.subject, found.severity) == ("cinder.volumes", "warning")
    assert "purge" in found.resolution
