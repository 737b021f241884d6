"""The command line over a server: whatever is typed, it prints and leaves with what it does on the server's machine."""

import re
import shlex

import pytest

from houses import a_token
from operating import Operator, in_this_process, sane
from served import Served

#: Every command that reads, with what it may be asked. {run} and the steps are those of the scene.
READING = [
    "list",
    "list -o json",
    "list -o yaml",
    "list -o value -c RUN -c STATE",
    "list -c NOPE",
    "status",
    "status {run}",
    "status -o json",
    "status --steps",
    "status --steps -o json",
    "status --steps -o csv",
    "status nobody",
    "status ''",
    "status a/b",
    "status ..",
    "status --why {failed}",
    "status --why {pending}",
    "status --why {pending} -o json",
    "status --why nothing",
    "logs {run}",
    "logs {run} --step {failed}",
    "logs {run} --step nothing",
    "logs nobody",
    "events",
    "events --after 3",
    "events -o json",
    "events -o csv -c SEQ",
    "availability",
    "availability --backends",
    "availability -o json",
    "ledger",
    "ledger -o json",
    "ledger {run} cordon:cmp1",
    "ledger --settle",
    "report -o md",
    "report {run} -o json",
    "report -o html",
    "report --announce start",
    "report --announce end",
    "report -o json --announce end",
    "report nobody",
    "notices",
    "notices -o json",
    "token list",
    "token list -o json",
    "token revoke nobody",
    "token create 'no name'",
    "strategies",
    "strategies -o json",
    "inventories",
    "inventories -o yaml",
    "workers",
    "workers -o json",
]
#: What differs because time goes on between two commands.
MOVES = re.compile(
    r"\d{5,}\.\d+|\d+ (s|min|h|d)( \d+ (s|min))?|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?UTC|Z|\+00:00)?"
)


@pytest.fixture(scope="module")
def token(scene) -> str:
    """One for all: each command must see the same tokens."""
    return a_token(scene.house)


def words_of(command: str, scene: Served) -> list[str]:
    steps = {"run": scene.run, "failed": scene.failed, "pending": scene.pending}
    return [word.format(**steps) for word in shlex.split(command)]


def typed(scene: Served, words: list[str], **environ: str):
    """A command at a desk whose settings are the server's own, but that says where the journal is."""
    folder = scene.house.settings.state_dir.parent
    return sane(in_this_process(words, folder, Operator(folder).environment(**environ)))


@pytest.mark.parametrize("command", READING)
def test_a_command_that_reads_is_the_same_over_a_server(scene, url, token, command, tmp_path):
    words = words_of(command, scene)
    shown = {"STAIRLIFT_URL": url, "STAIRLIFT_TOKEN": token, "STAIRLIFT_STATE_DIR": str(tmp_path / "none")}
    here = typed(scene, words)
    there = typed(scene, words, **shown)
    assert not (tmp_path / "none").exists(), "it looked for a journal of its own"
    assert MOVES.sub("#", there.out) == MOVES.sub("#", here.out)
    assert MOVES.sub("#", there.err) == MOVES.sub("#", here.err)
    assert there.code == here.code
