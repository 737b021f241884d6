"""Waits beside another orchestrator, to take its run up once it is gone."""

from collections.abc import Callable

from stairlift.model.errors import StairliftError
from stairlift.model.run import Orchestrator, Run, RunState
from stairlift.ports import Store

#: Between two looks, in seconds: a lease that has ended is taken within a second of it.
PAUSE = 0.25

#: The states in which somebody is at work on a run, or died over it. In every other one it waits for a person.
AT_WORK = frozenset({RunState.PENDING, RunState.RUNNING, RunState.ROLLING_BACK})

#: What passes: a server that begins anew, a transaction that takes long.
_PASSES = frozenset({"store.unavailable", "store.locked"})


class Standby:
    """Looks at the journal of one run again and again. `sleep` takes seconds; `say` is told each thing once."""

    def __init__(self, store: Store, sleep: Callable[[float], None], say: Callable[[str], None]) -> None:
        self._store = store
        self._sleep = sleep
        self._say = say
        self._said = ""

    def await_turn(self, run_id: str) -> Run:
        """The run once nobody orchestrates its cloud: in a state of AT_WORK it is to be taken up, else it rests.

        A journal that does not answer is waited for. Raises UsageError (run.unknown), StairliftError (store.*) for
        what does not pass by itself.
        """
        while True:
            try:
                run = self._store.run(run_id)
                holder = self._store.orchestrator(run.cloud)
            except StairliftError as trouble:
                if trouble.code not in _PASSES:
                    raise
                self._tell(f"the journal does not answer, and is asked again: {trouble.brief}")
            else:
                if holder is None:
                    return self._store.run(run_id)  # as its last holder left it, who may have moved it in between
                self._tell(_waiting(run, holder))
            self._sleep(PAUSE)

    def _tell(self, line: str) -> None:
        if line != self._said:
            self._said = line
            self._say(line)


def _waiting(run: Run, holder: Orchestrator) -> str:
    doing = f"run {run.id}" if holder.run in {run.id, None} else f"run {holder.run} of the same cloud"
    return f"standing by: process {holder.pid} on {holder.host} is at {doing}"
