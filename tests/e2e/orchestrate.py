"""An orchestrator as a program, for tests that kill it: python orchestrate.py FOLDER [--standby] [--machine NAME].

FOLDER holds `scene.json` (see `chaos.Scene`). Each attempt appends a line to `done` when it begins and one when it
ends; those lines, and not the journal, say what was done. Machines share the attempts, as those of workers are shared,
and have locks of their own.
"""

import asyncio
import sys
import time
from argparse import ArgumentParser
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chaos import Scene
from stairlift.drive.begin import new_run
from stairlift.drive.loop import carry_out
from stairlift.drive.standby import AT_WORK, Standby
from stairlift.drive.tools import Pace, Tools
from stairlift.execute.local import LocalExecutor
from stairlift.model.errors import Refusal
from stairlift.model.plan import Around, Plan
from stairlift.model.plan_document import to_document
from stairlift.model.run import Run
from stairlift.ports import UpgradeStrategy
from stairlift.store.sql import SqlStore, open_store
from stairlift.testing.doubles import ScriptedFences, ScriptedFreshness, ScriptedStrategy
from stairlift.testing.plans import a_binding, a_rollout
from stairlift.wiring.around import surroundings, with_surroundings

#: What an attempt does: the steps that `fails` names fail the first time.
JOB = """\
cd '{folder}'
echo "begin $STAIRLIFT_STEP $STAIRLIFT_ATTEMPT" >>done
[ ! -d fences ] || [ "$STAIRLIFT_ACTION" != upgrade ] || [ -e "fences/$STAIRLIFT_HOST" ] ||
  echo "bare $STAIRLIFT_STEP $STAIRLIFT_ATTEMPT" >>done
[ ! -d around ] || [ -e around/silenced ] || echo "loud $STAIRLIFT_STEP $STAIRLIFT_ATTEMPT" >>done
sleep {lasting}
if [ "$STAIRLIFT_ATTEMPT" = 1 ] && grep -qx "$STAIRLIFT_STEP" fails 2>/dev/null; then
  echo "fail $STAIRLIFT_STEP $STAIRLIFT_ATTEMPT" >>done
  exit 3
fi
echo "end $STAIRLIFT_STEP $STAIRLIFT_ATTEMPT" >>done
"""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def steady(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def the_plan(scene: Scene, folder: Path) -> Plan:
    plan = a_rollout(scene.hosts, actions=scene.actions, window=scene.window, cloud=scene.cloud)
    return replace(plan, bindings=(a_binding(can_undo=True),), around=_around(scene, folder))


def _around(scene: Scene, folder: Path) -> tuple[Around, ...]:
    """What takes a while to begin, so that some kills hit it, and cannot be ended twice."""
    if not scene.around:
        return ()
    (folder / "around").mkdir(exist_ok=True)
    begin = "echo begin >>around/calls; sleep 0.2; touch around/silenced; echo its id"
    end = 'echo "end with $1" >>around/calls; rm around/silenced'
    return (Around("alerts", ("sh", "-c", begin), ("sh", "-c", end, "sh", "{begun}"), folder=str(folder)),)


def tools(scene: Scene, folder: Path, store: SqlStore, run: Run) -> Tools:
    script = JOB.format(folder=folder, lasting=scene.lasting)
    strategy = _strategy(scene, folder, {"argv": lambda _step: ("sh", "-c", script)})
    executor = LocalExecutor(folder / "attempts", grace=1.0)
    plan = the_plan(scene, folder)
    strategies = with_surroundings({"command": strategy}, plan, run, executor)
    around = surroundings(plan, run, executor)
    pace = Pace.for_lease(scene.ttl)
    return Tools(store, executor, strategies, SystemClock(), ScriptedFreshness(), pace=pace, surroundings=around)


def _strategy(scene: Scene, folder: Path, options: dict[str, Any]) -> UpgradeStrategy:
    if not scene.fences:
        return ScriptedStrategy(options)
    (folder / "fences").mkdir(exist_ok=True)
    return ScriptedFences(options | {"folder": folder / "fences"})


def orchestrate(scene: Scene, folder: Path, store: SqlStore) -> Run:
    plan = the_plan(scene, folder)
    with store.hold(plan.cloud) as journal:
        run = store.newest(plan.cloud) or new_run(journal, plan, to_document(plan), now=datetime.now(UTC), actor="ann")
        print(f"holds {time.time()}", flush=True)
        return asyncio.run(carry_out(journal, plan, run.id, tools(scene, folder, store, run), stop=asyncio.Event()))


def stand_by(scene: Scene, folder: Path, store: SqlStore) -> Run:
    known = store.newest(scene.cloud)
    assert known is not None, "a standby stands beside somebody"
    standby = Standby(store, time.sleep, lambda line: print(line, flush=True))
    while (run := standby.await_turn(known.id)).state in AT_WORK:
        try:
            return orchestrate(scene, folder, store)
        except Refusal as refused:
            if refused.code != "run.cloud_busy":
                raise
    return run


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--standby", action="store_true")
    parser.add_argument("--machine", default="here")
    told = parser.parse_args()
    scene = Scene.of(told.folder)
    store = open_store(scene.database, told.folder / f"locks-{told.machine}", scene.ttl)
    try:
        run = (stand_by if told.standby else orchestrate)(scene, told.folder, store)
    except Refusal as refused:
        print(f"refused {refused.code}", flush=True)
        sys.exit(refused.exit_code)
    print(run.state, flush=True)


if __name__ == "__main__":
    main()
