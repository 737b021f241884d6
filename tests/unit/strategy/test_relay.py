"""The program that carries out acts, run as an executor runs it, and what is read from its notes."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from stairlift.strategy.acts import Act, Acted, acted, connection_verdict, job_of, last_said
from stairlift.testing.strategy_contract import an_assignment


def relay(folder, *acts):
    """The relay's exit status, what it printed, and its notes."""
    job = job_of(an_assignment(folder=folder), acts, Path("/"))
    for name, text in job.files.items():
        (folder / name).write_text(text)
    environ = {**os.environ, "STAIRLIFT_PROGRESS": str(folder / "progress.jsonl")}
    done = subprocess.run(job.argv, env=environ, capture_output=True, check=False, timeout=60)
    progress = folder / "progress.jsonl"
    return done.returncode, done.stdout.decode(errors="replace"), progress.read_text() if progress.exists() else ""


def sh(script, host="cmp1", **more):
    return Act(host, ("sh", "-c", script), text=script, **more)


def test_acts_follow_each_other_and_all_is_printed(tmp_path):
    code, out, progress = relay(tmp_path, sh("echo one; echo two >&2"), sh("echo three; exit 2", good=(0, 2)))
    assert (code, out.splitlines()) == (0, ["one", "two", "three"])
    assert [(act.host, act.returncode) for act in acted(progress)] == [("cmp1", 0), ("cmp1", 2)]


@pytest.mark.parametrize(("script", "code"), [("exit 3", 3), ("kill -TERM $$", 143), ("exit 255", 255)])
def test_it_stops_at_what_does_not_go_well(tmp_path, script, code):
    returned, out, progress = relay(tmp_path, sh(script), sh("echo never"))
    assert (returned, out) == (code, "")
    assert len(acted(progress)) == 1


def test_a_program_that_is_not_there_is_127(tmp_path):
    code, out, _ = relay(tmp_path, Act("cmp1", ("/no/such/program",), text="x"))
    assert (code, out) == (127, "cannot start /no/such/program: No such file or directory\n")


def test_again_is_repeated_until_it_says_otherwise(tmp_path):
    counter = tmp_path / "count"
    script = f"echo x >> {counter}; test $(wc -l < {counter}) -ge 3"
    code, _, progress = relay(tmp_path, sh(script, again=(1,)))
    assert (code, counter.read_text()) == (0, "x\nx\nx\n")
    assert [act.returncode for act in acted(progress)] == [0]


def test_progress_sections_and_complaints_are_noted(tmp_path):
    script = (
        "echo 'step 3 of 9: nova'; printf '\\n>>> stairlift summary\\r\\na: 1\\r\\n\\r\\n<<< stairlift summary\\r\\n';"
        " echo 'Error: no'; printf 'step 4 of 9: end'"
    )
    act = sh(script, progress=r"^step (?P<done>\d+) of (?P<total>\d+): (?P<text>.*)", telling="^Error:")
    _, _, progress = relay(tmp_path, act)
    notes = [json.loads(line) for line in progress.splitlines()]
    steps = [(n["text"], n["done"], n["total"]) for n in notes if n["kind"] == "progress"]
    assert steps == [("nova", 3, 9), ("end", 4, 9)]
    assert acted(progress) == (Acted("cmp1", script, 0, {"summary": "a: 1\n"}, ("Error: no",)),)


def test_bytes_that_are_no_text_pass(tmp_path):
    code, _, progress = relay(tmp_path, sh(r"printf 'Error: \377\n'", telling="^Error"))
    assert code == 0
    assert acted(progress)[0].said == ("Error: \ufffd",)


def test_a_daemon_that_keeps_the_output_open_holds_nobody_up(tmp_path):
    began = time.monotonic()
    code, out, _ = relay(tmp_path, sh("echo up; sleep 5 &"))
    assert (code, out) == (0, "up\n")
    assert time.monotonic() - began < 4


def test_a_daemon_that_is_never_silent_holds_nobody_up(tmp_path):
    began = time.monotonic()
    code, out, _ = relay(tmp_path, sh("for n in $(seq 100); do echo up; sleep 0.1; done &"))
    assert (code, out[:3]) == (0, "up\n")
    assert time.monotonic() - began < 7


def test_a_full_disk_does_not_stop_the_work(tmp_path):
    (tmp_path / "progress.jsonl").mkdir()
    job = job_of(an_assignment(folder=tmp_path), (sh("echo done"),), Path("/"))
    (tmp_path / "acts.json").write_text(job.files["acts.json"])
    environ = {**os.environ, "STAIRLIFT_PROGRESS": str(tmp_path / "progress.jsonl")}
    done = subprocess.run(job.argv, env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, "done\n")


def test_torn_notes_are_passed_over():
    notes = '{"kind": "act", "act": 0, "host": "c", "text": "t"}\n{"kind":"en\nnull\n3\n{"kind":"end","act":7}\n'
    assert acted(notes) == (Acted("c", "t"),)


def test_a_connection_that_was_lost_is_told_from_one_that_never_was():
    assert connection_verdict(None, "") is None
    assert connection_verdict(Acted("cmp1", "x", 3), "") is None
    assert connection_verdict(Acted("cmp1", "x", 255, {"begun": "1", "ended": "255"}), "") is None
    never = connection_verdict(Acted("cmp1", "x", 255), "Connection refused")
    assert (never.result, never.temporary) == ("failed", True)
    assert never.reason == "cmp1: no connection, nothing was done there: Connection refused"
    lost = connection_verdict(Acted("cmp1", "x", 255, {"begun": "1"}), "")
    assert (lost.result, lost.temporary) == ("unknown", False)


def test_the_last_word_is_the_commands():
    log = "no space\r\n\r\n>>> stairlift ended\r\n3\r\n<<< stairlift ended\r\nConnection to cmp1 closed.\r\n"
    assert last_said(log) == "no space"
    assert last_said("Connection to cmp1 closed by remote host.\n") == "Connection to cmp1 closed by remote host."
