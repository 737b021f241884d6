"""From the driver's lines to a verdict. tests/e2e/test_grenade_strategy.py has the lines of a driver that runs."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stairlift.model.work import Outcome
from stairlift.strategy.grenade.runner.ledger import Busy, Desk, Ledger, refusal, remaining
from stairlift.strategy.grenade.runner.masking import Mask
from stairlift.strategy.grenade.runner.story import Story, expected
from stairlift.strategy.grenade.runner.task import SHUTDOWN, Task
from stairlift.strategy.grenade.verdict import judge
from stairlift.testing.strategy_contract import a_step

STEP = a_step(hosts=("devstack-1",), stage="control")
PROJECTS = ("keystone", "nova", "cinder")


def task(half="target", upgrade=("nova",), **more) -> Task:
    given = {
        "hop": "2026.1",
        "hosts": ("devstack-1",),
        "services": ("nova-api",),
        "projects": PROJECTS,
        "grenade": "/opt/grenade",
        "stack_root": "/opt/stack",
        "plugin_dir": "/opt/stack/plugins",
        "plugin": "stairlift",
        "target_release": "new",
        "external": True,
        "verify": True,
        "smoke": False,
        "tempest": False,
        "free_gib": 1,
        "config": (),
    }
    return Task(half=half, upgrade=() if half == "base" else upgrade, **{**given, **more})


END = {
    "kind": "end",
    "returncode": 0,
    "phase": "closed",
    "missing": "",
    "cancelled": False,
    "started": ["nova"],
    "succeeded": ["nova"],
    "upgraded": ["keystone", "nova"],
}


def verdict(code=0, of=None, log="", **end):
    return judge(of or task(), STEP, Outcome(code, json.dumps({**END, **end}) + "\n", log))


def test_done_is_the_return_code_and_the_proof():
    assert verdict().result == "done"
    assert verdict(code=70, missing="nothing shows that it upgraded nova").result == "failed"
    assert verdict(code=0, missing="the closing line is missing").result == "failed"
    assert verdict(code=1).result == "failed"


@pytest.mark.parametrize(
    ("of", "end", "says"),
    [
        (task("base"), {"phase": "start", "shut_down": False}, "nothing has happened: the base still runs"),
        (task("base"), {"phase": "base", "shut_down": False}, "ids in /opt/stack/save/grenade_db.ini"),
        (task("base", verify=False), {"phase": "base", "shut_down": False}, "On devstack-1, the base still runs"),
        (task("base"), {"phase": "shutdown", "shut_down": True}, "services of keystone, nova, cinder are stopped"),
        (
            task(),
            {"phase": "prepare", "started": [], "succeeded": [], "upgraded": ["keystone"]},
            "On devstack-1: keystone upgraded; nova, cinder stopped, with the old code",
        ),
        (
            task(),
            {"phase": "projects", "succeeded": [], "upgraded": ["keystone"]},
            "keystone upgraded; nova stopped, its database perhaps half migrated; cinder stopped, with the old code",
        ),
        (
            task(upgrade=("cinder",)),
            {"phase": "after", "started": ["cinder"], "succeeded": ["cinder"]},
            "keystone, nova, cinder are upgraded and run; Grenade's test resources are still there",
        ),
    ],
)
def test_a_failure_says_what_it_leaves(of, end, says):
    found = verdict(code=1, of=of, returncode=1, **end)
    assert found.result == "failed"
    assert says in found.reason


def test_a_filter_that_died_and_a_git_clash_are_known():
    assert "log filter crashed" in verdict(code=141, returncode=-13, phase="projects", succeeded=[]).reason
    clash = verdict(code=255, returncode=255, phase="start", started=[], succeeded=[])
    assert clash.temporary
    assert "another git" in clash.reason
    assert not verdict(code=255, returncode=255, phase="projects").temporary


def test_what_could_not_be_stopped_is_named():
    found = verdict(code=143, returncode=-15, cancelled=True, left=["process 12 (apt-get)"])
    assert found.result == "unknown"
    assert "could not stop process 12 (apt-get)" in found.reason


@pytest.mark.parametrize("progress", ["", '{"kind":"phase","text":"x"}\n', '{"kind":"en', "null\n[]\n"])
@pytest.mark.parametrize("code", [0, 1, -9, 143])
def test_without_a_report_nothing_is_certain(progress, code):
    found = judge(task(), STEP, Outcome(code, progress, "last words"))
    assert found.result == "unknown"
    assert "left no report" in found.reason


def test_a_refusal_is_a_failure_and_a_busy_node_may_be_asked_again():
    for kind, code, temporary in (("refused", 78, False), ("busy", 75, True)):
        found = judge(task(), STEP, Outcome(code, json.dumps({"kind": kind, "text": "because"})))
        assert (found.result, found.reason, found.temporary) == ("failed", "because", temporary)


# The story


def told(lines, full=(), of=None) -> Story:
    story = Story(of or task())
    for line in lines:
        story.summary(f"2026-11-22 19:00:00.000 | {line}\n")
    for line in full:
        story.full(f"2026-11-22 19:00:00.000 | {line}\n")
    return story


def test_a_log_that_lags_behind_credits_the_right_project():
    lines = ["Upgrading nova...", "Upgrading cinder..."]
    story = told(
        lines, ["Upgrading project: nova", "SUCCESS: End /p/60_nova/upgrade.sh"], task(upgrade=("nova", "cinder"))
    )
    assert (story.started, story.succeeded) == (["nova", "cinder"], ["nova"])


def test_a_project_is_proven_by_the_driver_going_on():
    story = told(["Upgrading nova...", "Running resource phase: verify post-upgrade"])
    assert (story.succeeded, story.phase) == (["nova"], "after")


def test_what_a_projects_script_says_is_no_proof_and_no_step_back():
    story = told(
        ["Preparing the target devstack environment", "Upgrading nova...", "Using libvirt virtualization driver"]
    )
    assert (story.succeeded, story.phase) == ([], "projects")
    assert story.place()[0] == 3


def test_traces_are_no_errors_and_the_first_error_counts():
    story = told([], ["+ echo '[ERROR] no'", "[ERROR] a.sh:3 first", "[ERROR] b.sh:9 second"])
    assert story.error == "a.sh:3 first"


def test_lines_before_the_filter_name_the_log():
    story = Story(task())
    assert story.summary("  Full logs found at => /opt/stack/logs/grenade.sh.log.1\n") is None
    assert story.full_log == "/opt/stack/logs/grenade.sh.log.1"


def test_prerequisites_that_fail_are_noticed_only_where_the_driver_passes_over_them():
    passed = ["#  Preparing the target devstack environment", "E: Unable to locate package x"]
    assert told([], passed).warnings == ["E: Unable to locate package x"]
    assert told([], ["#  Upgrading nova...", "E: Unable to locate package x"]).warnings == []


@pytest.mark.parametrize("of", [task(), task("base"), task("base", verify=False), task(upgrade=PROJECTS, smoke=True)])
def test_steps_are_counted_to_the_end(of):
    story = Story(of)
    places = []
    for line in expected(of):
        story.summary(f"2026-11-22 19:00:00.000 | {line}\n")
        places.append(story.place())
    assert places == [(n, len(places)) for n in range(1, len(places) + 1)]
    assert story.closed


@given(st.lists(st.text(max_size=60), max_size=20))
def test_no_output_breaks_the_story(lines):
    assert told(lines, lines).place()[1] == len(expected(task()))


# Passwords


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("+ ADMIN_PASSWORD=hunter22 ./x", "+ ADMIN_PASSWORD=*** ./x"),
        ("'rabbit_password': 'hunter22'", "'rabbit_password': ***"),
        ("mysql -uroot -phunter22 nova", "mysql -uroot -p*** nova"),
        ("mysql://root:hunter22@db/nova", "mysql://root:***@db/nova"),
        ("token hunter22.", "token ***."),
        ("cd /opt/hunter22/devstack", "cd /opt/hunter22/devstack"),
        ("hunter222", "hunter222"),
        ("mysql -uroot -pnomoresecret", "mysql -uroot -p***"),
    ],
)
def test_a_password_is_hidden_wherever_it_stands_as_one(line, shown, tmp_path):
    (tmp_path / "local.conf").write_text(
        "[[local|localrc]]\nADMIN_PASSWORD=hunter22\nRABBIT_PASSWORD=$ADMIN_PASSWORD\n"
        'DATABASE_PASSWORD="${DATABASE_PASSWORD:-nomoresecret}"\n'
    )
    assert Mask.of([tmp_path / "local.conf", tmp_path / "absent"]).line(line) == shown


# The ledger


def test_the_base_half_runs_once():
    base = task("base")
    assert refusal(base, Ledger()) is None
    assert refusal(base, Ledger("2026.1", base="begun")) is None
    assert "shut services down" in (refusal(base, Ledger("2026.1", base="shut-down")) or "")
    assert "shut services down" in (refusal(base, Ledger("2026.1", base="done", upgraded=PROJECTS)) or "")
    assert refusal(base, Ledger("2025.1", base="done", upgraded=PROJECTS)) is None, "that was the hop before"


def test_a_base_half_that_nobody_saw_end_is_read_from_its_log(tmp_path):
    (tmp_path / "log").write_text(f"#  {SHUTDOWN}\n")
    ledger = Ledger("2026.1", base="begun", log=str(tmp_path / "log"))
    assert refusal(task("base"), ledger)
    assert refusal(task(upgrade=("keystone",)), ledger) is None


def test_projects_that_are_new_are_not_upgraded_again():
    ledger = Ledger("2026.1", base="done", upgraded=("keystone",))
    assert remaining(task(upgrade=PROJECTS), ledger).upgrade == ("nova", "cinder")
    assert remaining(task(upgrade=PROJECTS), ledger).rest == ("keystone",)
    assert refusal(task(), ledger) is None
    assert refusal(task(upgrade=("cinder",)), ledger) == "nova must be upgraded first"
    assert remaining(task(upgrade=PROJECTS), Ledger("2025.1", upgraded=PROJECTS)).upgrade == PROJECTS


def test_the_ledger_is_kept_hop_by_hop(tmp_path):
    desk = Desk(tmp_path)
    desk.note("2026.1", base="done", upgraded=("keystone",))
    assert desk.read() == Ledger("2026.1", "done", ("keystone",))
    desk.note("2027.1", base="begun")
    assert desk.read() == Ledger("2027.1", "begun")


@pytest.mark.parametrize("text", ['{"hop": "2026', "[]", '{"hop": "2026.1"}', "null"])
def test_a_ledger_that_makes_no_sense_is_not_taken_for_none(text, tmp_path):
    desk = Desk(tmp_path)
    (tmp_path / "stairlift" / "ledger.json").write_text(text)
    for look in (desk.read, lambda: Desk(tmp_path)):
        with pytest.raises(OSError, match=r"ledger\.json makes no sense"):
            look()


def test_a_number_that_passed_to_another_process_keeps_nobody_out(tmp_path):
    import os

    desk = Desk(tmp_path)
    desk.driver_started(task("base"), os.getpid(), 1)
    try:
        Desk(tmp_path)
    except Busy:
        pytest.fail("this process is no driver")
