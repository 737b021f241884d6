"""One script on many hosts, side by side."""

import time
from collections.abc import Callable, Mapping, Sequence
from queue import Empty, SimpleQueue
from threading import Thread

from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.ports import Remote, RemoteOutput

SIDE_BY_SIDE = 32

Ended = RemoteOutput | SourceTrouble


def on_all(
    remote: Remote,
    hosts: Sequence[str],
    script: str,
    *,
    timeout: float,
    within: float,
    side_by_side: int = SIDE_BY_SIDE,
    clock: Callable[[], float] = time.monotonic,
) -> Mapping[str, Ended]:
    """How the script ended on each host, in the order of the hosts; a host in trouble does not stop the others.

    `timeout` is for one host and `within` for all of them, in seconds: what has not begun by then is a TIMEOUT.
    """
    found: dict[str, Ended] = {}
    waiting: SimpleQueue[str] = SimpleQueue()
    for host in hosts:
        waiting.put(host)
    until = clock() + within

    def work() -> None:
        while (host := _next(waiting)) is not None:
            left = until - clock()
            found[host] = _one(remote, host, script, min(timeout, left)) if left > 0 else _late(within)

    # daemons: a Ctrl-C must not wait for the slowest host
    workers = [Thread(target=work, name=f"look {n}", daemon=True) for n in range(min(side_by_side, len(hosts)))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return {host: found[host] for host in hosts}


def _next(waiting: "SimpleQueue[str]") -> str | None:
    try:
        return waiting.get_nowait()
    except Empty:
        return None


def _one(remote: Remote, host: str, script: str, timeout: float) -> Ended:
    try:
        return remote.run(host, script, timeout=timeout)
    except SourceTrouble as trouble:
        return trouble
    except Exception as error:  # noqa: BLE001
        return SourceTrouble(Trouble.UNREACHABLE, f"the way to it failed with {type(error).__name__}")


def _late(within: float) -> SourceTrouble:
    return SourceTrouble(Trouble.TIMEOUT, f"its turn did not come within {within:g} seconds")
