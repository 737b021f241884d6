"""What leaves the program: readable on any terminal, whole in any pipe, and never a secret."""

import json
import subprocess
from pathlib import Path

import pytest

from operating import COMMAND, Operator, Terminal
from stairlift.sandbox.api.tokens import PASSWORD

STAIRLIFT = " ".join(COMMAND)


def shell(operator, script, **environ):
    """Type a line to bash; exit code (of the last command that failed in a pipe), stdout and stderr as bytes."""
    done = subprocess.run(
        ["/bin/bash", "-o", "pipefail", "-c", script.replace("stairlift", STAIRLIFT)],
        cwd=operator.folder,
        env=operator.environment(**environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode(errors="replace")
    assert b"Exception ignored" not in done.stderr, done.stderr.decode(errors="replace")
    return done


class TestReadersWhoLeave:
    @pytest.mark.parametrize(
        "command", ["discover", "plan --from 2025.1 --to 2025.2", "plan --from 2025.1 --to 2025.2 -o json"]
    )
    def test_of_data(self, operator, command):
        done = shell(operator, f"stairlift {command} 2>/dev/null | head -c 1")
        assert (done.returncode, len(done.stdout)) == (0, 1)

    def test_the_plan_is_written_all_the_same(self, operator):
        script = "stairlift plan --from 2025.1 --to 2025.2 --out plan.json -o json | head -c 1"
        assert shell(operator, script).returncode == 0
        assert json.loads((operator.folder / "plan.json").read_text())["steps"]

    def test_of_talk_they_stop_no_run_and_change_no_code(self, operator):
        operator.plans("--stage", "finish")
        done = shell(operator, "stairlift run plan.json --yes 2>&1 | head -c 1")
        assert done.returncode == 0
        assert operator.status()["state"] == "done"
        operator.plans("--stage", "compute")
        operator.write("fail", "upgrade cmp1\n")
        assert shell(operator, "stairlift run plan.json --yes 2>&1 | head -c 1").returncode == 5


class TestTerminals:
    def test_colour_only_where_it_is_wanted(self, operator):
        coloured = Terminal(operator, "discover")
        assert coloured.leaves() == 0
        assert "\x1b[" in coloured.text
        assert "\x1b[" not in operator.types("discover").out

    def test_no_colour(self, operator):
        plain = Terminal(operator, "discover", NO_COLOR="1")
        assert plain.leaves() == 0
        assert "\x1b[3" not in plain.text, "no colour, whatever else a terminal is told"

    def test_in_a_pipe_nothing_is_drawn_over_and_nothing_coloured(self, operator):
        operator.plans("--stage", "finish")
        done = shell(operator, "stairlift run plan.json --yes", TERM="xterm")
        assert b"\r" not in done.stderr
        assert b"\x1b" not in done.stderr

    @pytest.mark.parametrize(
        ("environ", "glyph"),
        [
            ({"PYTHONIOENCODING": "ascii"}, b"+ "),
            ({"PYTHONIOENCODING": "latin-1"}, b"+ "),
            ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, b"+ "),
            ({"LC_ALL": "C"}, "✔ ".encode()),
        ],
    )
    def test_of_any_encoding(self, operator, environ, glyph):
        operator.plans("--stage", "finish")
        done = shell(operator, "stairlift run plan.json --yes", **environ)
        assert done.returncode == 0, done.stderr
        assert any(glyph in line and b" done" in line for line in done.stderr.splitlines())

    def test_a_tree_without_its_characters(self, operator):
        done = shell(operator, "stairlift plan --from 2025.1 --to 2025.2", PYTHONIOENCODING="ascii")
        assert done.returncode == 0
        assert b"+-- hop to 2025.2 Flamingo" in done.stdout

    @pytest.mark.parametrize("columns", [10, 25, 44])
    def test_a_narrow_one_loses_nothing(self, operator, columns):
        terminal = Terminal(operator, "discover", columns=columns)
        assert terminal.leaves() == 0
        for part in ("control", "nova", "nova-c", "ctl1", "1 up", "cmp1", "cmp2", "2 up"):
            assert part in terminal.text

    @pytest.mark.parametrize("columns", [10, 25])
    def test_one_too_narrow_for_columns_has_whole_words(self, operator, columns):
        terminal = Terminal(operator, "discover", columns=columns)
        assert terminal.leaves() == 0
        assert "control   nova     nova-conductor  1: ctl1        1 up" in terminal.text


class TestSecrets:
    """Everything that was written and printed on the whole way, searched for what nobody but its owner may know."""

    @pytest.fixture(scope="class")
    @classmethod
    def way(cls, cloud, tmp_path_factory):
        operator = Operator(tmp_path_factory.mktemp("way")).with_strategy()
        operator.environ = {
            "OS_AUTH_URL": cloud.auth_url,
            "OS_USERNAME": "admin",
            "OS_PASSWORD": PASSWORD,
            "OS_PROJECT_NAME": "admin",
            "OS_USER_DOMAIN_NAME": "Default",
            "OS_PROJECT_DOMAIN_NAME": "Default",
            "OS_REGION_NAME": "RegionOne",
            "OS_INTERFACE": "internal",
            "STAIRLIFT_DATABASE_URL": f"sqlite:///{operator.folder}/journal.sqlite",
        }
        operator.write("hosts.ini", "[nova-compute]\ncmp1 ansible_password=hunter2 ansible_become_pass=hunter2\ncmp2\n")
        spy = 'for p in /proc/[0-9]*; do tr "\\0" " " <$p/cmdline; echo; done >>arguments 2>/dev/null\n'
        operator.write("step", f'#!/bin/sh\ncd "$(dirname "$0")"\n{spy}').chmod(0o755)
        sources = ("--inventory", "openstack", "--inventory", "ansible:hosts.ini")
        answers = [
            operator.types("discover", *sources, "--save", "kept"),
            operator.types("discover", *sources, "-o", "json"),
            operator.types("plan", "--from", "2025.1", "--to", "2025.2", *sources, "--out", "plan.json"),
            operator.types_to_a_process("run", "plan.json", "--yes"),
            operator.types("status", "--steps", "-o", "json"),
            operator.types("logs"),
            operator.types("events", "-o", "json"),
            operator.types("events", "--export", "run.jsonl"),
        ]
        assert [answer.code for answer in answers] == [0] * len(answers), answers
        wrong = operator.types("discover", OS_PASSWORD=f"{PASSWORD}-wrong")
        assert wrong.code == 1
        return operator, [*answers, wrong]

    @pytest.mark.parametrize("secret", [PASSWORD, "hunter2"])
    def test_no_file_holds_one(self, way, secret):
        operator, _ = way
        files = [path for path in operator.folder.rglob("*") if path.is_file() and path.name != "hosts.ini"]
        assert {"plan.json", "journal.sqlite", "log", "manifest.json", "run.jsonl"} <= {path.name for path in files}
        assert [path for path in files if secret.encode() in path.read_bytes()] == []

    @pytest.mark.parametrize("secret", [PASSWORD, "hunter2"])
    def test_nor_what_was_printed(self, way, secret):
        _, answers = way
        assert not any(secret in answer.out + answer.err for answer in answers)

    def test_nor_an_argument_list(self, way):
        operator, _ = way
        seen = (operator.folder / "arguments").read_text()
        assert "stairlift run plan.json" in seen
        assert PASSWORD not in seen
        assert "hunter2" not in seen

    def test_only_their_owner_reads_state_and_attempts(self, way):
        operator, _ = way
        state = operator.folder / "state"
        assert state.stat().st_mode & 0o077 == 0
        log = next(Path(state).rglob("log"))
        assert log.stat().st_mode & 0o077 == 0
