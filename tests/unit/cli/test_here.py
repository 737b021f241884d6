import getpass
import io
import os
import sys

import pytest

from stairlift.cli.here import actor, ask, settings, somebody_there
from stairlift.model.errors import UsageError


def test_the_person_behind_sudo(monkeypatch):
    monkeypatch.setenv("SUDO_USER", "ada")
    assert actor() == "ada"


def test_an_account_without_a_name(monkeypatch):
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setattr(getpass, "getuser", lambda: {}["nobody"])
    assert actor() == f"uid {os.getuid()}"


def test_a_folder_that_has_gone(monkeypatch, tmp_path):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "here").rmdir()
    with pytest.raises(UsageError) as wrong:
        settings()
    assert wrong.value.code == "config.no_folder"


def test_settings_are_those_of_the_current_folder(monkeypatch, tmp_path):
    (tmp_path / "stairlift.toml").write_text("[policy]\ncanary = 3\n")
    monkeypatch.chdir(tmp_path)
    assert settings().policy.canary == 3


class Terminal(io.StringIO):
    def __init__(self, text="", *, tty=True):
        super().__init__(text)
        self.tty = tty

    def isatty(self):
        return self.tty


@pytest.mark.parametrize(("stdin", "stderr", "there"), [(1, 1, True), (0, 1, False), (1, 0, False)])
def test_a_question_needs_eyes_and_hands(monkeypatch, stdin, stderr, there):
    monkeypatch.setattr(sys, "stdin", Terminal(tty=bool(stdin)))
    monkeypatch.setattr(sys, "stderr", Terminal(tty=bool(stderr)))
    assert somebody_there() is there


@pytest.mark.parametrize(("typed", "answer"), [("yes\n", "yes"), ("  lab \n", "lab"), ("\n", ""), ("", "")])
def test_an_answer(monkeypatch, capsys, typed, answer):
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    assert ask("Approve it?") == answer
    own = "" if typed else "\n"  # nobody has pressed Enter: what is said next begins a line
    assert capsys.readouterr() == ("", f"Approve it? {own}")


def test_who_leaves_a_question_leaves_no_line_half_written(monkeypatch, capsys):
    def leave():
        raise SystemExit(130)

    terminal = Terminal()
    terminal.readline = leave
    monkeypatch.setattr(sys, "stdin", terminal)
    with pytest.raises(SystemExit):
        ask("Approve it?")
    assert capsys.readouterr().err == "Approve it? \n"
