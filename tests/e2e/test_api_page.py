"""The page about the REST API: what it types is typed at a real server, and says what the page shows."""

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from houses import a_token
from pages import ROOT
from served import served

PAGE = ROOT / "docs" / "reference" / "api.md"
_PATIENCE = 60.0


def examples() -> list[str]:
    """The blocks with commands."""
    return [
        block
        for block in re.findall(r"^```\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
        if block.startswith("$ ")
    ]


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    """A folder with a token in a file, and an environment in which the page's words mean something."""
    folder = tmp_path_factory.mktemp("desk")
    scene = served(folder)
    (folder / "auth").write_text(f"Authorization: Bearer {a_token(scene.house)}\n")
    state = scene.house.settings.state_dir
    scene.house.close()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    environ = os.environ | {"STAIRLIFT_STATE_DIR": str(state)}
    server = subprocess.Popen(
        [sys.executable, "-m", "stairlift", "serve", "--port", str(port)], env=environ, cwd=folder, stderr=-3
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _await(url)
        yield folder, {**environ, "URL": url, "RUN": scene.run, "STEP": scene.done, "NO_PROXY": "127.0.0.1"}
    finally:
        server.terminate()
        server.wait(_PATIENCE)


def _await(url: str) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        try:
            with urlopen(f"{url}/readyz") as answer:
                return answer.read()
        except OSError:
            time.sleep(0.1)
    pytest.fail("the server did not begin")


def test_there_is_something_to_type():
    assert len(examples()) >= 8


@pytest.mark.parametrize("block", examples(), ids=lambda block: block.splitlines()[0][-60:])
def test_the_page_shows_what_is_answered(shell, block):
    folder, environ = shell
    commands = [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]
    shown = [line for line in block.splitlines() if line.strip() and not line.startswith("$ ")]
    out = _typed(commands, folder, environ)
    place = 0
    for line in shown:
        if line == "...":
            continue
        found = next((n for n, said in enumerate(out[place:], place) if said.rstrip() == line.rstrip()), None)
        assert found is not None, f"{line!r} is not among\n" + "\n".join(out[place:])
        place = found + 1


def _typed(commands: list[str], folder: Path, environ: dict[str, str]) -> list[str]:
    """Whatever code a stream that is cut off leaves."""
    script = "\n".join(commands)
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environ, stdout=subprocess.PIPE, text=True, check=False
    )
    assert done.returncode in (0, 28), script
    return done.stdout.splitlines()
