import errno
import tempfile
from pathlib import Path

import pytest

from stairlift.cli.failing import tell_findings, told
from stairlift.cli.output import ReaderGone
from stairlift.model.errors import NoAnswer, Refusal, StairliftError, UsageError
from stairlift.model.finding import Finding, Waiver


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StairliftError(code="a.b", brief="x"), 1),
        (NoAnswer(code="a.b", brief="x"), 1),
        (UsageError(code="a.b", brief="x"), 2),
        (Refusal(code="a.b", brief="x"), 4),
        (KeyboardInterrupt(), 130),
        (SystemExit(143), 143),
        (SystemExit(None), 0),
        (SystemExit("words"), 1),
        (ReaderGone(), 0),
        (OSError(errno.EMFILE, "Too many open files"), 1),
    ],
)
def test_every_error_has_its_code(error, code):
    assert told(error) == code


def test_an_error_is_told_with_its_code_and_what_to_do(capsys):
    told(UsageError(code="config.invalid", brief="it is wrong", details="here", resolution="mend it"))
    assert capsys.readouterr() == ("", "error: it is wrong [config.invalid]\n  here\n  mend it\n")


def test_a_refusal_tells_its_findings(capsys):
    found = Finding("drift.gone", "error", "nova-compute@cmp1", "it has gone", "bring it back")
    told(Refusal(code="plan.drift", brief="not as it was", findings=[found]))
    assert capsys.readouterr().err.splitlines()[1:] == [
        "  error   drift.gone nova-compute@cmp1: it has gone",
        "          bring it back",
    ]


def test_a_finding_that_repeats_the_headline_is_not_told_twice(capsys):
    found = Finding("cloud.empty", "error", "lab", "nothing there", "look elsewhere")
    told(Refusal(code="cloud.empty", brief="nothing there", resolution="look elsewhere", findings=[found]))
    assert capsys.readouterr().err == "error: nothing there [cloud.empty]\n  look elsewhere\n"


def test_an_os_error_names_the_file(capsys):
    told(FileNotFoundError(errno.ENOENT, "No such file or directory", "/x/y"))
    assert capsys.readouterr().err == "error: No such file or directory: /x/y\n"


def test_a_bug_is_a_sentence_and_a_file(capsys):
    with pytest.raises(ZeroDivisionError) as bug:
        raise ZeroDivisionError("by [zero]")
    assert told(bug.value) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: unexpected ZeroDivisionError: by [zero] [bug]\n")
    report = Path(said.split()[-1])
    assert "Traceback" in report.read_text()
    assert report.stat().st_mode & 0o077 == 0
    report.unlink()


def test_a_bug_on_a_full_disk_is_a_sentence_all_the_same(capsys, monkeypatch):
    def full(*_args, **_given):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", full)
    assert told(ZeroDivisionError()) == 1
    assert "no room" in capsys.readouterr().err


def test_waived_findings_are_told_as_waived(capsys):
    tell_findings([Finding("a.b", "error", "x", "m", "r")], [Waiver("a.b")])
    assert capsys.readouterr().err.split()[0] == "waived"
