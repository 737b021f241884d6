"""The load balancer's runtime socket: a unix socket that takes a line, answers it and closes, as HAProxy's does."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_LONGEST = 65536


@contextmanager
def runtime_socket(path: Path, answer: Callable[[str], str]) -> Iterator[Path]:
    """Serve a runtime socket at this path until the block ends; `answer` is asked in threads of its own."""

    class Line(socketserver.StreamRequestHandler):
        """One connection: one line, one answer."""

        def handle(self) -> None:
            line = self.rfile.readline(_LONGEST).decode(errors="replace")
            self.wfile.write(answer(line).encode())

    path.unlink(missing_ok=True)
    with socketserver.ThreadingUnixStreamServer(str(path), Line) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield path
        finally:
            server.shutdown()
            thread.join()
            path.unlink(missing_ok=True)
