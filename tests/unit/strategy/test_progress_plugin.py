"""The plug-in by itself; what Ansible calls it with is in tests/e2e/test_ansible_strategy.py."""

import json
import os
import resource
from types import SimpleNamespace

import pytest

from stairlift.strategy.ansible.callback.stairlift_progress import CallbackModule, ProgressFile


@pytest.fixture
def progress(tmp_path, monkeypatch):
    path = tmp_path / "progress"
    monkeypatch.setenv("STAIRLIFT_PROGRESS", str(path))
    monkeypatch.setenv("STAIRLIFT_RUN", "r1")
    monkeypatch.setenv("STAIRLIFT_REPORTED", "")
    return path


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def a_task(**fields):
    given = {
        "action": "command",
        "no_log": False,
        "ignore_unreachable": False,
        "_uuid": "u1",
        "_parent": None,
        **fields,
    }
    return SimpleNamespace(**given, get_name=lambda: "Restart nova", get_path=lambda: "/p/x.yml:3")


def a_result(task=None, **result):
    return SimpleNamespace(_host=SimpleNamespace(get_name=lambda: "cmp1"), _task=task or a_task(), _result=result)


def test_it_is_off_outside_a_run(monkeypatch):
    monkeypatch.delenv("STAIRLIFT_PROGRESS", raising=False)
    assert CallbackModule().disabled


def test_an_ansible_that_a_task_starts_does_not_report_as_if_it_were_the_playbook(progress):
    assert not CallbackModule().disabled
    nested = CallbackModule()
    assert nested.disabled
    nested.v2_runner_on_ok(a_result())
    assert progress.read_text() == ""


def test_an_attempt_that_a_task_of_another_starts_reports(progress, monkeypatch, tmp_path):
    CallbackModule()
    monkeypatch.setenv("STAIRLIFT_PROGRESS", str(tmp_path / "other"))
    assert not CallbackModule().disabled


def test_the_mark_of_the_attempt_stays_in_the_environment(progress):
    CallbackModule()
    assert os.environ["STAIRLIFT_PROGRESS"] == str(progress)


def test_every_line_says_where_it_belongs(progress):
    plugin = CallbackModule()
    plugin.v2_runner_on_ok(a_result(changed=True))
    plugin.v2_runner_on_skipped(a_result())
    first, second = lines(progress)
    assert (first["run"], first["seq"], first["kind"], first["host"], first["uuid"]) == ("r1", 1, "host", "cmp1", "u1")
    assert (first["result"], first["text"]) == ("changed", "changed: [cmp1]")
    assert (second["result"], second["seq"]) == ("skipped", 2)


def test_results_are_read_by_their_newer_names(progress):
    task, host = a_task(), SimpleNamespace(get_name=lambda: "cmp1")
    CallbackModule().v2_runner_on_failed(SimpleNamespace(host=host, task=task, result={"msg": "no space"}))
    assert lines(progress)[0]["text"] == "failed: [cmp1]: no space"


def test_a_failure_tells_why_and_nothing_else(progress):
    result = a_result(
        msg="non-zero return code",
        rc=3,
        stdout="x" * 9000 + "end",
        stderr="oops",
        cmd=["mysql", "-phunter2"],
        invocation={"module_args": {"password": "hunter2"}},
        exception="hunter2",
        ansible_facts={"key": "hunter2"},
    )
    CallbackModule().v2_runner_on_failed(result)
    (line,) = lines(progress)
    assert (line["msg"], line["rc"], line["stderr"]) == ("non-zero return code", 3, "oops")
    assert len(line["stdout"]) == 4096
    assert line["stdout"].endswith("end")
    assert "hunter2" not in progress.read_text()


def test_what_went_well_tells_nothing_that_it_printed(progress):
    CallbackModule().v2_runner_on_ok(a_result(stdout="a token", msg="a token"))
    assert "token" not in progress.read_text()


@pytest.mark.parametrize(
    "result",
    [
        a_result(a_task(no_log=True), msg="hunter2", stdout="hunter2"),
        a_result(_ansible_no_log=True, msg="hunter2", stdout="hunter2"),
        a_result(censored="hidden", msg="hunter2"),
    ],
)
def test_no_log_is_kept(progress, result):
    CallbackModule().v2_runner_on_failed(result)
    assert "hunter2" not in progress.read_text()
    assert lines(progress)[0]["msg"] == "hidden by no_log"


def test_of_a_loop_the_first_item_that_failed_is_told(progress):
    items = [{"msg": "fine"}, {"failed": True, "msg": "no space", "rc": 1}, {"failed": True, "msg": "later"}]
    CallbackModule().v2_runner_on_failed(a_result(msg="One or more items failed", results=items))
    assert (lines(progress)[0]["msg"], lines(progress)[0]["rc"]) == ("no space", 1)


def test_a_failure_inside_a_block_with_a_rescue_may_be_rescued(progress):
    block = SimpleNamespace(rescue=["x"], _parent=None)
    inner = SimpleNamespace(rescue=[], _parent=block)
    plugin = CallbackModule()
    plugin.v2_runner_on_failed(a_result(a_task(_parent=inner)))
    plugin.v2_runner_on_failed(a_result(), ignore_errors=True)
    assert [(line["rescuable"], line["ignored"]) for line in lines(progress)] == [(True, False), (False, True)]


def test_looking_is_not_work(progress):
    plugin = CallbackModule()
    for action in ("setup", "ansible.builtin.gather_facts", "include_tasks", "ansible.builtin.import_role"):
        plugin.v2_runner_on_ok(a_result(a_task(action=action)))
    plugin.v2_runner_on_ok(a_result(a_task(action="ansible.builtin.command")))
    plugin.v2_playbook_on_stats(SimpleNamespace(processed={"cmp1": 1, "cmp2": 1}, summarize=_numbers))
    hosts = lines(progress)[-1]["hosts"]
    assert (hosts["cmp1"]["worked"], hosts["cmp2"]["worked"]) == (1, 0)


def _numbers(host):
    return {"ok": 5, "changed": 0, "unreachable": 0, "failures": 0, "skipped": 0, "rescued": 0, "ignored": 0}


def test_a_flaw_does_not_reach_the_operators_run(progress):
    plugin = CallbackModule()
    plugin.v2_runner_on_ok(SimpleNamespace())
    plugin.v2_playbook_on_stats(None)


def test_a_full_disk_is_borne(monkeypatch):
    monkeypatch.setenv("STAIRLIFT_PROGRESS", "/dev/full")
    CallbackModule().v2_runner_on_ok(a_result())


@pytest.mark.parametrize("path", ["/nonexistent/folder/progress", "/", ""])
def test_a_file_that_cannot_be_opened_is_borne(path):
    ProgressFile(path).append("x")


def test_a_reader_that_went_away_does_not_stop_the_upgrade(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    ProgressFile(str(tmp_path / "fifo")).append("x")


def test_a_line_cut_short_spoils_no_other(tmp_path):
    path = tmp_path / "progress"
    file = ProgressFile(str(path))
    file.append("whole")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
        file.append("cut here and lost")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    file.append("next")
    assert path.read_text().splitlines() == ["whole", "cut ", "next"]


def test_only_the_reader_of_the_run_may_read(progress):
    CallbackModule().v2_runner_on_ok(a_result())
    assert progress.stat().st_mode & 0o077 == 0
