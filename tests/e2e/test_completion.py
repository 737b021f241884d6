"""What a shell completes, typed into a real bash, zsh and fish; and that whatever is wrong with a journal completes nothing, quietly."""

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from browsers import served as serving
from houses import a_token, settings_in
from journals import Ledger
from operating import PATIENCE, Operator, Terminal, until
from served import served
from stairlift.cli.completing import script
from stairlift.store.opening import open_engine, upgrade
from stairlift.testing.plans import a_plan, a_step
from stairlift.web.app import the_app
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
        self.own: dict[str, str] = {}
        (folder / "completion").write_text(script("bash"))
        program = folder / "bin" / "stairlift"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m stairlift "$@"\n')
        program.chmod(0o755)

    @property
    def operator(self) -> Operator:
        """Who sits at it."""
        return Operator(self.folder, self.own | {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"})

    def completes(self, line: str) -> list[str]:
        return self.does("bash", PRESS.format(line=f"'{line}'", function="_stairlift_completion"))

    def does(self, program: str, script: str) -> list[str]:
        """The words that a script of one of the shells prints."""
        done = subprocess.run(
            [program, "-c", script],
            cwd=self.folder,
            env=self.operator.environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
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


def test_what_is_on_record_on_a_server(shell, postgres):
    url = postgres.database()
    upgrade(open_engine(url))
    settings = replace(settings_in(shell.folder), database_url=url)
    ledger = Ledger.begun(open_office(settings), a_plan(a_step("2025.2-compute@cmp1", hosts=("cmp1",))))
    shell.own["STAIRLIFT_DATABASE_URL"] = url
    for line, word in (
        ("stairlift status ", ledger.run.id),
        ("stairlift logs --step 2", "2025.2-compute@cmp1"),
        ("stairlift plan --hosts c", "cmp1"),
    ):
        until(lambda line=line, word=word: shell.completes(line) == [word])  # a server that is slow is given up


class TestOverAServer:
    """What is completed is the server's, also where there is a journal on this machine."""

    @pytest.fixture
    def server(self, tmp_path_factory):
        scene = served(tmp_path_factory.mktemp("house"))
        with serving(the_app(scene.house)) as url:
            yield scene, url

    def test_what_is_on_its_record(self, shell, ledger, server):
        scene, url = server
        shell.own |= {"STAIRLIFT_URL": url, "STAIRLIFT_TOKEN": a_token(scene.house, "read")}
        host = scene.plan.step(scene.failed).hosts[0]
        for line, words in (
            ("stairlift status ", [scene.run]),
            (f"stairlift retry {scene.run} {scene.failed}", [scene.failed]),
            (f"stairlift plan --hosts {host}", [host]),
        ):
            until(lambda line=line, words=words: shell.completes(line) == words)
        assert shell.completes(f"stairlift status {ledger.run.id}") == []

    @pytest.mark.parametrize("trouble", ["nobody listens", "it hangs", "no token", "no address"])
    def test_a_server_that_does_not_answer_completes_nothing(self, shell, ledger, trouble):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            if trouble == "it hangs":
                silent.listen()
            address = f"http://127.0.0.1:{silent.getsockname()[1]}"
            shell.own["STAIRLIFT_URL"] = "nowhere" if trouble == "no address" else address
            shell.own["STAIRLIFT_TOKEN"] = "" if trouble == "no token" else "stl_t"
            assert shell.completes(f"stairlift status {ledger.run.id[:3]}") == []

    def test_channels_are_its_own(self, shell):
        (shell.folder / "stairlift.toml").write_text('[[notify]]\nname = "ops"\nuse = "webhook"\nurl = "http://h/"\n')
        shell.own |= {"STAIRLIFT_URL": "http://127.0.0.1:1", "STAIRLIFT_TOKEN": "stl_t"}
        assert shell.completes("stairlift notices --test ") == []


class TestOtherShells:
    def test_zsh(self, shell, ledger):
        _demand("zsh")
        (shell.folder / "completion").write_text(script("zsh"))
        at = Terminal(shell.operator, "-f", "-i", command=("zsh",), TERM="dumb")
        at.types("autoload -U compinit; compinit -D -u; source ./completion; echo re''ady\n").until("ready")
        at.types("stairlift sta\t").until("tus")
        at.types(f"\x15stairlift retry {ledger.run.id[:4]}\t").until(ledger.run.id[4:])
        at.types("2025.2-c\t").until("ompute@cmp").types("\t").until("2025.2-compute@cmp2")
        at.types("\x15exit\n")
        assert at.leaves() == 0

    def test_fish(self, shell, ledger):
        _demand("fish")
        (shell.folder / "completion").write_text(script("fish"))

        def completes(line):
            return shell.does("fish", f"source ./completion; complete -C '{line}' | cut -f1")

        run = ledger.run.id
        assert completes("stairlift sta") == ["status"]
        assert completes(f"stairlift retry {run[:3]}") == [run]
        assert completes(f"stairlift retry {run} 2025.2-c") == ["2025.2-compute@cmp1", "2025.2-compute@cmp2"]


def _demand(name):
    if shutil.which(name) is None:
        pytest.skip(f"there is no {name}")


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
        shell.own["STAIRLIFT_DATABASE_URL"] = "postgresql://h.invalid/x"
        assert shell.completes("stairlift status ") == []


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_every_shell_has_a_script(name, tmp_path):
    text = script(name)
    assert "_STAIRLIFT_COMPLETE" in text
    if shutil.which(name):
        (tmp_path / "script").write_text(text)
        subprocess.run([name, "-n", tmp_path / "script"], check=True, timeout=30)


#: Each of them takes longer to import than all that a completion reads.
HEAVY = {"sqlalchemy", "alembic", "psycopg", "keystoneauth1", "openstack", "fastapi", "jinja2", "uvicorn"}
#: Completes what COMP_WORDS has, and leaves beside the words which modules it took and what it asked the journal.
SEEN = """\
import atexit, json, sqlite3, sys
asked = []
connect = sqlite3.connect
def connected(*given, **more):
    connection = connect(*given, **more)
    connection.set_trace_callback(asked.append)
    return connection
sqlite3.connect = connected
@atexit.register
def leave():
    with open("seen", "w") as file:
        json.dump({"modules": sorted({name.partition(".")[0] for name in sys.modules}), "asked": asked}, file)
sys.argv = ["stairlift"]
from stairlift.__main__ import main
main()
"""


@pytest.mark.parametrize("words", ["status ", "logs --step 2025.2-compute@cmp19", "retry {run} "])
def test_what_it_takes_is_little(shell, ledger, words):
    """Why it takes a moment only: it imports no library of the other edges, and of a plan it reads what it shows."""
    line = f"stairlift {words.format(run=ledger.run.id)}".split(" ")
    environ = {**os.environ, "STAIRLIFT_STATE_DIR": str(shell.state), "HOME": str(shell.folder)}
    asked = {"COMP_WORDS": "\n".join(line), "COMP_CWORD": str(len(line) - 1), "_STAIRLIFT_COMPLETE": "complete_bash"}
    subprocess.run([sys.executable, "-c", SEEN], env=environ | asked, cwd=shell.folder, timeout=PATIENCE, check=False)
    seen = json.loads((shell.folder / "seen").read_text())
    assert "sqlite3" in seen["modules"]
    assert not HEAVY.intersection(seen["modules"])
    assert any("FROM run" in query for query in seen["asked"])
    assert not [query for query in seen["asked"] if "document" in query], "no plan is read"
