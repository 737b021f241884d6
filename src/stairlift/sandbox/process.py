"""A sandbox as a process of its own, for whoever must not share an interpreter with it: the demo, benchmarks."""

import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from stairlift.model.errors import StairliftError
from stairlift.sandbox.client import SandboxClient

_START_SECONDS = 30.0
_STOP_SECONDS = 10.0


class SandboxProcess(SandboxClient):
    """`with SandboxProcess("demo", folder) as cloud: ...`; the folder takes the port file and what the server says."""

    def __init__(self, scenario: str, folder: Path, *, hosts: int | None = None, haproxy: Path | None = None) -> None:
        port_file = folder / "sandbox.port"
        port_file.unlink(missing_ok=True)
        more = [] if hosts is None else ["--hosts", str(hosts)]
        more += [] if haproxy is None else ["--haproxy", str(haproxy)]
        argv = [sys.executable, "-m", "stairlift.sandbox", scenario, "--port-file", str(port_file), *more]
        self.log_file = folder / "sandbox.log"
        with self.log_file.open("wb") as log:
            # A group of its own: Ctrl-C is for those who work with the cloud, not for the cloud.
            self._process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0)
        super().__init__(f"http://127.0.0.1:{self._port(port_file)}")

    def _port(self, port_file: Path) -> int:
        """The port, as soon as the process has written it; StairliftError `sandbox.start` if it does not."""
        end = time.monotonic() + _START_SECONDS
        while not port_file.exists():
            if self._process.poll() is not None or time.monotonic() > end:
                self._end()
                raise StairliftError(
                    code="sandbox.start",
                    brief="the simulated cloud did not start",
                    details=self.log_file.read_text(encoding="utf-8", errors="replace"),
                    resolution=f"See {self.log_file}.",
                )
            time.sleep(0.02)
        return int(port_file.read_text(encoding="utf-8"))

    @property
    def pid(self) -> int:
        """The process, for whoever measures it."""
        return self._process.pid

    def __enter__(self) -> Self:
        self.wait_until_up(_START_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
