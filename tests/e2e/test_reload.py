"""SIGHUP to a server as a process: it reads its files again and serves on; a mistake in them changes nothing."""

import shlex
import signal

import pytest

from operating import COMMAND, Operator, Terminal, until
from servers import PATIENCE, Served

pytestmark = pytest.mark.timeout(300)
CHANNEL = '[[notify]]\nname = "{name}"\nuse = "webhook"\nurl = "http://127.0.0.1:9/"\n'


def test_settings_that_may_change(tmp_path):
    operator = Operator(tmp_path)
    operator.write("stairlift.toml", CHANNEL.format(name="ops"))
    with Served(operator) as server, server.asks() as client:

        def reads(text: str, says: str) -> None:
            operator.write("stairlift.toml", text)
            server.process.send_signal(signal.SIGHUP)
            until(lambda: says in server.says, PATIENCE)
            assert client.get("/readyz").status_code == 200

        until(lambda: client.get("/readyz").status_code == 200, PATIENCE)
        reads(CHANNEL.format(name="night") + CHANNEL.format(name="day"), "channels: night, day")
        reads("[[notify]]\nname = 1\n", "the settings stay as they were")
        assert "stairlift.toml" in server.says.splitlines()[-1]
        reads("[serve]\nport = 1\nfour_eyes = true\n", "channels: none")
        assert server.process.poll() is None


def test_where_the_terminal_is_lost_it_leaves(tmp_path):
    """Its output goes elsewhere; who started it sat at a terminal all the same."""
    operator = Operator(tmp_path)
    words = f"exec {shlex.join(COMMAND)} serve --port 0 2>log"
    terminal = Terminal(operator, "-c", words, command=("sh",))
    log = tmp_path / "log"
    until(lambda: log.exists() and "stairlift token create" in log.read_text())
    assert terminal.is_lost() == 0
    assert "the server has left" in log.read_text()
