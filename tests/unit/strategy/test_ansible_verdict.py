import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stairlift.model.work import Outcome
from stairlift.strategy.ansible.verdict import judge

FINE = {"ok": 3, "worked": 2, "changed": 1}


def progress(*events, **hosts):
    numbers = {
        "ok": 0,
        "changed": 0,
        "unreachable": 0,
        "failures": 0,
        "skipped": 0,
        "rescued": 0,
        "ignored": 0,
        "worked": 0,
    }
    closing = {"kind": "stats", "hosts": {name: {**numbers, **given} for name, given in hosts.items()}}
    lines = [{"kind": "playbook", "check": False}, *events, closing]
    return "".join(json.dumps(line) + "\n" for line in lines)


def went_wrong(host, task="Restart", msg="", result="failed", **more):
    return {"kind": "host", "host": host, "task": task, "msg": msg, "result": result, **more}


def verdict(code, report="", log="", hosts=("cmp1",), **more):
    return judge(hosts, Outcome(code, report, log), **more)


def test_done_means_that_every_host_worked():
    done = verdict(0, progress(cmp1=FINE, cmp2={**FINE, "rescued": 1}), hosts=("cmp1", "cmp2"))
    assert (done.result, done.reason) == ("done", "")
    assert done.facts == {"ok": "6", "changed": "2", "rescued": "1", "ignored": "0"}


@pytest.mark.parametrize(
    ("report", "says"),
    [
        ("", "reported nothing"),
        ('{"kind":"playbook","check":false}\n', "without its closing statistics"),
        (progress(), "cmp1: no task ran there"),
        (progress(cmp2=FINE), "cmp1: no task ran there"),
        (progress(cmp1={"ok": 1}), "no task did anything; no tag matches one"),
        (progress(cmp1={"ok": 1, "skipped": 4}), "no task did anything; all 4 were skipped"),
        (progress(cmp1={"ok": 2, "ignored": 2}), "no task did anything"),
        (progress(cmp1={**FINE, "failures": 1}), "cmp1: a task failed"),
        (progress(cmp1={**FINE, "unreachable": 1}), "cmp1: a task failed or could not reach it"),
        (progress({"kind": "playbook", "check": True}, cmp1=FINE), "check mode"),
        (progress(cmp1=FINE, cmp2=FINE), "also ran on hosts that the step does not name: cmp2"),
    ],
)
def test_return_code_0_alone_proves_nothing(report, says):
    failed = verdict(0, report)
    assert failed.result == "failed"
    assert says in failed.reason
    assert not failed.temporary


def test_check_mode_is_well_where_it_was_asked_for():
    assert verdict(0, progress({"kind": "playbook", "check": True}, cmp1=FINE), check=True).result == "done"
    assert verdict(0, progress({"kind": "playbook", "check": True}, cmp1={"skipped": 1}), check=True).result == "done"
    assert verdict(0, progress({"kind": "playbook", "check": True}, cmp1={"ok": 1}), check=True).result == "failed"


def test_a_host_that_fails_fails_the_step():
    report = progress(went_wrong("cmp2", msg="no space left"), cmp1=FINE, cmp2={**FINE, "failures": 1})
    failed = verdict(2, report, hosts=("cmp1", "cmp2"))
    assert (failed.result, failed.reason) == ("failed", "cmp2: task 'Restart': no space left")


def test_the_first_failure_that_counted_is_told():
    report = progress(
        went_wrong("cmp1", "Probe", "ignored one", ignored=True),
        went_wrong("cmp1", "Try", "rescued one", rescuable=True),
        went_wrong("cmp1", "Migrate", "the real one"),
        went_wrong("cmp1", "Tidy", "what followed"),
        cmp1={**FINE, "failures": 1},
    )
    assert verdict(2, report).reason == "cmp1: task 'Migrate': the real one"


def test_a_rescue_that_fails_is_told():
    report = progress(
        went_wrong("cmp1", "Try", "first", rescuable=True),
        went_wrong("cmp1", "Rescue", "then", rescuable=True),
        cmp1={"failures": 1},
    )
    assert verdict(2, report).reason == "cmp1: task 'Rescue': then"


def test_a_failure_without_statistics_is_told():
    report = json.dumps(went_wrong("cmp1", rc=3)) + "\n"
    assert verdict(250, report).reason == "cmp1: task 'Restart': exit status 3"


@pytest.mark.parametrize(
    ("numbers", "code", "temporary"),
    [
        ({"unreachable": 1}, 4, True),
        ({"unreachable": 1, "ok": 2, "worked": 1}, 4, True),
        ({"unreachable": 1, "changed": 1}, 4, False),
        ({"unreachable": 1, "failures": 1}, 4, False),
        ({"unreachable": 1}, 2, False),
        ({"failures": 1}, 4, False),
    ],
)
def test_only_an_untouched_host_that_was_unreachable_is_worth_another_attempt(numbers, code, temporary):
    report = progress(went_wrong("cmp1", msg="Connection refused", result="unreachable"), cmp1=numbers)
    failed = verdict(code, report)
    assert (failed.result, failed.temporary) == ("failed", temporary)
    assert "Connection refused" in failed.reason


@pytest.mark.parametrize("code", [-15, -9, -2, -1, 99, 129, 130, 137, 143])
def test_an_interrupted_playbook_leaves_the_host_unknown(code):
    unknown = verdict(code, progress(cmp1=FINE))
    assert unknown.result == "unknown"
    assert "may still run" in unknown.reason


def test_a_signal_is_told_by_its_name():
    assert "(SIGKILL)" in verdict(-9).reason
    assert "(SIGTERM)" in verdict(143).reason


@pytest.mark.parametrize(
    ("code", "log", "reason"),
    [
        (1, "[ERROR]: the playbook: x.yml could not be found\n", "the playbook: x.yml could not be found"),
        (1, "\x1b[0;31mERROR! red\x1b[0m\n", "red"),
        (1, "ERROR! the role 'nope' was not found in /r\n", "the role 'nope' was not found in /r"),
        (1, "noise", "exit status 1: Ansible did not start the playbook"),
        (4, "[ERROR]: YAML parsing failed: x.\nOrigin: /p/s.yml:5:1\n", "YAML syntax error at /p/s.yml:5:1"),
        (
            4,
            "ERROR! We were unable\nSyntax Error while loading YAML.\n in '/p/s.yml': line 5, column 1, but\n",
            "YAML syntax error at /p/s.yml:5:1",
        ),
        (2, "usage: x\nansible-playbook: error: unrecognized arguments: --bogus\n", "unrecognized arguments: --bogus"),
        (5, "", "exit status 5: a setting in ansible.cfg"),
        (127, "", "exit status 127: the command was not found"),
        (3, "", "exit status 3: no host's result explains it"),
    ],
)
def test_what_ansible_complained_about_is_told(code, log, reason):
    failed = verdict(code, "", log)
    assert (failed.result, failed.temporary) == ("failed", False)
    assert failed.reason.startswith(reason)


def test_a_wrapper_that_fails_after_its_playbook_fails_the_step():
    assert verdict(7, progress(cmp1=FINE)).result == "failed"


def test_a_wrapper_that_starts_two_playbooks_is_judged_by_both():
    assert verdict(0, progress(cmp1=FINE) + progress(cmp1={**FINE, "failures": 1})).result == "failed"
    assert verdict(0, progress(cmp1={"ok": 1}) + progress(cmp1=FINE)).result == "done"


@given(report=st.text(), log=st.text(), code=st.integers(min_value=-64, max_value=255))
def test_nothing_that_stands_in_a_file_is_success_by_accident(report, log, code):
    assert verdict(code, report, log).result != "done"


@pytest.mark.parametrize("hosts", ["x", None, {"cmp1": 3}, {"cmp1": {"worked": "2"}}, {"cmp1": None}, []])
def test_statistics_that_make_no_sense_are_no_success(hosts):
    assert verdict(0, json.dumps({"kind": "stats", "hosts": hosts}) + "\n").result == "failed"


@given(cut=st.integers(min_value=0))
def test_a_report_that_was_cut_short_is_no_success(cut):
    whole = progress(went_wrong("cmp1", ignored=True), cmp1=FINE)
    assert verdict(0, whole[: cut % (len(whole) - 1)]).result == "failed"


def test_a_reason_fits_on_a_screen():
    assert len(verdict(2, progress(went_wrong("cmp1", msg="x" * 9000), cmp1={"failures": 1})).reason) <= 400
