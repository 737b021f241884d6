"""`stairlift guard` as a deployer's wrapper calls it."""

import os
import subprocess

from journals import Ledger
from operating import COMMAND
from stairlift.testing.plans import a_plan, a_step
from stairlift.wiring.config.settings import read_settings
from stairlift.wiring.office import open_office


def guard(folder, *words):
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "STAIRLIFT_STATE_DIR": str(folder / "state")}
    return subprocess.run(
        [*COMMAND, "guard", *words], cwd=folder, env=environ, capture_output=True, text=True, timeout=60, check=False
    )


def busy(folder):
    settings = read_settings({"STAIRLIFT_STATE_DIR": str(folder / "state")}, folder, folder)
    return Ledger.begun(open_office(settings), a_plan(a_step("a"))).run


def test_it_becomes_the_command_with_every_word_of_it(tmp_path):
    done = guard(tmp_path, "--", "sh", "-c", 'echo "$@" >&2; exit 7', "sh", "--limit", "cmp1", "-i", "a b")
    assert (done.returncode, done.stderr) == (7, "--limit cmp1 -i a b\n")


def test_it_refuses_while_a_run_holds_the_cloud(tmp_path):
    run = busy(tmp_path)
    done = guard(tmp_path, "--", "touch", "started")
    assert done.returncode == 4
    assert run.id in done.stderr
    assert f"stairlift resume {run.id}" in done.stderr
    assert not (tmp_path / "started").exists()
    assert guard(tmp_path, "--os-cloud", "elsewhere", "--", "touch", "started").returncode == 0


def test_a_command_that_is_not_there_is_named(tmp_path):
    done = guard(tmp_path, "--", "no-such-deployer")
    assert done.returncode == 2
    assert "no-such-deployer" in done.stderr
