"""What a shell completes, typed into a real bash; and that whatever is wrong with a journal completes nothing, quietly."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from houses import settings_in
from journals import Ledger
from stairlift.cli.completing import script
from stairlift.testing.plans import a_plan, a_step
from stairlift.wiring.office import open_office

#: Presses the key behind these words as readline does, and prints what there is.
PRESS = """\
source ./completion
COMP_LINE={line}
read -r -a COMP_WORDS <<<"$COMP_LINE"
[[ $COMP_LINE == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
COMP_POINT=${{#COMP_LINE}}
{function} stairlift
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


class Shell:
    """A bash in a folder with a journal, a plan and a stairlift.toml."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        (folder / "completion").write_text(script("bash"))
        program = folder / "bin" / "stairlift"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m stairlift "$@"\n')
        program.chmod(0o755)

    def completes(self, line: str) -> list[str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("STAIRLIFT_", "OS_", "XDG_"))}
        own = {"HOME": str(self.folder), "STAIRLIFT_STATE_DIR": str(self.state)}
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-c", PRESS.format(line=f"'{line}'", function="_stairlift_completion")],
            cwd=self.folder,
            env=kept | own | {"PATH": path},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert done.stderr == ""
        return done.stdout.split()


@pytest.fixture
def shell(tmp_path):
    if shutil.which("bash") is None:
        pytest.skip("there is no bash")
    return Shell(tmp_path)


@pytest.fixture
def ledger(tmp_path):
    settings = settings_in(tmp_path)
    plan = a_plan(a_step("2025.2-compute@cmp1", hosts=("cmp1",)), a_step("2025.2-compute@cmp2", hosts=("cmp2",)))
    return Ledger.begun(open_office(settings), plan)


def test_commands_and_options(shell):
    assert shell.completes("stairlift sta") == ["status"]
    assert shell.completes("stairlift status --wa") == ["--watch"]
    assert shell.completes("stairlift list -o ") == ["table", "json", "yaml", "value", "csv"]


def test_what_is_on_record(shell, ledger):
    run = ledger.run.id
    assert shell.completes("stairlift status ") == [run]
    assert shell.completes(f"stairlift retry {run[:3]}") == [run]
    assert shell.completes(f"stairlift retry {run} 2025.2-compute@") == ["2025.2-compute@cmp1", "2025.2-compute@cmp2"]
    assert shell.completes(f"stairlift logs {run} --step 2025.2-compute@cmp2") == ["2025.2-compute@cmp2"]
    assert shell.completes("stairlift status --why 2025.2-compute@cmp1") == ["2025.2-compute@cmp1"]
    assert shell.completes("stairlift plan --hosts c") == ["cmp1", "cmp2"]


def test_words_that_are_always_the_same(shell):
    assert "2026.1" in shell.completes("stairlift plan --to 2026")
    assert shell.completes("stairlift plan --to gaz") == ["gazpacho"]
    assert shell.completes("stairlift run plan.json --stop-after co") == ["control", "compute"]


def test_plans_and_channels(shell):
    (shell.folder / "plan.json").write_text("{}")
    (shell.folder / "plans").mkdir()
    (shell.folder / "plans" / "b.json").write_text("{}")
    assert shell.completes("stairlift run pla") == ["plan.json", "plans/"]
    assert shell.completes("stairlift run plans/") == ["plans/b.json"]
    (shell.folder / "stairlift.toml").write_text('[[notify]]\nname = "ops"\nuse = "webhook"\nurl = "http://h/"\n')
    assert shell.completes("stairlift notices --test ") == ["ops"]


class TestTrouble:
    def test_no_journal(self, shell):
        assert shell.completes("stairlift status ") == []

    def test_a_journal_that_is_none(self, shell):
        shell.state.mkdir()
        (shell.state / "stairlift.sqlite").write_text("what is this?")
        assert shell.completes("stairlift status ") == []

    def test_a_journal_that_somebody_keeps_locked(self, shell, ledger):
        ledger.office.store.close()
        with sqlite3.connect(shell.state / "stairlift.sqlite", isolation_level=None) as other:
            other.execute("PRAGMA journal_mode = DELETE")
            other.execute("PRAGMA locking_mode = EXCLUSIVE")
            other.execute("BEGIN EXCLUSIVE")
            assert shell.completes("stairlift status ") == []

    def test_settings_that_are_wrong(self, shell, ledger):
        (shell.folder / "stairlift.toml").write_text("[polcy]\n")
        assert shell.completes("stairlift status ") == []

    def test_a_journal_on_a_server_that_is_gone(self, shell):
        (shell.folder / "bin" / "stairlift").write_text(
            f'#!/bin/sh\nSTAIRLIFT_DATABASE_URL=postgresql://h.invalid/x exec {sys.executable} -m stairlift "$@"\n'
        )
        assert shell.completes("stairlift status ") == []


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_every_shell_has_a_script(name, tmp_path):
    text = script(name)
    assert "_STAIRLIFT_COMPLETE" in text
    if shutil.which(name):
        (tmp_path / "script").write_text(text)
        subprocess.run([name, "-n", tmp_path / "script"], check=True, timeout=30)


def test_it_takes_less_than_a_blink(shell, ledger):
    """CPU time, since the machine may be busy: at most 0.3 s for a run of a few thousand steps."""
    many = a_plan(*(a_step(f"2025.2-compute@cmp{n}", hosts=(f"cmp{n}",)) for n in range(2000)), cloud="other")
    Ledger.begun(ledger.office, many)
    environ = {**os.environ, "STAIRLIFT_STATE_DIR": str(shell.state), "HOME": str(shell.folder)}
    words = {"COMP_WORDS": "stairlift\nlogs\n--step\n2025.2-compute@cmp19", "COMP_CWORD": "3"}
    best = min(_cpu({**environ, **words, "_STAIRLIFT_COMPLETE": "complete_bash"}, shell.folder) for _ in range(3))
    assert best < 0.45, "0.3 s, and what a loaded machine adds"


def _cpu(environ, folder) -> float:
    before = os.times()
    done = subprocess.run(
        [sys.executable, "-m", "stairlift"], env=environ, cwd=folder, capture_output=True, text=True, check=False
    )
    after = os.times()
    assert "2025.2-compute@cmp19" in done.stdout
    return after.children_user + after.children_system - before.children_user - before.children_system
