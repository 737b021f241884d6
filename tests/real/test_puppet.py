"""Debian's real Puppet 7, by apply and by agent, over a real sshd on loopback and here: each of its traps, seen."""

import asyncio
import socket
import subprocess
import time

import pytest

from real.loopback import bench, loopback, require, running, until
from stairlift.strategy.puppet import PuppetUpgradeStrategy
from stairlift.testing.strategy_contract import a_step

pytestmark = pytest.mark.real

SITE = """
class nova($folder) {
  file { "${folder}/nova": content => "$environment\\n" }
}
class apt($folder) {
  file { "${folder}/apt": content => "fetched\\n" }
}
node default {
  class { 'nova': folder => '%(folder)s' }
  class { 'apt': folder => '%(folder)s' }
  %(more)s
}
"""


@pytest.fixture(scope="module", autouse=True)
def puppet():
    require("puppet-agent", "puppet")


@pytest.fixture(scope="module")
def ssh(tmp_path_factory):
    with loopback(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture
def site(tmp_path):
    with bench(tmp_path) as made:
        yield Site(tmp_path, made)


class Site:
    """Puppet code, and folders for Puppet's own files that no other Puppet uses."""

    def __init__(self, folder, made):
        self.folder = folder
        self.bench = made
        self.made = folder / "made"
        self.made.mkdir()
        (folder / "code" / "environments" / "epoxy_next" / "modules").mkdir(parents=True)
        self.write()

    def write(self, more=""):
        (self.folder / "site.pp").write_text(SITE % {"folder": self.made, "more": more})

    def write_raw(self, text):
        (self.folder / "site.pp").write_text(text)

    @property
    def settings(self):
        places = ("confdir", "vardir", "publicdir", "codedir", "ssldir")
        names = {"codedir": "code"}
        return {place: str(self.folder / names.get(place, place)) for place in places}

    @property
    def summary(self):
        return self.folder / "publicdir" / "last_run_summary.yaml"

    def options(self, ssh=None, **more):
        reach = {"ssh": {"config": ssh.config}} if ssh else {"local": True}
        mine = {"mode": "apply", "manifest": str(self.folder / "site.pp"), "settings": self.settings}
        return {"folder": str(self.folder), **reach, **mine, **more}

    def strategy(self, ssh=None, **more):
        return PuppetUpgradeStrategy(self.options(ssh, **more))

    def puppet(self, *words):
        """Puppet typed by hand: its exit status and all that it prints."""
        places = [word for name, value in self.settings.items() for word in (f"--{name}", value)]
        done = subprocess.run(["puppet", *words, *places], capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, done.stdout + done.stderr

    def apply(self, *words):
        return self.puppet("apply", *words, str(self.folder / "site.pp"))


def on(host, **changes):
    return a_step(hosts=(host,), services=("nova-compute",), **changes)


def test_apply_over_ssh_in_the_environment_of_the_release(site, ssh):
    strategy = site.strategy(ssh, environment={"2026.1": "epoxy_next"})
    verdict = site.bench.do(strategy, on("cmp1"))
    assert verdict.result == "done", verdict
    assert (site.made / "nova").read_text() == "epoxy_next\n"
    assert verdict.facts["changed"] == "2"
    progress = site.bench.file(on("cmp1"), "progress.jsonl")
    assert '"kind": "progress"' in progress
    assert '"done": 1, "total": ' in progress
    assert "Applied catalog" in site.bench.file(on("cmp1"), "log")


def test_what_the_runbook_prints_does_the_same(site, ssh):
    (line,) = site.strategy(ssh).runbook(on("cmp1"))
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2, done.stdout + done.stderr
    assert (site.made / "nova").exists()


def test_noop_is_always_zero_so_the_summary_tells(site, ssh):
    assert site.apply("--detailed-exitcodes", "--noop")[0] == 0
    step = on("cmp1", action="prepare", stage="prepare")
    verdict = site.bench.do(site.strategy(ssh), step)
    assert (verdict.result, verdict.facts["changed"], verdict.facts["noop"]) == ("done", "0", "2")
    assert list(site.made.iterdir()) == []


def test_noop_in_puppet_conf_does_not_turn_an_upgrade_into_nothing(site):
    (site.folder / "confdir").mkdir(exist_ok=True)
    (site.folder / "confdir" / "puppet.conf").write_text("[main]\nnoop = true\n")
    assert site.apply("--detailed-exitcodes")[0] == 0
    assert not (site.made / "nova").exists()
    assert site.bench.do(site.strategy(), on("cmp1")).result == "done"
    assert (site.made / "nova").exists()


def test_resources_that_say_noop_are_no_upgrade(site):
    site.write_raw(f"node default {{ file {{ '{site.made}/nova': content => 'x', noop => true, tag => 'nova' }} }}")
    verdict = site.bench.do(site.strategy(), on("cmp1"))
    assert verdict.result == "failed"
    assert "only looked at" in verdict.reason


def test_a_tag_that_matches_nothing_is_a_failure(site):
    assert site.apply("--detailed-exitcodes", "--tags", "absent")[0] == 0
    verdict = site.bench.do(site.strategy(tags=["absent"]), on("cmp1"))
    assert verdict.result == "failed"
    assert "no tag matches one" in verdict.reason


def test_a_companion_alone_is_not_the_project(site):
    verdict = site.bench.do(site.strategy(), on("cmp1", project="glance"))
    assert verdict.result == "failed"
    assert "nothing was applied for glance" in verdict.reason
    assert (site.made / "apt").exists()


def test_a_code_that_does_not_compile_leaves_the_summary_of_before(site):
    assert site.bench.do(site.strategy(), on("cmp1")).result == "done"
    before = site.summary.read_text()
    site.write("undefined_function()")
    verdict = site.bench.do(site.strategy(), on("cmp1"), attempt=2)
    assert verdict.result == "failed"
    assert "Puppet did not run: " in verdict.reason
    assert "undefined_function" in verdict.reason
    assert site.summary.read_text() == before


def test_a_summary_of_an_earlier_run_proves_nothing(site):
    assert site.bench.do(site.strategy(), on("cmp1")).result == "done"
    quiet = site.folder / "quiet-puppet"
    quiet.write_text('#!/bin/sh\n[ "$1" = config ] && exec puppet "$@"\nexit 0\n')
    quiet.chmod(0o755)
    time.sleep(1.1)  # the summary's time is in whole seconds
    verdict = site.bench.do(site.strategy(command=[str(quiet)]), on("cmp1", id="quiet"))
    assert verdict.result == "failed"
    assert "earlier run" in verdict.reason


def test_a_failure_is_seen_only_with_detailed_exit_codes(site):
    site.write("exec { '/bin/false': tag => 'nova' }")
    assert site.apply()[0] == 0
    verdict = site.bench.do(site.strategy(), on("cmp1"))
    assert verdict.result == "failed"
    assert "resources failed: " in verdict.reason
    assert "/bin/false" in verdict.reason


def test_a_refresh_that_failed_is_lost_to_puppet_and_not_to_a_retry(site):
    db = site.folder / "db-is-up"
    site.write(
        f"file {{ '{site.made}/conf': content => 'new', tag => 'nova' }}"
        f" ~> exec {{ '/usr/bin/test -e {db} && /usr/bin/touch {site.made}/synced':"
        " refreshonly => true, provider => shell, tag => 'nova' }"
    )
    strategy = site.strategy(restart=["touch", f"{site.made}/restarted-{{unit}}"])
    first = site.bench.do(strategy, on("cmp1"))
    assert first.result == "failed"
    assert "does not repeat a refresh" in first.reason
    db.touch()
    assert site.apply("--detailed-exitcodes")[0] == 0
    assert not (site.made / "synced").exists(), "Puppet has learned to repeat it: tell the documentation"
    assert site.bench.do(strategy, on("cmp1"), attempt=2).result == "done"
    assert (site.made / "restarted-nova-compute").exists()


def test_a_database_step_brings_the_code_and_is_a_command_of_its_own(site, ssh):
    site.write(f"file {{ '{site.made}/package': content => 'new', tag => 'nova-package' }}")
    command = f"sh -c 'test -e {site.made}/package && touch {site.made}/synced'"
    strategy = site.strategy(ssh, commands={"nova": {"db-expand": [command]}})
    step = on("ctl1", action="db-expand", stage="control", plane="control")
    verdict = site.bench.do(strategy, step)
    assert verdict.result == "done", verdict
    assert (site.made / "synced").exists()
    assert not (site.made / "nova").exists(), "only the packages were to come"


def test_one_run_at_a_time_on_a_host(site, ssh):
    site.write("exec { '/bin/sleep 5': tag => 'nova' }")
    first, second = on("cmp1"), on("cmp1", id="other")

    async def both():
        slow = asyncio.create_task(site.bench.attempt(site.strategy(ssh), first))
        await until(lambda: "sleep 5]: Starting" in site.bench.file(first, "log"))
        refused = await site.bench.attempt(site.strategy(ssh, wait_for_lock=1), second)
        return await slow, refused

    done, refused = asyncio.run(both())
    assert done.result == "done", done
    assert (refused.result, refused.temporary) == ("failed", True)
    assert "holds the lock" in refused.reason


def test_sigterm_leaves_what_puppet_had_started(site):
    site.write("exec { '/bin/sleep 4711': tag => 'nova', timeout => 0 }")
    words = [f"--{name}={value}" for name, value in site.settings.items()]
    alone = subprocess.Popen(["puppet", "apply", *words, site.folder / "site.pp"], stdout=subprocess.DEVNULL)
    try:
        asyncio.run(until(lambda: running("4711")))
        alone.terminate()
        alone.wait(60)
        assert running("4711"), "Puppet has learned to take it along: tell the documentation"
    finally:
        alone.kill()
        for left in running("4711"):
            left.kill()


def test_an_attempt_that_is_ended_leaves_nothing_on_the_host(site, ssh):
    site.write("exec { '/bin/sleep 4712': tag => 'nova', timeout => 0 }")
    step = on("cmp1")

    async def ended():
        task = asyncio.create_task(site.bench.attempt(site.strategy(ssh), step))
        await until(lambda: running("4712"))
        await site.bench.end(step)
        verdict = await task
        await until(lambda: not running("4712"))
        return verdict

    assert asyncio.run(ended()).result == "unknown"


def test_a_connection_that_breaks_leaves_nobody_knows_what(site, ssh):
    site.write("exec { '/bin/sleep 4713': tag => 'nova', timeout => 0 }")

    async def broken():
        task = asyncio.create_task(site.bench.attempt(site.strategy(ssh), on("cmp1")))
        await until(lambda: running("4713"))
        ssh.drop_connections()
        verdict = await task
        await until(lambda: not running("4713"))
        return verdict

    verdict = asyncio.run(broken())
    assert verdict.result == "unknown"
    assert "the connection was lost" in verdict.reason


def test_a_host_that_is_not_there_has_had_nothing_done(site, ssh):
    verdict = site.bench.do(site.strategy(ssh), on("gone"))
    assert (verdict.result, verdict.temporary) == ("failed", True)
    assert "nothing was done there" in verdict.reason
    assert "refused" in verdict.reason


def agent(site, ssh=None, **more):
    settings = {**site.settings, "server": "127.0.0.1", "serverport": 9, "waitforcert": 0, **more.pop("settings", {})}
    options = {k: v for k, v in site.options(ssh, mode="agent", settings=settings, **more).items() if k != "manifest"}
    return PuppetUpgradeStrategy(options)


def test_an_agent_that_is_disabled_says_why(site, ssh):
    site.puppet("agent", "--disable", "a window of ours")
    verdict = site.bench.do(agent(site, ssh), on("cmp1"))
    assert (verdict.result, verdict.temporary) == ("failed", False)
    assert "administratively disabled (Reason: 'a window of ours')" in verdict.reason


def test_an_agent_without_its_server_may_be_asked_again(site):
    verdict = site.bench.do(agent(site), on("cmp1"))
    assert (verdict.result, verdict.temporary) == ("failed", True), verdict
    assert "127.0.0.1" in verdict.reason


def test_an_agent_waits_for_another_and_then_says_so(site):
    # the other one listens to a server that never answers, and holds the lock that an agent takes first
    with socket.create_server(("127.0.0.1", 0)) as silent:
        places = [word for name, value in site.settings.items() for word in (f"--{name}", value)]
        server = ["--server", "127.0.0.1", "--serverport", str(silent.getsockname()[1])]
        other = subprocess.Popen(["puppet", "agent", "--onetime", "--no-daemonize", *places, *server])
        try:
            asyncio.run(until(lambda: list(site.folder.rglob("ssl.lock"))))
            verdict = site.bench.do(agent(site, wait_for_lock=2), on("cmp1"))
        finally:
            other.kill()
            other.wait()
    assert (verdict.result, verdict.temporary) == ("failed", True), verdict
    assert "maxwaitforlock timeout has been exceeded" in verdict.reason
