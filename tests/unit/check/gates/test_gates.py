"""What is seen behind a step: how much its services log, and the code that they run."""

import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from stairlift.check.gates.logs import Window, judge_logs, logs_script
from stairlift.check.gates.processes import judge_processes
from stairlift.knowledge.releases import parse_series
from stairlift.model.errors import Trouble
from stairlift.model.observation import HostRecord, ProcessRecord

NOW = datetime.now(UTC).replace(microsecond=0)
WINDOW = Window(NOW - timedelta(seconds=120), NOW - timedelta(seconds=60), NOW)
NEW = parse_series("2026.1")


def counted(before, after, words=""):
    return f"log\tnova-compute\t/var/log/x\t{before}\t{after}\t{words}\n@end\n"


def test_as_much_as_before_is_no_trouble():
    assert judge_logs("cmp1", ["nova-compute"], counted(200, 20), WINDOW) == ([], [])


def test_much_more_than_before_is():
    missing, unknown = judge_logs("cmp1", ["nova-compute"], counted(0, 11), WINDOW)
    assert missing == ["nova-compute on cmp1 logs 11 errors in 30 s, more than the 10 of before"]
    assert unknown == []


def test_a_word_that_means_a_mixed_cloud_is_enough_by_itself():
    missing, _ = judge_logs("cmp1", ["nova-compute"], counted(0, 0, "RPCVersionCapError,UnsupportedVersion"), WINDOW)
    assert missing == ["nova-compute on cmp1 logs RPCVersionCapError, UnsupportedVersion"]


def test_a_log_that_nobody_finds_keeps_nobody_waiting():
    assert judge_logs("cmp1", ["nova-compute"], "@end\n", WINDOW) == (
        [],
        ["logs of nova-compute on cmp1: none was found"],
    )
    assert judge_logs("cmp1", ["nova-compute"], "log\tno", WINDOW)[1] == ["logs on cmp1: the answer is cut off"]


@pytest.fixture
def log(tmp_path):
    """A log as oslo.log writes it, in local time."""

    def write(*lines):
        file = tmp_path / "nova-compute.log"
        file.write_text("".join(f"{at.astimezone():%Y-%m-%d %H:%M:%S}.123 7 {text}\n" for at, text in lines))
        script = logs_script(["nova-compute"], WINDOW).replace('"/var/log/$1.log"', f'"{tmp_path}/$1.log"')
        done = subprocess.run(["sh", "-s"], input=script, text=True, capture_output=True, timeout=30, check=True)
        return done.stdout

    return write


def test_the_script_counts_by_time(log):
    """Before the work, and lately; a line of a traceback is no error of its own."""
    trouble = "ERROR nova.compute.manager [None req-1] it broke"
    early, during, late = (NOW - timedelta(seconds=s) for s in (300, 90, 10))
    out = log(
        (early, trouble),
        (early, trouble),
        (during, trouble),
        (late, trouble),
        (late, "ERROR nova.compute.manager Traceback"),
    )
    (row,) = [line.split("\t") for line in out.splitlines() if line.startswith("log")]
    assert row[3:] == ["2", "1", ""]


@pytest.mark.parametrize("word", ["RPCVersionCapError", "IncompatibleObjectVersion", "OperationalError: (1054"])
def test_the_script_tells_known_words_and_no_others(log, word):
    before, after = NOW - timedelta(seconds=70), NOW - timedelta(seconds=50)
    secret = "password=hunter2"
    out = log((before, f"ERROR x [-] UnsupportedVersion {secret}"), (after, f"ERROR x [-] {word}: {secret}"))
    assert "hunter2" not in out
    assert judge_logs("cmp1", ["nova-compute"], out, WINDOW)[0] == [f"nova-compute on cmp1 logs {word}"]


def process(**given):
    return ProcessRecord(
        **{
            "binary": "nova-compute",
            "host": "cmp1",
            "manager": "systemd",
            "unit": "nova-compute.service",
            "state": "up",
            "version": "33.0.0",
            **given,
        }
    )


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (process(), ""),
        (process(version="31.0.0"), "nova-compute on cmp1 runs 31.0.0 (2025.1), which is not of 2026.1"),
        (process(state="down", version=None), "nova-compute on cmp1 does not run (systemd nova-compute.service)"),
        (process(stale=True, version=None), "nova-compute on cmp1 runs files that have been replaced since it started"),
    ],
)
def test_a_process_runs_the_code_of_the_step_or_it_is_told(record, told):
    missing, unknown = judge_processes("cmp1", ["nova-compute"], (HostRecord("cmp1"), record), NEW)
    assert unknown == []
    assert bool(missing) == bool(told)
    assert all(told in text for text in missing)


@pytest.mark.parametrize(
    "facts",
    [
        (HostRecord("cmp1"),),
        (HostRecord("cmp1"), process(version=None)),
        (HostRecord("cmp1", trouble=Trouble.DENIED, detail="nobody is let in"),),
    ],
)
def test_what_is_not_to_be_seen_keeps_nobody_waiting(facts):
    missing, unknown = judge_processes("cmp1", ["nova-compute"], facts, NEW)
    assert missing == []
    assert len(unknown) == 1


def test_of_several_processes_the_wrong_one_counts_whatever_is_not_to_be_seen_of_the_others():
    facts = (HostRecord("cmp1"), process(version=None), process(version="31.0.0"))
    missing, unknown = judge_processes("cmp1", ["nova-compute"], facts, NEW)
    assert "runs 31.0.0" in missing[0]
    assert unknown == []


def test_what_is_taken_back_runs_the_old_code():
    facts = (HostRecord("cmp1"), process(version="31.0.0"))
    assert judge_processes("cmp1", ["nova-compute"], facts, parse_series("2025.1")) == ([], [])
