"""Whether somebody may start a deployer's command by hand, or a run holds the cloud."""

from collections.abc import Mapping
from pathlib import Path

from stairlift.model.errors import Refusal
from stairlift.model.run import IN_FLIGHT, Run, RunState
from stairlift.ports import Store
from stairlift.wiring.config.settings import Settings
from stairlift.wiring.office import open_office

_SQLITE = "sqlite:///"
#: States of a run in which nothing starts until somebody resumes it.
_MOVING = frozenset({RunState.PENDING, RunState.RUNNING, RunState.ROLLING_BACK})


def demand_rest(settings: Settings, cloud: str | None, environ: Mapping[str, str]) -> None:
    """Refusal (guard.busy) while a cloud is orchestrated, or a run of it is not at rest; without a name, of any cloud.

    A run is at rest when it does not move and none of its steps is in flight. What a run has started itself goes
    through. Without a journal there was never a run, and none is made. Raises StairliftError as `open_office` does.
    """
    if settings.database_url.startswith(_SQLITE) and not Path(settings.database_url.removeprefix(_SQLITE)).exists():
        return
    store = open_office(settings).store
    try:
        runs = store.runs(cloud)
        own = {run.cloud for run in runs if _is_own(store, run, environ)}
        for name in sorted(({cloud} if cloud else {run.cloud for run in runs}) - own):
            _demand(store, name, [run for run in runs if run.cloud == name])
    finally:
        store.close()


def _demand(store: Store, cloud: str, runs: list[Run]) -> None:
    holder = store.orchestrator(cloud)
    if holder is not None:
        raise _busy(cloud, holder.run, f"process {holder.pid} on {holder.host} orchestrates it")
    for run in runs:
        if run.state in _MOVING:
            raise _busy(cloud, run.id, f"it is {run.state}, although nobody orchestrates it now")
        if flying := sum(count for state, count in store.counts(run.id).items() if state in IN_FLIGHT):
            raise _busy(cloud, run.id, f"it is {run.state}, and {flying} of its steps have not come to their end")


def _is_own(store: Store, run: Run, environ: Mapping[str, str]) -> bool:
    """Whether we are part of an attempt of this run that has not ended: the environment alone may be a leftover."""
    if environ.get("STAIRLIFT_RUN") != run.id:
        return False
    mine = store.attempts(run.id, environ.get("STAIRLIFT_STEP", ""))
    return any(a.result is None and str(a.id.number) == environ.get("STAIRLIFT_ATTEMPT") for a in mine)


def _busy(cloud: str, run: str | None, why: str) -> Refusal:
    named = f" {run}" if run else ""
    return Refusal(
        code="guard.busy",
        brief=f"{'run' + named if run else 'somebody'} holds the cloud {cloud}: {why}",
        details="The command was not started: deployers must not work beside a run.",
        resolution=f"`stairlift status{named}` shows what it does. Once it is over, waits or is paused, this command "
        f"goes through: `stairlift pause{named}` and `stairlift cancel{named}` bring it there, also where nobody "
        f"orchestrates it; `stairlift resume{named}` takes it on.",
    )
