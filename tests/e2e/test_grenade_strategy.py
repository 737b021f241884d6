"""GrenadeUpgradeStrategy through the real executor, against the tree in tests/data/grenade.

`make test-grenade GRENADE_DIR=... DEVSTACK_DIR=...` runs the same against the real driver.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grenade_site import HOST, PASSWORD, PROJECTS, Attempts, build, opening, real_driver, until, upgrade
from stairlift.model.work import Verdict
from stairlift.strategy.grenade.rcfiles import PLUGIN

#: The real driver takes 23 to 80 s for what the small tree does in one.
pytestmark = pytest.mark.timeout(900 if real_driver() else 120)


@pytest.fixture
def site(tmp_path, monkeypatch):
    made = build(tmp_path / "node")
    monkeypatch.setenv("PATH", f"{made.root}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(made.root))
    yield made
    for process in made.processes():
        process.kill()


@pytest.fixture
def attempts(site):
    return Attempts(site, site.strategy())


@pytest.fixture
def opened(attempts):
    """A node whose base half is done."""
    verdict = attempts.make(opening())
    assert verdict.result == "done", (verdict, attempts.log(opening()))
    return attempts


def test_the_base_half_stops_everything_and_keeps_resources(opened, site):
    assert set(site.services().values()) == {"old stopped"}
    assert site.lines("resources") == [
        f"{name} {phase}"
        for phase in ("early_create", "create", "verify pre-upgrade", "verify_noapi pre-upgrade")
        for name in PROJECTS
    ]


def test_one_project_after_the_other_and_the_last_one_looks_after_all(opened, site):
    before = len(site.lines("resources"))
    for number, project in enumerate(PROJECTS, 1):
        verdict = opened.make(upgrade(project))
        assert verdict == Verdict("done", facts={"projects": project}), opened.log(upgrade(project))
        assert site.lines("upgraded") == list(PROJECTS[:number])
    assert set(site.services().values()) == {"new running"}
    after = site.lines("resources")[before:]
    assert after == [
        *(f"{name} verify post-upgrade" for name in PROJECTS),
        *(f"{name} destroy" for name in reversed(PROJECTS)),
    ]


def test_the_whole_node_in_one_step(site):
    attempts = Attempts(site, site.strategy(by="node"))
    assert attempts.make(opening()).result == "done"
    verdict = attempts.make(upgrade(None))
    assert verdict.result == "done", attempts.log(upgrade(None))
    assert site.lines("upgraded") == list(PROJECTS)


def test_progress_is_told_step_by_step(opened):
    assert opened.make(upgrade("alpha")).result == "done"
    told = [event for event in opened.events(upgrade("alpha")) if event["kind"] == "phase"]
    assert [(e["text"], e["phase"], e["project"]) for e in told if e["step_of"][0] in (1, 3)] == [
        ("step 1 of 5: Preparing the target devstack environment", "prepare", ""),
        ("step 3 of 5: Upgrading alpha...", "projects", "alpha"),
    ]
    assert told[-1]["step_of"] == [5, 5]
    base = [e["text"] for e in opened.events(opening()) if e["kind"] == "phase"]
    assert "step 6 of 8: Shutting down all services on base devstack..." in base


def test_the_operators_tree_stays_as_it_is(opened, site):
    made = {path.name for path in (site.root / "grenade").iterdir()}
    assert "localrc" not in made
    assert "pluginrc" not in made


def test_the_operators_own_rc_files_hold_and_ours_win(site):
    (site.root / "grenade" / "localrc").write_text(f"export OPERATORS=yes\nSTACK_ROOT={site.root}/elsewhere\n")
    attempts = Attempts(site, site.strategy())
    assert attempts.make(opening()).result == "done"
    assert attempts.make(upgrade("alpha")).result == "done"
    assert (site.stack / "operators").exists()
    assert not (site.root / "elsewhere").exists()


def test_no_password_leaves_the_node(opened, site):
    opened.make(upgrade("alpha"))
    assert PASSWORD in (site.stack / "logs" / "grenade.sh.log").read_text()
    kept = opened.folder(upgrade("alpha")) / "grenade.sh.log"
    assert "ADMIN_PASSWORD=***" in kept.read_text()
    assert PASSWORD not in opened.texts(upgrade("alpha")) + opened.texts(opening())


# Failure, state by state


def test_a_failure_before_the_shutdown_leaves_the_base_running(attempts, site):
    site.knob("create-beta", 4)
    verdict = attempts.make(opening())
    assert verdict.result == "failed"
    assert "exit status 4" in verdict.reason
    assert "the base still runs, and test resources are left over" in verdict.reason
    assert set(site.services().values()) == {"old running"}
    site.mend("create-beta")
    assert attempts.make(opening(), 2).result == "done", "nothing was stopped, so it may be tried again"


def test_a_failure_in_the_shutdown_is_past_the_point_of_no_return(attempts, site):
    site.knob("shutdown-beta", 3)
    verdict = attempts.make(opening())
    assert verdict.result == "failed"
    assert "services of alpha, beta, gamma are stopped: nothing leads back" in verdict.reason
    site.mend("shutdown-beta")
    again = attempts.make(opening(), 2)
    assert again.result == "failed"
    assert "has shut services down here before" in again.reason
    assert site.services()["alpha"] == "old running", "nothing more was done"


def test_what_a_failing_project_leaves_and_that_the_rest_resumes(opened, site):
    assert opened.make(upgrade("alpha")).result == "done"
    site.knob("die-beta", 7)
    verdict = opened.make(upgrade("beta"))
    assert verdict.result == "failed"
    assert "grenade.sh: exit status 7" in verdict.reason
    assert "no room for the database of beta" in verdict.reason
    assert verdict.reason.endswith(
        f"On {HOST}: alpha upgraded; beta stopped, its database perhaps half migrated; gamma stopped, with the old code"
    )
    assert site.services() == {"alpha": "new running", "beta": "new migrating", "gamma": "old stopped"}
    site.mend("die-beta")
    assert opened.make(upgrade("beta"), 2).result == "done"
    assert opened.make(upgrade("gamma")).result == "done"
    assert site.lines("upgraded") == list(PROJECTS), "each once"


def test_a_whole_node_resumes_at_the_project_that_failed(site):
    attempts = Attempts(site, site.strategy(by="node"))
    attempts.make(opening())
    site.knob("die-beta", 7)
    assert attempts.make(upgrade(None)).result == "failed"
    site.mend("die-beta")
    assert attempts.make(upgrade(None), 2).result == "done"
    assert site.lines("upgraded") == list(PROJECTS), "each once"
    assert site.lines("resources")[-3:] == ["gamma destroy", "beta destroy", "alpha destroy"]


def test_a_failure_after_the_projects_says_that_all_are_new(opened, site):
    for project in PROJECTS[:2]:
        opened.make(upgrade(project))
    site.knob("verify-post-upgrade-alpha", 1)
    verdict = opened.make(upgrade("gamma"))
    assert verdict.result == "failed"
    assert f"On {HOST}, alpha, beta, gamma are upgraded and run; Grenade's test resources are still" in verdict.reason
    site.mend("verify-post-upgrade-alpha")
    assert opened.make(upgrade("gamma"), 2).result == "done"
    assert site.lines("resources")[-1] == "alpha destroy", "a retry does all that was left to do"


def test_a_byte_that_is_no_utf8_kills_the_driver_and_is_told(opened, site):
    site.knob("byte-alpha")
    verdict = opened.make(upgrade("alpha"))
    assert verdict.result == "failed"
    assert "log filter crashed" in verdict.reason
    assert "alpha stopped, its database perhaps half migrated" in verdict.reason


@pytest.mark.skipif(real_driver() is not None, reason="the real prep-target has no switch that makes it fail")
def test_what_the_driver_passes_over_in_silence_is_a_warning(opened, site):
    site.knob("prep-fails")
    verdict = opened.make(upgrade("alpha"))
    assert verdict.result == "done"
    assert "no-such-installer: command not found" in verdict.facts["first warning"]


def test_a_command_that_does_not_exist_is_a_warning_though_create_passed(attempts, site):
    site.knob("hidden")
    verdict = attempts.make(opening())
    assert verdict.result == "done"
    assert "no-such-client: command not found" in verdict.facts["first warning"]


def test_a_daemon_that_holds_the_output_is_not_waited_for_and_lives(opened, site):
    site.knob("hold-alpha", 3600)
    began = time.monotonic()
    verdict = opened.make(upgrade("alpha"))
    assert verdict.result == "done"
    assert time.monotonic() - began < (300 if real_driver() else 30)
    assert site.running("sleep", "3600"), "the upgraded service must go on"
    assert asyncio.run(opened.executor.remains(opened.id(upgrade("alpha")))) == ()
    assert opened.make(upgrade("beta")).result == "done", "it does not keep the next step out"


def test_another_list_of_projects_than_grenades_own_stops_before_anything_happens(site):
    attempts = Attempts(site, site.strategy(projects=["alpha", "beta"]))
    verdict = attempts.make(opening())
    assert verdict.result == "failed"
    assert "Grenade would upgrade 'alpha beta gamma' here, and stairlift.toml says 'alpha beta'" in verdict.reason
    assert set(site.services().values()) == {"old running"}


def test_a_project_before_the_base_half_is_refused(attempts, site):
    verdict = attempts.make(upgrade("alpha"))
    assert verdict.result == "failed"
    assert "the base half for 2026.1 has not run here" in verdict.reason
    assert site.lines("upgraded") == []


def test_a_project_out_of_turn_is_refused(opened, site):
    verdict = opened.make(upgrade("beta"))
    assert (verdict.result, verdict.reason) == ("failed", "alpha must be upgraded first")


def test_a_project_that_an_earlier_step_took_along_is_done(opened, site):
    opened.make(upgrade("alpha"))
    verdict = opened.of_run("r2").make(upgrade("alpha"))
    assert (verdict.result, verdict.facts) == ("done", {"projects": "new already, by an earlier step"})
    assert site.lines("upgraded") == ["alpha"]


def test_too_little_room_is_told_before_anything_happens(site):
    attempts = Attempts(site, site.strategy(free_gib=10**6))
    verdict = attempts.make(opening())
    assert verdict.result == "failed"
    assert "and 1000000 are wanted (free_gib)" in verdict.reason
    assert set(site.services().values()) == {"old running"}


def test_a_ledger_that_cannot_be_kept_is_told_before_anything_happens(attempts, site):
    (site.stack / "stairlift").write_text("in the way")
    verdict = attempts.make(opening())
    assert verdict.result == "failed"
    assert "the attempt cannot begin" in verdict.reason
    assert set(site.services().values()) == {"old running"}


def test_a_torn_ledger_does_not_run_the_base_half_again(opened, site):
    (site.stack / "stairlift" / "ledger.json").write_text('{"hop": "2026')
    resources = site.lines("resources")
    verdict = opened.make(opening(), 2)
    assert verdict.result == "failed"
    assert "ledger.json makes no sense" in verdict.reason
    assert site.lines("resources") == resources


def test_what_a_kill_left_of_our_plugin_is_made_anew(opened, site):
    place = site.stack / "plugins" / PLUGIN
    shutil.rmtree(place)
    (place.with_name(f"{PLUGIN}.new") / "devstack").mkdir(parents=True)
    assert opened.make(upgrade("alpha")).result == "done", opened.log(upgrade("alpha"))
    assert sorted(path.name for path in place.parent.glob("stairlift-*")) == [PLUGIN]


# Cancelling


def _asleep(site, project="beta", seconds=3600):
    site.knob(f"sleep-{project}", seconds)
    return (site.stack / "asleep").exists


def test_cancel_leaves_nothing_running_and_the_log_whole(opened, site):
    opened.make(upgrade("alpha"))
    verdict = asyncio.run(opened.cancelled_when(_asleep(site), upgrade("beta")))
    assert verdict.result == "unknown"
    assert "stopped on request" in verdict.reason
    assert "alpha upgraded; beta stopped, its database perhaps half migrated" in verdict.reason
    assert site.processes() == []
    kept = (opened.folder(upgrade("beta")) / "grenade.sh.log").read_text()
    assert "ERROR: Abort" in kept, "the trap ran, and the filter lived to write it down"
    assert "Exit code: 130" in kept
    assert (opened.folder(upgrade("beta")) / "error.log").read_text().count("Failure in") == 1


def test_stopped_by_force_leaves_nothing_running(opened, site):
    async def force():
        waiting = asyncio.create_task(opened.wait(upgrade("alpha")))
        await until(_asleep(site, "alpha"))
        await opened.executor.end(opened.id(upgrade("alpha")))
        return await waiting

    assert asyncio.run(force()).result == "unknown"
    assert site.processes() == []
    assert "ERROR: Abort" in (opened.folder(upgrade("alpha")) / "grenade.sh.log").read_text()


def test_after_a_cancelled_project_the_same_goes_on(opened, site):
    asyncio.run(opened.cancelled_when(_asleep(site, "alpha"), upgrade("alpha")))
    site.mend("sleep-alpha")
    assert opened.make(upgrade("alpha"), 2).result == "done"


def test_ignored_signals_are_not_inherited(opened, site):
    """As under nohup, or in a shell's background: bash could never take SIGINT back, and upgrade.sh ends by it."""
    kept = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGHUP)}
    try:
        verdict = asyncio.run(opened.cancelled_when(_asleep(site, "alpha"), upgrade("alpha")))
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
    assert verdict.result == "unknown"
    assert site.processes() == []
    assert "Exit code: 130" in (opened.folder(upgrade("alpha")) / "grenade.sh.log").read_text()


# Interruptions from outside

ORCHESTRATOR = """
import asyncio, sys
from pathlib import Path
from grenade_site import Attempts, Site, upgrade
site = Site(Path(sys.argv[1]))
asyncio.run(Attempts(site, site.strategy()).wait(upgrade("alpha")))
"""


def test_an_orchestrator_killed_with_minus_9_is_replaced_by_one_that_adopts(opened, site):
    asleep = _asleep(site, "alpha", 4)
    code = ["-c", ORCHESTRATOR, str(site.root)]
    path = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    first = subprocess.Popen([sys.executable, *code], env={**os.environ, "PYTHONPATH": path})
    asyncio.run(until(asleep))
    first.kill()
    first.wait()
    assert opened.make(upgrade("alpha")).result == "done"
    assert site.lines("upgraded") == ["alpha"]


def test_while_one_attempt_works_another_is_kept_out(opened, site):
    async def clash():
        waiting = asyncio.create_task(opened.wait(upgrade("alpha")))
        await until(_asleep(site, "alpha", 3))
        other = await opened.of_run("r2").wait(upgrade("alpha"))
        return other, await waiting

    other, first = asyncio.run(clash())
    assert (other.result, other.temporary) == ("failed", True)
    assert "another attempt works with" in other.reason
    assert first.result == "done"
    assert site.lines("upgraded") == ["alpha"]


def test_a_driver_whose_runner_was_killed_keeps_the_next_one_out(opened, site):
    async def orphan():
        waiting = asyncio.create_task(opened.wait(upgrade("alpha")))
        await until(_asleep(site, "alpha", 5))
        opened.runner(upgrade("alpha")).kill()
        return await waiting

    verdict = asyncio.run(orphan())
    assert verdict.result == "unknown"
    assert "may still work" in verdict.reason
    busy = opened.make(upgrade("alpha"), 2)
    assert busy.temporary
    assert "an earlier attempt still works with" in busy.reason
    asyncio.run(until(lambda: not site.running("./grenade.sh", "-t", "-q")))
    assert opened.make(upgrade("alpha"), 3).result == "done"


# The traps of the driver itself: what the strategy relies on, and why it does not do otherwise


def _drives(site, *words, cwd=None, localrc=""):
    settings = [f"STACK_ROOT={site.stack}", f"GIT_BASE=file://{site.root}/git", "GRENADE_USE_EXTERNAL_DEVSTACK=True"]
    settings += [f"export GIT_CONFIG_SYSTEM={site.root}/gitconfig", "ENABLE_TEMPEST=False", "RUN_SMOKE=False"]
    settings += ["BASE_DEVSTACK_BRANCH=stable/2025.1", "TARGET_DEVSTACK_BRANCH=stable/2026.1", localrc]
    (site.root / "grenade" / "localrc").write_text("\n".join(settings) + "\n")
    plugins = [f"enable_grenade_plugin {name} file://{site.root}/plugins/{name} master" for name in PROJECTS]
    (site.root / "grenade" / "pluginrc").write_text("\n".join(plugins) + "\n")
    environment = {"PATH": os.environ["PATH"], "HOME": str(site.root), "LANG": "C.UTF-8", "TERM": "dumb"}
    return subprocess.run(
        [str(site.root / "grenade" / "grenade.sh"), *words],
        cwd=cwd or site.root / "grenade",
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=600,
        check=False,
    )


def test_trap_both_halves_off_is_success_with_nothing_done(site):
    done = _drives(site, "-b", "-t", "-q")
    assert done.returncode == 0
    assert b"Grenade has completed" in done.stdout
    assert set(site.services().values()) == {"old running"}


def test_trap_an_unknown_flag_is_passed_over(site):
    done = _drives(site, "-x", "-b", "-t", "-q")
    assert done.returncode == 0
    assert b"illegal option" in done.stderr


def test_trap_stop_takes_the_second_word(site):
    assert _drives(site, "-s", "save-state", "-q").returncode == 1
    assert "STOP called for save-state" in (site.stack / "logs" / "grenade.sh.log").read_text()


def test_trap_stop_behind_another_flag_stops_elsewhere(site):
    assert _drives(site, "-q", "-s", "save-state").returncode == 1
    assert "STOP called for base-smoke" in (site.stack / "logs" / "grenade.sh.log").read_text()


def test_trap_another_working_directory_is_the_end(site):
    assert _drives(site, "-q", cwd=site.root).returncode == -signal.SIGPIPE
    assert set(site.services().values()) == {"old running"}


def test_trap_error_log_is_appended_to(site):
    site.knob("create-alpha", 3)
    _drives(site, "-b", "-q")
    size = (site.stack / "logs" / "error.log").stat().st_size
    _drives(site, "-b", "-q")
    assert (site.stack / "logs" / "error.log").stat().st_size > size > 0


def test_trap_logs_older_than_a_day_are_deleted(site):
    logs = site.stack / "logs"
    logs.mkdir(exist_ok=True)
    old = logs / "grenade.sh.log.2020-01-01-000000"
    old.write_text("")
    os.utime(old, (0, 0))
    _drives(site, "-b", "-t", "-q")
    assert not old.exists()


def test_trap_sigterm_to_the_driver_alone_leaves_the_upgrade_going(opened, site):
    async def alone():
        waiting = asyncio.create_task(opened.wait(upgrade("alpha")))
        await until(_asleep(site, "alpha", 2))
        driver = min(site.running("./grenade.sh", "-t", "-q"), key=lambda process: process.create_time())
        driver.terminate()
        return await waiting

    verdict = asyncio.run(alone())
    assert (verdict.result, "SIGTERM" in verdict.reason) == ("failed", True)
    asyncio.run(until(lambda: site.lines("upgraded") == ["alpha"]))
