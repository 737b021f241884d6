"""Why it does not move, what is slow, and the journal as the audit: with the real command, while runs go and rest."""

import json
from hashlib import sha256

import pytest

from operating import until

CANARY, SECOND = "2025.2-compute@cmp1", "2025.2-compute@cmp2"


@pytest.fixture
def failed(operator):
    """A run of two hypervisors whose first has failed."""
    operator.plans("--stage", "compute")
    operator.write("fail", "upgrade cmp1\n")
    answer = operator.types("run", "plan.json", "--yes")
    assert answer.code == 5, answer.err
    return operator


def test_behind_a_failure_the_chain_ends_in_what_to_type(failed):
    run = failed.status()["run"]
    answer = failed.types("status", "--why", SECOND)
    assert answer.code == 0, answer.err
    lines = answer.out.splitlines()
    assert lines[0] == f"{SECOND} is pending, in run {run}:"
    assert any("failure budget" in line and "cmp1 failed" in line for line in lines)
    assert any(f"$ stairlift retry {run} {CANARY}" in line for line in lines)
    assert any(f"$ stairlift resume {run}" in line for line in lines)


def test_whoever_types_what_it_says_gets_it_moving(failed):
    (failed.folder / "fail").unlink()
    shown = failed.types("status", "--why", SECOND).out.splitlines()
    typed = list(dict.fromkeys(line.strip().removeprefix("$ stairlift ") for line in shown if "$ stairlift" in line))
    assert [words.split()[0] for words in typed] == ["retry", "skip", "resume"]
    for words in (typed[0], typed[2]):
        answer = failed.types(*words.split())
        assert answer.code == 0, answer.err
    assert failed.status()["state"] == "done"
    assert failed.types("status", "--why", SECOND).out.startswith(f"{SECOND}: nothing holds it up: it is done, since")


def test_programs_get_it_as_a_tree(failed):
    document = failed.status("--why", SECOND)
    kinds = {one["kind"] for one in document["why"]}
    assert {"budget", "unattended"} <= kinds
    [failure] = next(one["behind"] for one in document["why"] if one["kind"] == "budget")
    assert (failure["step"], failure["who"]) == (CANARY, "operator")
    assert [b["step"] for b in document["blocked_by"]] == [CANARY], "the Contract's key stays as it is"
    assert failed.status()["why"][0]["kind"] == "budget", "and so it is without being asked"


def test_an_unknown_step_is_a_mistake_of_usage(failed):
    answer = failed.types("status", "--why", "nothing@nowhere")
    assert answer.code == 2
    assert "has no step 'nothing@nowhere'" in answer.err


def test_who_did_what_when_and_why(failed):
    run = failed.status()["run"]
    (failed.folder / "fail").unlink()
    failed.types("retry", run, CANARY, "--reason", "made room")
    failed.types("resume", run)
    lines = failed.types("events").out.splitlines()
    assert [int(line.split()[0]) for line in lines] == list(range(1, len(lines) + 1))
    [retried] = [line for line in lines if "to be tried again" in line]
    assert CANARY in retried
    assert "made room" in retried
    document = failed.types("events", "-o", "json", "--after", "2").document
    assert (document["schema"], document["run"]) == ("stairlift.events/1", run)
    assert [event["seq"] for event in document["events"]] == list(range(3, len(lines) + 1))
    actors = {
        event["data"].get("actor") for event in document["events"] if event["kind"] in {"step.retried", "run.resumed"}
    }
    assert None not in actors, "who typed it is on record"


def test_the_whole_record_in_a_file(failed):
    answer = failed.types("events", "--export", "run.jsonl")
    assert (answer.code, answer.out) == (0, "")
    text = (failed.folder / "run.jsonl").read_bytes()
    records = [json.loads(line) for line in text.splitlines()]
    assert records[0]["record"] == "run"
    assert records[0]["schema"] == "stairlift.export/1"
    assert records[1]["record"] == "plan"
    assert records[1]["hash"] == records[0]["plan"]
    assert [r["step"] for r in records if r["record"] == "attempt"] == [CANARY]
    assert [r["seq"] for r in records if r["record"] == "event"] == list(
        range(1, 1 + sum(r["record"] == "event" for r in records))
    )
    body = text[: text.rstrip(b"\n").rindex(b"\n") + 1]
    assert records[-1] == {"record": "end", "lines": len(records) - 1, "sha256": sha256(body).hexdigest()}


def test_a_file_that_cannot_be_written_is_named(failed):
    answer = failed.types("events", "--export", "no/such/folder/run.jsonl")
    assert answer.code == 1
    assert "[events.unwritable]" in answer.err


def test_it_can_be_followed_to_its_end(operator):
    operator.plans("--stage", "compute")
    operator.write("slow", "cmp1")
    run = operator.begins("run", "plan.json", "--yes")
    try:
        until(lambda: operator.calls)
        waiting = operator.status("--why", SECOND)["why"]
        following = operator.begins("events", "--follow", "-o", "json")
    finally:
        (operator.folder / "slow").unlink()
        run.communicate(timeout=60)
    out, _ = following.communicate(timeout=60)
    kinds = [json.loads(line)["kind"] for line in out.splitlines()]
    assert (kinds[0], kinds[-1]) == ("run.created", "run.done")
    assert {one["kind"] for one in waiting} <= {"window", "turn", "need"}, "nobody has to do anything"
    assert all(one["who"] == "nobody" for one in waiting)


def test_a_reason_is_one_line_of_the_audit(failed):
    run = failed.status()["run"]
    forged = "no room\n    99  2026-11-22 12:00:00Z ✔ run approved by boss"
    assert "[run.no_reason]" in failed.types("skip", run, CANARY, "--reason", " \n ").err, "a blank one is none"
    assert failed.types("skip", run, CANARY, "--reason", forged).code == 0
    assert failed.types("resume", run, "--yes").code == 0
    lines = failed.types("events", run).out.splitlines()
    assert any("no room 99 2026-11-22" in line for line in lines)
    assert not any(line.strip().startswith("99 ") for line in lines)
