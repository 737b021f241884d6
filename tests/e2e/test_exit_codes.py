"""The exit codes of the Contract, command by command. What only a run under way can show is in test_contract.py (5, 6),
test_control.py (7, 8), test_interruptions.py (130, 143)."""

import pytest
import typer

from operating import Operator, small_cloud
from stairlift.cli.app import the_app
from stairlift.sandbox.server import Sandbox

#: What each command must be given beside its options, of a run that there is not.
NOBODY = "no-such-run"
ABOUT_A_RUN = {
    "status": (),
    "logs": (),
    "events": (),
    "ledger": (),
    "notices": (),
    "availability": (),
    "report": (),
    "resume": (),
    "pause": (),
    "cancel": ("--yes",),
    "rollback": ("--yes",),
    "replan": (),
    "retry": ("a-step",),
    "skip": ("a-step", "--reason", "r"),
    "approve": ("a-step",),
}
READ_NO_SETTINGS = {"stairlift demo", "stairlift completion", "stairlift strategies"}


def commands(command=None, name="stairlift"):
    command = command or typer.main.get_command(the_app())
    if not hasattr(command, "commands"):
        yield name
    for word, below in getattr(command, "commands", {}).items():
        yield from commands(below, f"{name} {word}")


ALL = sorted(commands())


@pytest.fixture
def nowhere(tmp_path):
    """Somebody with nothing at all."""
    return Operator(tmp_path)


@pytest.mark.parametrize("name", ALL)
def test_help_is_0_and_an_option_that_there_is_not_is_2(nowhere, name):
    words = name.split()[1:]
    assert nowhere.types(*words, "--help").code == 0
    wrong = nowhere.types(*words, "--no-such-option")
    assert (wrong.code, wrong.out) == (2, "")
    assert "--no-such-option" in wrong.err


def test_every_command_about_a_run_is_looked_at():
    takes_a_run = {"stairlift " + word for word in ABOUT_A_RUN}
    assert takes_a_run <= set(ALL)


@pytest.mark.parametrize("name", ABOUT_A_RUN)
def test_a_run_that_there_is_not_is_2(nowhere, name):
    answer = nowhere.types(name, NOBODY, *ABOUT_A_RUN[name])
    assert (answer.code, answer.out) == (2, "")
    assert NOBODY in answer.err


@pytest.mark.parametrize(
    "words",
    [
        *((name,) for name in ("discover", "check", "list", "status", "resume", "workers", "notices", "inventories")),
        ("plan", "--to", "2026.1"),
        ("config", "show"),
        ("db", "upgrade"),
        ("token", "list"),
        ("guard", "--", "true"),
        ("serve", "--port", "0"),
    ],
    ids=" ".join,
)
def test_settings_that_are_wrong_are_2_and_the_file_is_named(nowhere, words):
    file = nowhere.write("stairlift.toml", "[polcy]\n")
    answer = nowhere.types(*words)
    assert (answer.code, answer.out) == (2, "")
    assert str(file) in answer.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("strategies",), 0),
        (("inventories",), 0),
        (("list",), 0),
        (("workers",), 0),
        (("config", "show", "--origin"), 0),
        (("completion", "bash"), 0),
        (("db", "upgrade"), 0),
        (("status",), 2),  # there is no run
        (("run", "no-such-plan.json"), 2),
        (("plan", "--to", "no-such-series"), 2),
        (("strategies", "-o", "xml"), 2),
        (("strategies", "-c", "COLOUR"), 2),
        (("no-such-command",), 2),
        (("notices", "--test", "nobody"), 2),
        (("guard", "--", "no-such-program"), 2),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else str(words),
)
def test_with_nothing_at_all(nowhere, words, code):
    assert nowhere.types(*words).code == code


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Somebody whose run of the compute stage has ended well."""
    with Sandbox(small_cloud()) as cloud:
        operator = Operator(tmp_path_factory.mktemp("finished")).at(cloud).with_strategy()
        operator.plans("--stage", "compute")
        assert operator.types("run", "plan.json", "--yes").code == 0
        yield operator


@pytest.mark.parametrize(
    ("words", "code"),
    [
        *(((name,), 0) for name in ("status", "list", "logs", "events", "ledger", "notices", "report", "resume")),
        (("run", "plan.json", "--yes"), 0),  # nothing to do
        (("discover",), 0),
        (("plan", "--from", "2025.1", "--to", "2025.1"), 4),
        (("pause",), 4),
        (("cancel", "--yes"), 4),
        (("availability",), 2),  # it was not measured
        (("run", "plan.json", "--approve", "another-hash"), 4),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else str(words),
)
def test_after_a_run_that_went_well(finished, words, code):
    answer = finished.types(*words)
    assert answer.code == code, answer.err
