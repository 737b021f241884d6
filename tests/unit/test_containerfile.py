"""The Containerfile: what can be said of it where there is no image to build upon.

Whether it builds is told by `podman build`; nothing here pulls images.
"""

import json
import re
import shlex
from pathlib import Path

import pytest
import typer

from pages import ROOT
from stairlift.cli.app import the_app
from stairlift.wiring.config.serve import ServeSettings

FILE = ROOT / "packaging" / "Containerfile"


def instructions() -> list[tuple[str, str]]:
    """Each with its words, lines that go on put together."""
    text = re.sub(r"^#.*\n", "", FILE.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [(line.split()[0], line.partition(" ")[2].strip()) for line in text.splitlines() if line.strip()]


def words_of(name: str) -> list[str]:
    return [words for found, words in instructions() if found == name]


def test_whatever_is_copied_is_there_and_nothing_else_than_what_is_installed() -> None:
    sources = [source for words in words_of("COPY") for source in shlex.split(words)[:-1]]
    assert all((ROOT / source).exists() for source in sources)
    assert set(sources) == {"pyproject.toml", "README.md", "LICENSE", "src"}


def test_it_is_not_run_by_root_and_owns_its_state_alone() -> None:
    (user,) = words_of("USER")
    made = " ".join(words_of("RUN"))
    assert user != "root"
    assert re.search(rf"useradd .*\b{user}\b", made)
    assert re.search(rf"--owner {user} --mode 0700 /var/lib/stairlift\b", made)
    assert "STAIRLIFT_STATE_DIR=/var/lib/stairlift" in words_of("ENV")
    names = [name for name, _ in instructions()]
    assert names.index("USER") > max(n for n, name in enumerate(names) if name in {"RUN", "COPY"})


def test_its_command_is_one_of_ours() -> None:
    (entry,), (command,) = map(json.loads, words_of("ENTRYPOINT")), map(json.loads, words_of("CMD"))
    assert entry == ["tini", "--", "stairlift"]
    typer.main.get_command(the_app()).commands["serve"].make_context("serve", command[1:])
    assert command[0] == "serve"


def test_its_health_is_asked_where_it_listens() -> None:
    port = str(ServeSettings().port)
    (health,), exposed = words_of("HEALTHCHECK"), words_of("EXPOSE")
    assert exposed == [port]
    assert f":{port}/readyz" in health
    asked = json.loads(health.partition("CMD ")[2])
    compile(asked[2], "health", "exec")


@pytest.mark.parametrize("name", ["docs/how-to/serve.md"])
def test_it_is_where_the_documents_say(name: str) -> None:
    assert "packaging/Containerfile" in Path(ROOT / name).read_text()
