"""`use = "command"` with `run_on = "host"`, over a real OpenSSH server on loopback."""

import asyncio
import subprocess
import time

import pytest

from real.loopback import bench, loopback, running, until
from stairlift.strategy.command import CommandUpgradeStrategy
from stairlift.testing.strategy_contract import a_step

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def ssh(tmp_path_factory):
    with loopback(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture
def attempts(tmp_path):
    with bench(tmp_path) as made:
        yield made


def there(ssh, folder, text, *words, **options):
    """A strategy whose command is a script that lies in a folder of the hosts."""
    script = folder / "step"
    script.write_text(f"#!/bin/sh\n{text}\n")
    script.chmod(0o755)
    given = {"folder": "/etc", "argv": ["./step", *words], "run_on": "host", "cwd": str(folder)}
    return CommandUpgradeStrategy({**given, "ssh": {"config": ssh.config}, **options})


def on(*hosts, **changes):
    return a_step(hosts=hosts, **changes)


def test_it_runs_on_each_host_in_its_folder_and_is_told_what_every_process_is_told(ssh, attempts, tmp_path):
    text = 'echo "$1 $STAIRLIFT_HOST $STAIRLIFT_TO $STAIRLIFT_ACTION it is $PWD" >> said'
    verdict = attempts.do(there(ssh, tmp_path, text, "{host}"), on("ctl1", "cmp1"))
    assert verdict.result == "done", verdict
    first, second = (tmp_path / "said").read_text().splitlines()
    assert first == f"ctl1 ctl1 2026.1 upgrade it is {tmp_path}"
    assert second.startswith("cmp1 cmp1 ")


def test_it_stops_at_the_first_host_that_fails(ssh, attempts, tmp_path):
    verdict = attempts.do(there(ssh, tmp_path, "echo no disk space; exit 3"), on("ctl1", "cmp1"))
    assert (verdict.result, verdict.temporary) == ("failed", False)
    assert verdict.reason == "ctl1: exit status 3: no disk space"
    assert '"cmp1"' not in attempts.file(on("ctl1", "cmp1"), "progress.jsonl")


@pytest.mark.parametrize(("code", "temporary"), [(75, True), (255, False), (1, False)])
def test_an_exit_status_is_the_commands_own(ssh, attempts, tmp_path, code, temporary):
    verdict = attempts.do(there(ssh, tmp_path, f"exit {code}"), on("cmp1"))
    assert (verdict.result, verdict.temporary, verdict.reason) == ("failed", temporary, f"cmp1: exit status {code}")


def test_a_program_that_is_not_there_is_found_there(ssh, attempts, tmp_path):
    verdict = attempts.do(there(ssh, tmp_path, "true", argv=["./absent"]), on("cmp1"))
    assert verdict.result == "failed"
    assert "exit status 127" in verdict.reason


def test_a_host_that_is_not_there_has_had_nothing_done(ssh, attempts, tmp_path):
    verdict = attempts.do(there(ssh, tmp_path, "true"), on("gone"))
    assert (verdict.result, verdict.temporary) == ("failed", True)
    assert "nothing was done there" in verdict.reason


#: A command that does not want to end: a child in a session of its own, SIGHUP and SIGTERM ignored.
STUBBORN = "trap '' HUP TERM; setsid sleep %(mark)s & sleep %(mark)s; sleep %(mark)s"


def test_an_attempt_that_is_ended_ends_there_too(ssh, attempts, tmp_path):
    strategy, step = there(ssh, tmp_path, STUBBORN % {"mark": 4721}), on("cmp1")

    async def ended():
        task = asyncio.create_task(attempts.attempt(strategy, step))
        await until(lambda: len(running("4721")) == 2)
        await attempts.end(step)
        await until(lambda: not running("4721") and not running("./step"))
        return await task

    assert asyncio.run(ended()).result == "unknown"


def test_a_retry_waits_for_what_a_broken_connection_left(ssh, attempts, tmp_path):
    strategy, step = there(ssh, tmp_path, STUBBORN % {"mark": 4722}), on("cmp1")
    quick = there(ssh, tmp_path / "..", "true", argv=["true"])

    async def broken():
        task = asyncio.create_task(attempts.attempt(strategy, step))
        await until(lambda: len(running("4722")) == 2)
        ssh.drop_connections()
        verdict, began = await task, time.monotonic()
        retried = await attempts.attempt(quick, step, 2)
        return verdict, retried, time.monotonic() - began

    verdict, retried, waited = asyncio.run(broken())
    assert verdict.result == "unknown"
    assert "the connection was lost" in verdict.reason
    assert retried.result == "done", retried
    assert not running("4722"), "the retry began while the first attempt still ran"
    assert waited > 3, "the first attempt was to take its time"


def test_undo_runs_there_too(ssh, attempts, tmp_path):
    strategy = there(ssh, tmp_path, "true", undo=["touch", f"{tmp_path}/undone-{{host}}"])
    job = strategy.job(attempts.assignment(on("cmp1"), undo=True))
    done = subprocess.run((*job.argv[:-1], _written(job, tmp_path)), check=False, timeout=30)
    assert done.returncode == 0
    assert (tmp_path / "undone-cmp1").exists()


def _written(job, folder):
    path = folder / "acts.json"
    path.write_text(job.files["acts.json"])
    return str(path)


def test_the_runbook_can_be_pasted(ssh, tmp_path):
    (line,) = there(ssh, tmp_path, 'echo "$PWD $1"', "it's {host}").runbook(on("cmp1"))
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False, timeout=30)
    assert done.stdout.strip() == f"{tmp_path} it's cmp1", done.stderr
