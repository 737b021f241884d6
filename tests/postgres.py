"""A PostgreSQL server of the tests' own: its binaries are found, its data is in a folder of its own, and nobody else
sees it. Commits are synced to the disk, as they are in earnest."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from uuid import uuid4

import psycopg
import pytest

from stairlift.store.opening import open_engine, upgrade

USER, PASSWORD = "stairlift", "not-a-secret-but-never-shown"
#: A test run that is killed leaves no server behind.
_DIES_WITH_US = ("setpriv", "--pdeathsig", "QUIT") if shutil.which("setpriv") else ()
#: How long the server may take to begin and to end, in seconds.
PATIENCE = 60.0


def binaries() -> Path | None:
    """The folder of `initdb` and `postgres`; Debian has them outside of PATH, the newest release is taken."""
    found = shutil.which("postgres")
    if found:
        return Path(found).resolve().parent
    installed = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    newest = max(installed, key=lambda file: int(file.parts[-3]), default=None)
    return newest.parent if newest else None


@dataclass
class Server:
    """A server that listens on the loopback and in its folder. `reach` is a host that reaches it."""

    folder: Path
    programs: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None

    def url(self, database: str = "postgres", *, password: str = PASSWORD, host: str = "127.0.0.1") -> str:
        """The address of one of its databases."""
        return f"postgresql://{USER}:{password}@{host}:{self.port}/{database}"

    def connect(self, database: str = "postgres") -> "psycopg.Connection[tuple]":
        """A connection of somebody who may do everything, with every statement a transaction."""
        return psycopg.connect(self.url(database), autocommit=True)

    def database(self, template: str = "template1") -> str:
        """The address of a new database."""
        name = f"t{uuid4().hex}"
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def journal(self) -> str:
        """The address of a new journal in its newest shape, copied from one that was migrated once."""
        with self.connect() as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'journal'").fetchone()
            if known is None:
                connection.execute("CREATE DATABASE journal")
        if known is None:
            _migrate(self.url("journal"))
        return self.database("journal")

    def begin(self) -> None:
        """Start it, and wait until it lets somebody in."""
        argv = [
            *_DIES_WITH_US,
            self.programs / "postgres",
            "-D",
            self.folder / "data",
            "-k",
            self.folder,
            "-p",
            str(self.port),
        ]
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(argv, stdout=log, stderr=log, start_new_session=True, **_somebody())
        log.close()
        limit = time.monotonic() + PATIENCE
        while not self._lets_in():
            assert self.process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < limit, (self.folder / "log").read_text()
            time.sleep(0.05)

    def end(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """End it: SIGQUIT at once, as if it had crashed; SIGINT in good order."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(PATIENCE)
            self.process = None

    def _lets_in(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def running() -> Iterator[Server]:
    """A new server, for as long as it is wanted. Skips the test where PostgreSQL is not installed."""
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed here (Debian: postgresql)")
    server = Server(Path(mkdtemp(prefix="stairlift-pg-")), programs, _free_port())
    try:
        _make(server)
        server.begin()
        yield server
    finally:
        server.end()
        shutil.rmtree(server.folder, ignore_errors=True)


def _make(server: Server) -> None:
    if os.geteuid() == 0:
        shutil.chown(server.folder, *_names())
    secret = server.folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    argv = [server.programs / "initdb", "--no-sync", "-D", server.folder / "data", "-U", USER, "--pwfile", secret]
    argv += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]
    subprocess.run(argv, check=True, capture_output=True, timeout=PATIENCE, **_somebody())
    with (server.folder / "data" / "postgresql.conf").open("a") as settings:
        settings.write("max_connections = 50\nshared_buffers = 16MB\nlisten_addresses = '127.0.0.1'\n")


def _somebody() -> dict[str, object]:
    """PostgreSQL refuses to be run by root: then it is run by nobody in particular."""
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    if os.geteuid() != 0:
        return {"env": environment}
    user, group = _names()
    return {"env": environment, "user": user, "group": group, "extra_groups": [], "cwd": "/"}


def _names() -> tuple[int, int]:
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


def _migrate(url: str) -> None:
    engine = open_engine(url)
    try:
        upgrade(engine)
    finally:
        engine.dispose()
