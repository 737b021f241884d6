"""Streams that are not as one would wish: closed, full, of another encoding, or with a reader who leaves."""

import subprocess
import sys

import pytest

START = "from stairlift.cli.streams import prepare, close; prepare(); import sys\n"


def python(script, *, shell="", **environ):
    """Run a script behind `prepare`, with what a shell does to its streams."""
    command = f'"$PYTHON" -c "$SCRIPT" {shell}'
    env = {"PATH": "/usr/bin:/bin", "PYTHON": sys.executable, "SCRIPT": START + script} | environ
    done = subprocess.run(["/bin/sh", "-c", command], env=env, capture_output=True, timeout=60, check=False)
    assert b"Traceback" not in done.stderr, done.stderr.decode(errors="replace")
    return done


GLYPHS = f"print({'✔ ✘ ▶ … · ↷ ├── ü'!a})"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"PYTHONIOENCODING": "utf-8"}, "✔ ✘ ▶ … · ↷ ├── ü".encode()),
        ({"PYTHONIOENCODING": "latin-1"}, "+ x > ... · ~ +-- ü".encode("latin-1")),
        ({"PYTHONIOENCODING": "ascii"}, b"+ x > ... - ~ +-- ?"),
        ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, b"+ x > ... - ~ +-- ?"),
        ({"LC_ALL": "C"}, "✔ ✘ ▶ … · ↷ ├── ü".encode()),
    ],
)
def test_a_terminal_without_our_characters_gets_others(environ, expected):
    done = python(GLYPHS, **environ)
    assert (done.returncode, done.stdout) == (0, expected + b"\n")


def test_a_file_name_that_is_not_utf8_is_shown_byte_by_byte():
    done = python("import os; print(os.fsdecode(b'pl\\xe4n'))", PYTHONIOENCODING="utf-8")
    assert done.stdout == b"pl\\xe4n\n"


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_closed_streams_are_there_all_the_same(closed):
    script = "print('x'); print('y', file=sys.stderr); assert sys.stdin.read() == ''; sys.exit(close(7))"
    assert python(script, shell=f"{closed} </dev/null" if "<&-" not in closed else closed).returncode == 7


def test_a_reader_who_leaves_is_no_error():
    script = "print('x' * 100_000); print('y' * 100_000); sys.exit(close(0))"
    with_flush = "try:\n    " + script.replace("; ", "\n    ") + "\nexcept BrokenPipeError:\n    sys.exit(close(0))"
    done = python(with_flush, shell="| head -c 1")
    assert (done.stdout, done.stderr) == (b"x", b"")


def test_a_full_disk_behind_stdout_is_an_error():
    done = python("print('x'); sys.exit(close(0))", shell=">/dev/full")
    assert done.returncode == 1
    assert b"No space left" in done.stderr


def test_a_code_that_tells_more_is_kept():
    assert python("print('x'); sys.exit(close(5))", shell=">/dev/full").returncode == 5


@pytest.mark.parametrize(("name", "code"), [("INT", 130), ("TERM", 143), ("HUP", 129)])
def test_signals_leave_with_their_code(name, code):
    script = f"import os, signal\ntry:\n    os.kill(os.getpid(), signal.SIG{name})\nfinally:\n    print('closed')"
    done = python(script)
    assert (done.returncode, done.stdout) == (code, b"closed\n")


def test_a_signal_that_whoever_started_us_wants_ignored_is_ignored():
    script = "import os, signal; os.kill(os.getpid(), signal.SIGHUP); print('alive')"
    command = START + script
    env = {"PATH": "/usr/bin:/bin", "PYTHON": sys.executable, "SCRIPT": command}
    done = subprocess.run(
        ["/bin/sh", "-c", 'trap \'\' HUP; exec "$PYTHON" -c "$SCRIPT"'], env=env, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, b"alive\n")
