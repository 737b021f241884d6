"""How long it takes until a standby has the lease, once its holder is dead."""

import signal
import time
from collections.abc import Sequence

from chaos import PATIENCE, Process, Theatre, left, until


def held_at(process: Process) -> float:
    """Wait until an orchestrator holds the lease, and give the time at which it did, in seconds since 1970."""
    assert process.stdout is not None
    for line in process.stdout:
        word, _, rest = line.partition(" ")
        if word == "holds":
            return float(rest)
    raise AssertionError(f"it never held the lease: {process.communicate()}")


def take_overs(theatre: Theatre, times: int, *, machines: Sequence[str]) -> list[float]:
    """Kill the holder and see who has the lease next, again and again, each on the next machine; then let it end.

    In seconds from the kill to the lease in the hands of the standby.
    """
    found = []
    holder = theatre.orchestrator("--machine", machines[0])
    held_at(holder)
    for turn in range(1, times + 1):
        standby = theatre.orchestrator("--standby", "--machine", machines[turn % len(machines)])
        assert standby.stdout is not None
        assert standby.stdout.readline().startswith("standing by")
        killed = time.time()
        holder.send_signal(signal.SIGKILL)
        found.append(held_at(standby) - killed)
        holder.communicate()
        holder = standby
    assert left(holder, PATIENCE + 30.0 * times) == "done"
    until(lambda: not theatre.processes())
    return found
