"""Disks that are full, read-only or not ours: an error that names the place, and nothing lost."""

import json
import os
import subprocess
from contextlib import contextmanager, suppress

import pytest

from operating import COMMAND, until

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small file system")


@contextmanager
def small_disk(folder, size):
    """A file system of this size in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder):
    """Leave no room there."""
    with suppress(OSError), (folder / "ballast").open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 1024)


def refused(answer, place, code=1):
    assert answer.code == code, answer.err
    assert answer.out == ""
    assert answer.err.startswith("error: ")
    assert str(place) in answer.err
    assert len(answer.err.splitlines()) <= 4, answer.err
    return True


class TestStateDirectory:
    def test_relative_to_the_current_folder(self, operator):
        assert operator.types("list", STAIRLIFT_STATE_DIR="here/state").code == 0
        assert (operator.folder / "here" / "state" / "stairlift.sqlite").exists()

    def test_with_odd_characters(self, operator):
        operator.environ["STAIRLIFT_STATE_DIR"] = str(operator.folder / "ein Ordner #1 & 100%")
        operator.plans("--stage", "finish")
        assert operator.types("run", "plan.json", "--yes").code == 0
        assert operator.status()["state"] == "done"

    def test_a_file_in_its_place(self, operator):
        place = operator.write("state", "")
        for words in (("list",), ("status",), ("run", "plan.json", "--yes"), ("db", "upgrade")):
            if words[0] == "run":
                operator.plans()
            assert refused(operator.types(*words), place)

    @pytest.mark.parametrize("content", [b"not a database " * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
    def test_a_database_that_is_damaged(self, operator, content):
        (operator.folder / "state").mkdir()
        place = operator.folder / "state" / "stairlift.sqlite"
        place.write_bytes(content)
        assert refused(operator.types("list"), place)

    def test_a_database_without_its_tables_is_made_anew(self, operator):
        (operator.folder / "state").mkdir()
        (operator.folder / "state" / "stairlift.sqlite").write_bytes(b"")
        assert operator.types("list").code == 0

    @needs_root
    def test_read_only(self, operator):
        with small_disk(operator.folder / "state", "8m") as disk:
            operator.plans()
            assert operator.types_to_a_process("list").code == 0
            subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
            for words in (("run", "plan.json", "--yes"), ("retry", "x", "y")):
                assert operator.types(*words).code in (1, 2)
            answer = operator.types("run", "plan.json", "--yes")
            assert refused(answer, disk)

    @needs_root
    def test_full_before_the_run(self, operator):
        with small_disk(operator.folder / "state", "512k") as disk:
            operator.plans()
            fill(disk)
            assert refused(operator.types("run", "plan.json", "--yes"), disk)
            assert operator.calls == []

    @needs_root
    def test_full_on_the_way(self, operator):
        """The attempt goes on, the journal keeps what it has, and with some room the run is taken up."""
        operator.plans("--stage", "compute")
        with small_disk(operator.folder / "state", "4m") as disk:
            operator.write("slow", "cmp1")
            process = operator.begins("run", "plan.json", "--yes")
            until(lambda: operator.calls)
            fill(disk)
            (operator.folder / "slow").unlink()
            _, err = process.communicate(timeout=60)
            assert process.returncode == 1, err
            assert "[store.full]" in err
            assert "Traceback" not in err
            (disk / "ballast").unlink()
            assert operator.types("resume").code == 0
            assert operator.calls == [
                "upgrade nova-compute cmp1 2025.1 2025.2",
                "upgrade nova-compute cmp2 2025.1 2025.2",
            ]


class TestPlanFile:
    @needs_root
    def test_full(self, operator):
        with small_disk(operator.folder / "plans", "16k") as disk:
            fill(disk)
            words = ("plan", "--from", "2025.1", "--to", "2025.2", "--out", "plans/plan.json")
            assert refused(operator.types(*words), "plans/plan.json")
            assert [file.name for file in disk.iterdir()] == ["ballast"], "nothing half is left"

    @needs_root
    def test_an_older_plan_survives_a_full_disk(self, operator):
        with small_disk(operator.folder / "plans", "64k") as disk:
            words = ("plan", "--from", "2025.1", "--to", "2025.2", "--out", "plans/plan.json")
            assert operator.types(*words).code == 0
            before = (disk / "plan.json").read_text()
            fill(disk)
            assert operator.types(*words).code == 1
            assert (disk / "plan.json").read_text() == before

    def test_stdout_is_full(self, operator):
        script = f"{' '.join(COMMAND)} list -o json >/dev/full"
        done = subprocess.run(
            ["/bin/sh", "-c", script], cwd=operator.folder, env=operator.environment(), capture_output=True, check=False
        )
        assert done.returncode == 1
        assert b"No space left" in done.stderr
        assert b"Traceback" not in done.stderr

    @pytest.mark.parametrize("name", ["ein Plan.json", "-plan.json", "plän.json", "a\nb.json", "'q'.json", "$(x).json"])
    def test_odd_names(self, operator, name):
        made = operator.types("plan", "--from", "2025.1", "--to", "2025.2", "--stage", "finish", "--out", name)
        assert made.code == 0, made.err
        assert json.loads((operator.folder / name).read_text())["schema"] == "stairlift.plan/1"
        answer = operator.types("run", "--yes", "--", name)
        assert answer.code == 0, answer.err

    def test_a_name_that_is_not_utf8(self, operator):
        name = os.fsdecode(b"pl\xe4n.json")
        operator.plans("--stage", "finish")
        (operator.folder / "plan.json").rename(operator.folder / name)
        answer = operator.types_to_a_process("run", "--yes", name)
        assert answer.code == 0, answer.err
        missing = operator.types_to_a_process("run", "--yes", os.fsdecode(b"n\xf6.json"))
        assert (missing.code, "n\\xf6.json" in missing.err) == (2, True)
