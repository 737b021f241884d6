"""Plans on disk: whole or not at all, and read back only as they were written."""

import json
import os
import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planning import planned
from stairlift.model.errors import Refusal, StairliftError, UsageError
from stairlift.model.finding import Finding
from stairlift.testing.clouds import a_cloud
from stairlift.wiring.files import plan_document, read_plan, write_plan

PLAN = planned(a_cloud())


@pytest.fixture
def file(tmp_path):
    write_plan(PLAN, tmp_path / "plan.json")
    return tmp_path / "plan.json"


def rewritten(file, **changes):
    document = json.loads(file.read_text()) | changes
    file.write_text(json.dumps(document))
    return file


class TestWriting:
    def test_what_is_read_is_what_was_written(self, file):
        assert read_plan(file) == PLAN

    def test_a_file_that_is_there_is_replaced(self, file):
        other = planned(a_cloud(compute=3))
        write_plan(other, file)
        assert read_plan(file) == other

    def test_others_may_read_it_as_the_umask_says(self, file):
        before = os.umask(0o022)
        try:
            write_plan(PLAN, file)
        finally:
            os.umask(before)
        assert stat.S_IMODE(file.stat().st_mode) == 0o644

    def test_a_link_stays_a_link(self, file, tmp_path):
        (tmp_path / "latest.json").symlink_to(file)
        write_plan(PLAN, tmp_path / "latest.json")
        assert (tmp_path / "latest.json").is_symlink()

    def test_a_pipe_is_written_to_and_stays_a_pipe(self, tmp_path):
        """As root, a device that is replaced by a file (/dev/null) would break the machine."""
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        heard = []
        reader = threading.Thread(target=lambda: heard.append(pipe.read_text()))
        reader.start()
        write_plan(PLAN, pipe)
        reader.join(10)
        assert json.loads(heard[0])["hash"] == PLAN.hash
        assert pipe.is_fifo()

    def test_nothing_is_left_behind(self, file, tmp_path):
        assert list(tmp_path.iterdir()) == [file]
        with pytest.raises(UsageError):
            write_plan(PLAN, tmp_path)
        assert list(tmp_path.iterdir()) == [file]

    @pytest.mark.parametrize("where", ["no/such/folder/plan.json", ".", "plan.json/below", "x" * 300])
    def test_a_name_that_cannot_be_written_is_a_wrong_name(self, file, where):
        with pytest.raises(UsageError) as wrong:
            write_plan(PLAN, file.parent / where)
        assert (wrong.value.code, wrong.value.exit_code) == ("plan.unwritable", 2)
        assert str(file.parent) in wrong.value.brief

    def test_a_full_device_is_no_wrong_name(self):
        with pytest.raises(StairliftError, match="No space left") as wrong:
            write_plan(PLAN, Path("/dev/full"))
        assert wrong.value.exit_code == 1


class TestReading:
    def test_spaces_and_order_are_nothing(self, file):
        document = json.loads(file.read_text())
        file.write_text(json.dumps(dict(sorted(document.items())), separators=(",", ":")))
        assert read_plan(file) == PLAN

    @pytest.mark.parametrize(
        "changes",
        [
            {"on_failure": "pause"},
            {"windows": {"plane:control": 9, "plane:resource": 9, "role:network": 9}},
            {"hash": "sha256:0"},
            {"steps": []},
            {"cloud": "prod"},
            {"waivers": ["record.stale"]},
        ],
    )
    def test_a_decision_that_was_changed_by_hand_is_noticed(self, file, changes):
        with pytest.raises(Refusal) as refused:
            read_plan(rewritten(file, **changes))
        assert (refused.value.code, refused.value.exit_code) == ("plan.edited", 4)

    def test_an_error_that_was_deleted_by_hand_is_noticed(self, tmp_path):
        """The hash does not cover findings, and without its error this plan would no longer be refused."""
        bad = replace(PLAN, findings=(Finding("binary.gone", "error", "x", "m", "r"),))
        (tmp_path / "plan.json").write_text(json.dumps(plan_document(bad)))
        assert read_plan(tmp_path / "plan.json") == bad
        with pytest.raises(Refusal, match="changed after it was made"):
            read_plan(rewritten(tmp_path / "plan.json", findings=[]))

    def test_a_plan_without_a_checksum_is_not_as_it_was(self, file):
        document = json.loads(file.read_text())
        del document["checksum"]
        file.write_text(json.dumps(document))
        with pytest.raises(Refusal):
            read_plan(file)

    @pytest.mark.parametrize("schema", ["stairlift.plan/2", "stairlift.cloud/1", None, 7])
    def test_another_schema_is_named(self, file, schema):
        with pytest.raises(UsageError) as wrong:
            read_plan(rewritten(file, schema=schema))
        assert str(file) in wrong.value.brief
        assert repr(schema) in wrong.value.details

    @pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"7", b"\xff\xfe", b"[" * 100_000, b'{"a": NaN}'])
    def test_what_is_no_plan(self, file, text):
        file.write_bytes(text)
        with pytest.raises(UsageError) as wrong:
            read_plan(file)
        assert (wrong.value.code, wrong.value.exit_code) == ("plan.unreadable", 2)
        assert str(file) in wrong.value.brief

    def test_a_torn_file(self, file):
        file.write_bytes(file.read_bytes()[:2000])
        with pytest.raises(UsageError) as wrong:
            read_plan(file)
        assert "is not JSON" in wrong.value.details

    def test_a_file_without_end(self):
        with pytest.raises(UsageError) as wrong:
            read_plan(Path("/dev/zero"))
        assert "larger than any plan" in wrong.value.details

    def test_what_was_printed_where_there_was_no_plan(self, file):
        with pytest.raises(Refusal) as refused:
            read_plan(rewritten(file, hash=None))
        assert refused.value.code == "plan.refused"

    @pytest.mark.parametrize("where", ["nothing.json", ".", "plan.json/below"])
    def test_a_file_that_is_not_there(self, file, where):
        with pytest.raises(UsageError) as wrong:
            read_plan(file.parent / where)
        assert (wrong.value.code, wrong.value.exit_code) == ("plan.missing", 2)

    @settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_whatever_is_changed_is_refused_or_said(self, file, data):
        """A value anywhere in the document becomes another one: never a traceback, never another plan."""
        write_plan(PLAN, file)
        document = json.loads(file.read_text())
        at, key = data.draw(st.sampled_from(list(_places(document))))
        strange = st.sampled_from([None, 7, -1, "", "x", [], {}, [None], {"a": 1}, True, 1e300, [["a"]]])
        at[key] = data.draw(strange.filter(lambda value: value != at[key] or type(value) is not type(at[key])))
        file.write_text(json.dumps(document))
        with pytest.raises(StairliftError) as told:
            read_plan(file)
        assert told.value.exit_code in (2, 4)


def _places(value):
    """Every container with each of its keys."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(items):
        yield value, key
        yield from _places(inner)
